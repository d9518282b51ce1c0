//! Requests: a page of them, one, and all as they change, for those who see them.

use std::time::Duration;

use approval::{Facts, Policy, Request, Time};
use futures::{Stream, StreamExt, stream};
use proto::v1::{
    GetRequestRequest, GetRequestResponse, GetRightsResponse, ListRequestsRequest,
    ListRequestsResponse, WatchRequestsRequest, WatchRequestsResponse,
};
use tonic::Status;

use super::{
    PAGE_MAX, Service, Watch, caller::Caller, convert, filter_text, id_of, internal, look::Look,
    page_size,
};
use crate::{
    apply,
    store::{Filter, GateKey, Page, Recorded},
};

/// How long a watch waits before it looks for changes that another process committed.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Most calls that are told of one request.
const CALLS_MAX: u64 = 100;

pub(super) async fn list(
    service: &Service,
    message: ListRequestsRequest,
) -> Result<ListRequestsResponse, Status> {
    let caller = service.caller(message.caller.clone()).await?;
    let after = convert::page_token(&message.page_token)
        .ok_or_else(|| Status::invalid_argument("page_token is not one of ours"))?;
    let size = page_size(message.page_size)?;
    let filter = filter(&message, &caller)?;
    // Read first: what changes between the two reads is then seen twice, never missed.
    let sequence = service.store.sequence().await.map_err(internal)?;
    let look = Look::of(service, &caller);
    let wanted = |it: &Recorded| look.concerns(it, message.concern());
    let found = service.store.list(&filter, Page { after, size }, &wanted).await;
    let (rows, next) = found.map_err(internal)?;
    Ok(ListRequestsResponse {
        next_page_token: next.map(convert::token_after).unwrap_or_default(),
        requests: rows.iter().map(|it| look.at(it)).collect(),
        sequence: convert::sequence(sequence),
    })
}

/// What is looked for, when it is something that can be looked for.
fn filter(message: &ListRequestsRequest, caller: &Caller) -> Result<Filter, Status> {
    if message.states.len() > 10 {
        return Err(Status::invalid_argument("there are not that many states"));
    }
    let target = message.merge_request.as_ref();
    let ListRequestsRequest { project, target_branch, author, check, text, .. } = message;
    let texts = [project, target_branch, author, check, text];
    let gitlab = target.map(|target| &target.gitlab);
    message.states.iter().chain(gitlab).chain(texts).try_for_each(|text| filter_text(text))?;
    Ok(Filter {
        states: message.states.clone(),
        merge_request: target.map(|target| GateKey {
            gitlab: target.gitlab.clone(),
            project_id: target.project_id,
            iid: target.merge_request_iid,
            check_id: target.check_id,
        }),
        oldest_first: message.oldest_first,
        to_review: message.to_review,
        projects: caller.sees.clone(),
        project: project.clone(),
        target_branch: target_branch.clone(),
        author: author.clone(),
        check: check.clone(),
        text: text.clone(),
        opened_before: proto::micros(message.opened_before.as_ref()),
        expires_before: proto::micros(message.expires_before.as_ref()),
    })
}

pub(super) async fn get(
    service: &Service,
    message: GetRequestRequest,
) -> Result<GetRequestResponse, Status> {
    let caller = service.caller(message.caller).await?;
    let id = id_of(&message.request_id)?;
    let store = &service.store;
    let sequence = store.sequence().await.map_err(internal)?;
    let mut recorded = caller.shown(service.find(id).await?)?;
    let decisions = store.decisions(id).await.map_err(internal)?;
    recorded.takes_in(&decisions).map_err(internal)?;
    let records = store.records(id).await.map_err(internal)?;
    let calls = match caller.allowed.operate || caller.allowed.audit {
        true => store.deliveries(id, CALLS_MAX).await.map_err(internal)?,
        false => Vec::new(),
    };
    let calls = calls.into_iter().map(convert::call).collect();
    let facts = &recorded.request.facts;
    let policy = service.rules.policy_of(&facts.check_name);
    let rule = policy.rule(facts).map(|rule| rule.name.clone()).unwrap_or_default();
    let (request, finding) = Look::of(service, &caller).closely_at(&recorded);
    let may_decide = caller.may_decide(&recorded, &service.rules.rights);
    Ok(GetRequestResponse {
        rule,
        frozen: frozen(policy, facts).unwrap_or_default(),
        finding: finding.map(convert::finding),
        may_decide,
        may_break_glass: may_decide && caller.may_break_glass(policy, facts),
        may_review: may_decide && caller.may_review(policy, &recorded.request),
        glass: glass(&recorded.request),
        link_signature: service.link_signature(&recorded.key).await?,
        calls,
        reasons: policy.rule(facts).map_or("", |rule| rule.reasons.as_str()).to_owned(),
        request: Some(request),
        decisions: decisions.into_iter().map(convert::decision).collect(),
        timeline: records.iter().filter_map(convert::timeline_entry).collect(),
        sequence: convert::sequence(sequence),
    })
}

pub(super) async fn watch(
    service: &Service,
    message: WatchRequestsRequest,
) -> Result<Watch, Status> {
    let caller = service.caller(message.caller).await?;
    let after = match message.from_now {
        true => service.store.sequence().await.map_err(internal)?,
        false => i64::try_from(message.after_sequence).unwrap_or(i64::MAX),
    };
    let first = WatchRequestsResponse { sequence: convert::sequence(after), request: None };
    let changes = changes(service.clone(), caller, after);
    let all = stream::once(async { Ok(first) }).chain(changes);
    Ok(Box::pin(all.take_until(service.stop.clone().cancelled_owned())))
}

pub(super) fn rights(caller: &Caller) -> GetRightsResponse {
    let approval::Allowed { view, approve, operate, audit } = caller.allowed;
    GetRightsResponse { view, approve, operate, audit }
}

/// Who broke the glass, and what has become of its review, in one sentence.
fn glass(request: &Request) -> String {
    let (Some(glass), who) = (request.glass, apply::broke(request)) else {
        return String::new();
    };
    let until = apply::utc(glass.review_by.0);
    match (glass.reviewed_at, glass.overdue) {
        (Some(at), _) => format!("{who} broke the glass. It was reviewed on {}.", apply::utc(at.0)),
        (None, false) => format!("{who} broke the glass. Somebody else must review it by {until}."),
        (None, true) => format!("{who} broke the glass. A review was due by {until}."),
    }
}

/// Why nothing can be approved now, when a freeze is on.
pub(super) fn frozen(policy: &Policy, facts: &Facts) -> Option<String> {
    let now = Time(kit::clock::now_micros());
    policy.frozen(facts, now).map(|frozen| frozen.sentence())
}

/// Requests as they change; a request that changes twice before it is read comes once.
fn changes(
    service: Service,
    caller: Caller,
    after: i64,
) -> impl Stream<Item = Result<WatchRequestsResponse, Status>> + Send {
    let store = service.store.clone();
    let committed = store.committed();
    let state = (store, committed, after);
    let rows = stream::unfold(state, |(store, mut committed, after)| async move {
        loop {
            committed.borrow_and_update();
            match store.changed(after, PAGE_MAX).await {
                Ok(rows) if !rows.is_empty() => {
                    let last = rows.last().map_or(after, |row| row.changed_seq);
                    let rows: Vec<_> = rows.into_iter().map(Ok).collect();
                    return Some((stream::iter(rows), (store, committed, last)));
                }
                Ok(_) => {}
                Err(error) => {
                    let rows = vec![Err(internal(error))];
                    return Some((stream::iter(rows), (store, committed, after)));
                }
            }
            // Whichever comes first; an error only means that the store is gone.
            let _either = tokio::time::timeout(LOOK_AGAIN, committed.changed()).await;
        }
    });
    let seen =
        |caller: &Caller, row: &Recorded| caller.sees(&row.key, &row.request.facts.project_path);
    rows.flatten().filter_map(move |row: Result<Recorded, Status>| {
        let told = match row {
            Ok(row) => seen(&caller, &row).then(|| {
                let request = Some(Look::of(&service, &caller).at(&row));
                Ok(WatchRequestsResponse { sequence: convert::sequence(row.changed_seq), request })
            }),
            Err(status) => Some(Err(status)),
        };
        std::future::ready(told)
    })
}
