//! The gRPC service: list, get, watch, and the answer that is wanted now.

mod convert;
mod dead_letters;
mod people;
mod tokens;

use std::{pin::Pin, sync::Arc, time::Duration};

use approval::{Facts, Policy, Time};
use bus::Failure;
use futures::{Stream, StreamExt, stream};
use proto::{
    RecorderSecret,
    v1::{
        CompareSightingRequest, CompareSightingResponse, DropDeadLetterRequest,
        DropDeadLetterResponse, GetDeadLetterRequest, GetDeadLetterResponse, GetRequestRequest,
        GetRequestResponse, GetSafeModeRequest, GetSafeModeResponse, GetWantedAnswerRequest,
        GetWantedAnswerResponse, LeaveSafeModeRequest, LeaveSafeModeResponse,
        ListDeadLettersRequest, ListDeadLettersResponse, ListRequestsRequest, ListRequestsResponse,
        ListWatchedRequest, ListWatchedResponse, MergeRequestSeen, ReplayDeadLetterRequest,
        ReplayDeadLetterResponse, Status as WireStatus, WatchRequestsRequest,
        WatchRequestsResponse,
        approval_service_server::{ApprovalService, ApprovalServiceServer},
    },
};
use sea_orm::DbErr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Server, server::TcpIncoming},
};
use uuid::Uuid;

use crate::{
    apply::{Applier, Rules, intake},
    people::People,
    safe_mode::SafeMode,
    store::{Filter, GateKey, LEASE, Page, Recorded, Store},
    tokens::Tokens,
};

/// Rows of a page when none are asked for, and at most.
const PAGE_DEFAULT: u64 = 50;
const PAGE_MAX: u64 = 200;
/// How long a watch waits before it looks for changes that another process committed.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Largest message a caller may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Longest name of a process that asks what to post, in bytes.
const HOLDER_BYTES_MAX: usize = 200;

/// Answers from the database.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) rules: Arc<Rules>,
    pub(crate) safe_mode: SafeMode,
    /// For what an operator does; everything else arrives on the bus.
    pub(crate) applier: Applier,
    /// Ends the watches, which never end by themselves.
    pub(crate) stop: CancellationToken,
}

/// Serves until `stop`.
pub(crate) async fn serve(
    listener: TcpListener,
    secret: RecorderSecret,
    service: Service,
    people: People,
    tokens: Tokens,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<ApprovalServiceServer<Service>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTOR)
        .build_v1()
        .inspect_err(|error| tracing::error!(%error, "gRPC reflection is not served"))
        .ok();
    // A watch answers in small messages, which must leave at once.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let approvals =
        ApprovalServiceServer::new(service).max_decoding_message_size(MESSAGE_BYTES_MAX);
    // Health and reflection say nothing that is on record.
    let asked = secret.asked_for();
    Server::builder()
        .add_service(health)
        .add_optional_service(reflection)
        .add_service(InterceptedService::new(approvals, asked.clone()))
        .add_service(InterceptedService::new(people::server(people), asked.clone()))
        .add_service(InterceptedService::new(tokens::server(tokens), asked))
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await
}

type Watch = Pin<Box<dyn Stream<Item = Result<WatchRequestsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ApprovalService for Service {
    type WatchRequestsStream = Watch;

    async fn list_requests(
        &self,
        request: Request<ListRequestsRequest>,
    ) -> Result<Response<ListRequestsResponse>, Status> {
        let message = request.into_inner();
        let after = convert::page_token(&message.page_token)
            .ok_or_else(|| Status::invalid_argument("page_token is not one of ours"))?;
        let size = page_size(message.page_size)?;
        if message.states.len() > 10 {
            return Err(Status::invalid_argument("there are not that many states"));
        }
        let filter = Filter {
            states: message.states,
            merge_request: message.merge_request.map(|target| GateKey {
                gitlab: target.gitlab,
                project_id: target.project_id,
                iid: target.merge_request_iid,
                check_id: target.check_id,
            }),
            oldest_first: message.oldest_first,
        };
        // Read first: what changes between the two reads is then seen twice, never missed.
        let sequence = self.store.sequence().await.map_err(internal)?;
        let page = Page { after, size: size + 1 };
        let mut rows = self.store.list(&filter, page).await.map_err(internal)?;
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().filter(|_| more);
        Ok(Response::new(ListRequestsResponse {
            next_page_token: last.map(convert::token_after).unwrap_or_default(),
            requests: rows.iter().map(convert::request).collect(),
            sequence: convert::sequence(sequence),
        }))
    }

    async fn get_request(
        &self,
        request: Request<GetRequestRequest>,
    ) -> Result<Response<GetRequestResponse>, Status> {
        let id = id_of(&request.get_ref().request_id)?;
        let sequence = self.store.sequence().await.map_err(internal)?;
        let mut recorded = self.find(id).await?;
        let decisions = self.store.decisions(id).await.map_err(internal)?;
        recorded.takes_in(&decisions).map_err(internal)?;
        let records = self.store.records(id).await.map_err(internal)?;
        let facts = &recorded.request.facts;
        let policy = self.rules.policy_of(&facts.check_name);
        let rule = policy.rule(facts).map(|rule| rule.name.clone()).unwrap_or_default();
        let finding = recorded.request.look_at(policy).finding;
        let frozen = frozen(policy, facts).unwrap_or_default();
        Ok(Response::new(GetRequestResponse {
            rule,
            frozen,
            finding: finding.map(convert::finding),
            request: Some(convert::request(&recorded)),
            decisions: decisions.into_iter().map(convert::decision).collect(),
            timeline: records.iter().filter_map(convert::timeline_entry).collect(),
            sequence: convert::sequence(sequence),
        }))
    }

    async fn watch_requests(
        &self,
        request: Request<WatchRequestsRequest>,
    ) -> Result<Response<Watch>, Status> {
        let message = request.into_inner();
        let after = match message.from_now {
            true => self.store.sequence().await.map_err(internal)?,
            false => i64::try_from(message.after_sequence).unwrap_or(i64::MAX),
        };
        let first = WatchRequestsResponse { sequence: convert::sequence(after), request: None };
        let changes = watch(self.store.clone(), after);
        let all = stream::once(async { Ok(first) }).chain(changes);
        let stop = self.stop.clone().cancelled_owned();
        Ok(Response::new(Box::pin(all.take_until(stop))))
    }

    async fn get_wanted_answer(
        &self,
        request: Request<GetWantedAnswerRequest>,
    ) -> Result<Response<GetWantedAnswerResponse>, Status> {
        let GetWantedAnswerRequest { request_id, command_id, holder } = request.into_inner();
        let (id, command) = (id_of(&request_id)?, id_of(&command_id)?);
        if holder.is_empty() || holder.len() > HOLDER_BYTES_MAX {
            return Err(Status::invalid_argument("say who asks, in 1 to 200 bytes"));
        }
        let wanted = self.wanted(id, command).await?;
        if !wanted.post {
            return Ok(Response::new(wanted));
        }
        let lent =
            self.store.lend(id, &holder, kit::clock::now_micros()).await.map_err(internal)?;
        let Some(lease) = lent else {
            let reason = "Another process is posting for this request.".to_owned();
            let hold = GetWantedAnswerResponse { hold: true, post: false, reason, ..wanted };
            return Ok(Response::new(hold));
        };
        // Whoever had the lease until now may have settled this command under it.
        let wanted = self.wanted(id, command).await;
        if !wanted.as_ref().is_ok_and(|wanted| wanted.post) {
            self.store.take_back(lease).await.map_err(internal)?;
            return wanted.map(Response::new);
        }
        let lease_ms = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        let lease_id = lease.to_string();
        Ok(Response::new(GetWantedAnswerResponse { lease_id, lease_ms, ..wanted? }))
    }

    async fn get_safe_mode(
        &self,
        _: Request<GetSafeModeRequest>,
    ) -> Result<Response<GetSafeModeResponse>, Status> {
        let reason = self.safe_mode.reason().await.map_err(internal)?;
        let since = reason.as_ref().and_then(|reason| reason.since).map(proto::timestamp);
        let reason = reason.map(|reason| reason.sentence).unwrap_or_default();
        Ok(Response::new(GetSafeModeResponse { reason, since }))
    }

    async fn leave_safe_mode(
        &self,
        request: Request<LeaveSafeModeRequest>,
    ) -> Result<Response<LeaveSafeModeResponse>, Status> {
        let LeaveSafeModeRequest { operator, reason } = request.into_inner();
        if operator.trim().is_empty() || reason.trim().is_empty() {
            return Err(Status::invalid_argument("say who ends safe mode, and why"));
        }
        if self.store.safe_mode().await.map_err(internal)?.is_none() {
            return Err(Status::failed_precondition("safe mode is not on"));
        }
        self.safe_mode.leave(operator.trim(), reason.trim()).await.map_err(internal)?;
        Ok(Response::new(LeaveSafeModeResponse {}))
    }

    async fn list_watched(
        &self,
        request: Request<ListWatchedRequest>,
    ) -> Result<Response<ListWatchedResponse>, Status> {
        let gitlab = &request.get_ref().gitlab;
        let checks = self.store.known_checks(gitlab).await.map_err(internal)?;
        let open = self.store.open_gates(Some(gitlab)).await.map_err(internal)?;
        Ok(Response::new(convert::watched(checks, open)))
    }

    async fn compare_sighting(
        &self,
        request: Request<CompareSightingRequest>,
    ) -> Result<Response<CompareSightingResponse>, Status> {
        let mut message = request.into_inner().seen.unwrap_or_default();
        let shown = std::mem::take(&mut message.shown);
        let gate = self.store.gate(&sighting(message.clone())?.key).await.map_err(internal)?;
        let last_command_id = intake::last_command_id(&gate, &sighting(message.clone())?);
        let last_command_id = last_command_id.map(|id| id.to_string()).unwrap_or_default();
        // Whoever asks reads the status once more before it is reported.
        if !last_command_id.is_empty() {
            message.shown = shown;
            message.shown_after = last_command_id.clone();
        }
        let known = intake::is_known(&self.rules, &gate, &sighting(message)?);
        Ok(Response::new(CompareSightingResponse { known, last_command_id }))
    }

    async fn list_dead_letters(
        &self,
        request: Request<ListDeadLettersRequest>,
    ) -> Result<Response<ListDeadLettersResponse>, Status> {
        dead_letters::list(self, request.into_inner()).await.map(Response::new)
    }

    async fn get_dead_letter(
        &self,
        request: Request<GetDeadLetterRequest>,
    ) -> Result<Response<GetDeadLetterResponse>, Status> {
        dead_letters::get(self, request.into_inner()).await.map(Response::new)
    }

    async fn replay_dead_letter(
        &self,
        request: Request<ReplayDeadLetterRequest>,
    ) -> Result<Response<ReplayDeadLetterResponse>, Status> {
        dead_letters::replay(self, request.into_inner()).await.map(Response::new)
    }

    async fn drop_dead_letter(
        &self,
        request: Request<DropDeadLetterRequest>,
    ) -> Result<Response<DropDeadLetterResponse>, Status> {
        dead_letters::drop_letter(self, request.into_inner()).await.map(Response::new)
    }
}

impl Service {
    /// The answer that is wanted now, or what stands against it.
    async fn wanted(&self, id: Uuid, command: Uuid) -> Result<GetWantedAnswerResponse, Status> {
        let recorded = self.find(id).await?;
        let policy = self.rules.policy_of(&recorded.request.facts.check_name);
        let wanted = convert::wanted(&recorded.request, command, policy);
        if wanted.post
            && wanted.status() != WireStatus::Failed
            && let Some(reason) = self.safe_mode.reason().await.map_err(internal)?
        {
            let reason = reason.sentence;
            return Ok(GetWantedAnswerResponse { hold: true, post: false, reason, ..wanted });
        }
        // An approval that came late, from before the freeze: the clock takes it back any moment.
        if wanted.post
            && wanted.status() == WireStatus::Passed
            && let Some(reason) = frozen(policy, &recorded.request.facts)
        {
            return Ok(GetWantedAnswerResponse { hold: true, post: false, reason, ..wanted });
        }
        Ok(wanted)
    }

    async fn find(&self, id: Uuid) -> Result<Recorded, Status> {
        let found = self.store.request(id).await.map_err(internal)?;
        found.ok_or_else(|| Status::not_found("there is no such request"))
    }
}

/// Why nothing can be approved now, when a freeze is on.
fn frozen(policy: &Policy, facts: &Facts) -> Option<String> {
    let now = Time(kit::clock::now_micros());
    policy.frozen(facts, now).map(|frozen| frozen.sentence())
}

/// Requests as they change; a request that changes twice before it is read comes once.
fn watch(
    store: Store,
    after: i64,
) -> impl Stream<Item = Result<WatchRequestsResponse, Status>> + Send {
    let committed = store.committed();
    stream::unfold((store, committed, after), |(store, mut committed, after)| async move {
        loop {
            committed.borrow_and_update();
            match store.changed(after, PAGE_MAX).await {
                Ok(rows) if !rows.is_empty() => {
                    let last = rows.last().map_or(after, |row| row.changed_seq);
                    let messages: Vec<_> = rows.iter().map(convert::change).map(Ok).collect();
                    return Some((stream::iter(messages), (store, committed, last)));
                }
                Ok(_) => {}
                Err(error) => {
                    let messages = vec![Err(internal(error))];
                    return Some((stream::iter(messages), (store, committed, after)));
                }
            }
            // Whichever comes first; an error only means that the store is gone.
            let _either = tokio::time::timeout(LOOK_AGAIN, committed.changed()).await;
        }
    })
    .flatten()
}

fn sighting(message: MergeRequestSeen) -> Result<intake::Seen, Status> {
    let seen = intake::seen(message, Time(kit::clock::now_micros()));
    seen.map_err(|failure| match failure {
        Failure::Reject(_, sentence) => Status::invalid_argument(sentence),
        Failure::Retry(_) | Failure::Later(_) => Status::unavailable("try again"),
    })
}

fn page_size(wanted: i32) -> Result<u64, Status> {
    match u64::try_from(wanted) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(size) => Ok(size.min(PAGE_MAX)),
        Err(_) => Err(Status::invalid_argument("page_size must be 1 to 200")),
    }
}

fn id_of(text: &str) -> Result<Uuid, Status> {
    Uuid::parse_str(text).map_err(|_| Status::invalid_argument("an id must be a UUID"))
}

/// The cause is for our log, not for the caller.
#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn internal(error: DbErr) -> Status {
    tracing::error!(%error, "the database could not be read");
    Status::unavailable("the record cannot be read now")
}
