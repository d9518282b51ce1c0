//! The answer that is wanted now, and the right to post it.

use approval::Policy;
use proto::v1::{GetWantedAnswerRequest, GetWantedAnswerResponse, Status as WireStatus};
use tonic::Status;
use uuid::Uuid;

use super::{HOLDER_BYTES_MAX, Service, convert, id_of, internal, requests};
use crate::store::{LEASE, Recorded};

/// What is to be posted now, with the right to post it lent to whoever asks.
pub(super) async fn get(
    service: &Service,
    message: GetWantedAnswerRequest,
) -> Result<GetWantedAnswerResponse, Status> {
    let GetWantedAnswerRequest { request_id, command_id, holder } = message;
    let (id, command) = (id_of(&request_id)?, id_of(&command_id)?);
    if holder.is_empty() || holder.len() > HOLDER_BYTES_MAX {
        return Err(Status::invalid_argument("say who asks, in 1 to 200 bytes"));
    }
    let now = wanted(service, id, command).await?;
    if !now.post {
        return Ok(now);
    }
    let lent = service.store.lend(id, &holder, kit::clock::now_micros()).await.map_err(internal)?;
    let Some(lease) = lent else {
        let reason = "Another process is posting for this request.".to_owned();
        return Ok(held(now, reason));
    };
    // Whoever had the lease until now may have settled this command under it.
    let now = wanted(service, id, command).await;
    if !now.as_ref().is_ok_and(|now| now.post) {
        service.store.take_back(lease).await.map_err(internal)?;
        return now;
    }
    let lease_ms = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
    Ok(GetWantedAnswerResponse { lease_id: lease.to_string(), lease_ms, ..now? })
}

/// The answer that is wanted now, or what stands against it.
async fn wanted(
    service: &Service,
    id: Uuid,
    command: Uuid,
) -> Result<GetWantedAnswerResponse, Status> {
    let recorded = service.find(id).await?;
    let policy = service.rules.policy_of(&recorded.request.facts.check_name);
    let wanted = convert::wanted(&recorded.request, command, policy);
    if wanted.post
        && wanted.status() != WireStatus::Failed
        && let Some(reason) = service.safe_mode.reason().await.map_err(internal)?
    {
        return Ok(held(wanted, reason.sentence));
    }
    // An approval that came late, from before the freeze: the clock takes it back any moment.
    if wanted.post
        && wanted.status() == WireStatus::Passed
        && let Some(reason) = requests::frozen(policy, &recorded.request.facts)
        && !broke_glass(service, recorded, policy).await?
    {
        return Ok(held(wanted, reason));
    }
    Ok(wanted)
}

/// It is wanted, and must not be posted yet.
fn held(wanted: GetWantedAnswerResponse, reason: String) -> GetWantedAnswerResponse {
    GetWantedAnswerResponse { hold: true, post: false, reason, ..wanted }
}

/// Whether it is approved because somebody broke the glass, which a freeze may not hold up.
async fn broke_glass(
    service: &Service,
    mut recorded: Recorded,
    policy: &Policy,
) -> Result<bool, Status> {
    let passes = policy.glass(&recorded.request.facts).is_some_and(|it| it.passes_freeze);
    if !passes || recorded.request.glass.is_none() {
        return Ok(false);
    }
    let decisions = service.store.decisions(recorded.request.id).await.map_err(internal)?;
    recorded.takes_in(&decisions).map_err(internal)?;
    Ok(recorded.request.look_at(policy).broke_glass)
}
