//! What the note in a merge request says now.

use proto::v1::{GetNoteRequest, GetNoteResponse};
use tonic::Status;

use super::{Service, caller::Caller, filter_text, links, look::Look};
use crate::{apply::keeps_note, store::GateKey};

pub(super) async fn get(
    service: &Service,
    message: GetNoteRequest,
) -> Result<GetNoteResponse, Status> {
    let target = message.merge_request.unwrap_or_default();
    filter_text(&target.gitlab)?;
    let key = GateKey {
        gitlab: target.gitlab,
        project_id: target.project_id,
        iid: target.merge_request_iid,
        check_id: 0,
    };
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
