//! What the note in a merge request says now.

use proto::v1::{GetNoteRequest, GetNoteResponse};
use tonic::Status;

use super::{Service, caller::Caller, links, look::Look};
use crate::apply::keeps_note;

pub(super) async fn get(
    service: &Service,
    message: GetNoteRequest,
) -> Result<GetNoteResponse, Status> {
    let key = links::merge_request(message.merge_request)?;
    let caller = Caller::reader();
    let look = Look::of(service, &caller);
    let newest = links::newest(service, &key).await?;
    let mut requests = Vec::new();
    for recorded in &newest {
        if keeps_note(&service.rules.note_checks, &recorded.request.facts.check_name) {
            requests.push(links::linked(service, &look, recorded).await?);
        }
    }
    let link_signature = service.link_signature(&key).await?;
    Ok(GetNoteResponse { requests, link_signature })
}
