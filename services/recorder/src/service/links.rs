//! Links that need no sign-in: whoever has one reads why a merge request waits, and does nothing.

use std::collections::HashSet;

use hmac::{Hmac, KeyInit, Mac};
use proto::v1::{Actor, LinkedRequest, ListLinkedRequest, ListLinkedResponse, Target};
use sha2::Sha256;
use tonic::Status;

use super::{PAGE_MAX, Service, caller::Caller, convert, filter_text, internal, look::Look};
use crate::{
    secrets,
    store::{Filter, GateKey, Page, Recorded},
};

/// Bytes of a signature: as many as nobody guesses, in a link that is short enough for a note.
const SIGNATURE_BYTES: usize = 16;

impl Service {
    /// What shows that a link to a merge request is ours.
    pub(super) async fn link_signature(&self, key: &GateKey) -> Result<String, Status> {
        let tag = self.link_mac(key).await?.finalize().into_bytes();
        Ok(hex::encode(&tag[..SIGNATURE_BYTES]))
    }

    async fn link_mac(&self, key: &GateKey) -> Result<Hmac<Sha256>, Status> {
        let secret = match self.store.link_key().await.map_err(internal)? {
            Some(known) => known,
            None => {
                let fresh = secrets::random();
                let fresh = fresh.map_err(|_| Status::internal("there is no randomness"))?;
                self.store.make_link_key(fresh).await.map_err(internal)?
            }
        };
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes())
            .map_err(|_| Status::internal("HMAC takes a key of any length"))?;
        let GateKey { gitlab, project_id, iid, .. } = key;
        mac.update(format!("merge request/{gitlab}/{project_id}/{iid}").as_bytes());
        Ok(mac)
    }
}

pub(super) async fn list(
    service: &Service,
    message: ListLinkedRequest,
) -> Result<ListLinkedResponse, Status> {
    let key = merge_request(message.merge_request)?;
    let nothing = || Status::not_found("there is no such link");
    let signature = hex::decode(&message.link_signature).map_err(|_| nothing())?;
    let whole = signature.len() == SIGNATURE_BYTES;
    let mac = service.link_mac(&key).await?;
    if !whole || mac.verify_truncated_left(&signature).is_err() {
        return Err(nothing());
    }
    let sequence = service.store.sequence().await.map_err(internal)?;
    let found = newest(service, &key).await?;
    let caller = Caller::reader();
    let look = Look::of(service, &caller);
    let mut requests = Vec::new();
    for recorded in &found {
        requests.push(linked(service, &look, recorded).await?);
    }
    if requests.is_empty() {
        return Err(nothing());
    }
    Ok(ListLinkedResponse { requests, sequence: convert::sequence(sequence) })
}

/// The newest request of each check of a merge request.
pub(super) async fn newest(service: &Service, key: &GateKey) -> Result<Vec<Recorded>, Status> {
    let filter = Filter { merge_request: Some(key.clone()), ..Filter::default() };
    let page = Page { after: None, size: PAGE_MAX };
    let (mut found, _) = service.store.list(&filter, page, &|_| true).await.map_err(internal)?;
    let mut checks = HashSet::new();
    found.retain(|recorded| checks.insert(recorded.key.check_id));
    Ok(found)
}

/// A request as its author sees it.
pub(super) async fn linked(
    service: &Service,
    look: &Look<'_>,
    recorded: &Recorded,
) -> Result<LinkedRequest, Status> {
    let (request, finding) = look.closely_at(recorded);
    let said = service.store.decisions(recorded.request.id).await.map_err(internal)?;
    let counts = |it: &crate::store::decision::Model| {
        it.accepted && u32::try_from(it.round) == Ok(recorded.request.round)
    };
    let decisions = said.into_iter().filter(counts).map(convert::decision).map(|mut it| {
        let actor = it.actor.take().unwrap_or_default();
        it.actor = Some(Actor { id: actor.id, name: actor.name, ..Actor::default() });
        it
    });
    Ok(LinkedRequest {
        request: Some(request),
        finding: finding.map(convert::finding),
        decisions: decisions.collect(),
    })
}

/// A merge request that is asked about, whatever the check.
pub(super) fn merge_request(target: Option<Target>) -> Result<GateKey, Status> {
    let Target { gitlab, project_id, merge_request_iid: iid, .. } = target.unwrap_or_default();
    filter_text(&gitlab)?;
    Ok(GateKey { gitlab, project_id, iid, check_id: 0 })
}
