//! Requests as they were judged, to be judged under another policy.

use futures::{Stream, StreamExt, TryStreamExt, stream};
use proto::v1::{ListJudgedRequest, ListJudgedResponse};
use tonic::Status;

use super::{PAGE_MAX, Service, caller::Caller, convert, internal};
use crate::store::{Recorded, Store};

pub(super) async fn list(
    service: &Service,
    message: ListJudgedRequest,
) -> Result<impl Stream<Item = Result<ListJudgedResponse, Status>> + Send + use<>, Status> {
    let caller = service.caller(message.caller).await?;
    let since = proto::micros(message.since.as_ref());
    let since = since.ok_or_else(|| Status::invalid_argument("say since when"))?;
    let stop = service.stop.clone().cancelled_owned();
    Ok(pages(service.store.clone(), caller, since).take_until(stop))
}

fn pages(
    store: Store,
    caller: Caller,
    since: i64,
) -> impl Stream<Item = Result<ListJudgedResponse, Status>> + Send {
    let begin = (store, caller, 0);
    let pages = stream::try_unfold(begin, move |(store, caller, after)| async move {
        let (rows, last) = page(&store, &caller, since, after).await?;
        let rows = stream::iter(rows.into_iter().map(Ok));
        Ok::<_, Status>(last.map(|last| (rows, (store, caller, last))))
    });
    pages.try_flatten()
}

/// The next rows, and the change that the last of them was; nothing more when there is none.
async fn page(
    store: &Store,
    caller: &Caller,
    since: i64,
    after: i64,
) -> Result<(Vec<ListJudgedResponse>, Option<i64>), Status> {
    let rows = store.changed_since(since, after, PAGE_MAX).await.map_err(internal)?;
    let last = rows.last().map(|row| row.changed_seq);
    let mut told = Vec::new();
    for row in rows {
        if caller.sees(&row.key, &row.request.facts.project_path) {
            told.push(judged(store, &row).await?);
        }
    }
    Ok((told, last))
}

async fn judged(store: &Store, row: &Recorded) -> Result<ListJudgedResponse, Status> {
    let (request, facts) = (&row.request, &row.request.facts);
    let attempts = store.decisions(request.id).await.map_err(internal)?;
    let round = i32::try_from(request.round).unwrap_or(i32::MAX);
    Ok(ListJudgedResponse {
        request: Some(convert::request(row)),
        verdict: request.verdict.as_str().to_owned(),
        author_id: facts.author_id.unwrap_or_default(),
        pushed_by: facts.pushed_by.clone(),
        round_began_at: Some(proto::timestamp(request.round_began_at.0)),
        attempts: attempts
            .into_iter()
            .filter(|attempt| attempt.round == round)
            .map(convert::decision)
            .collect(),
    })
}
