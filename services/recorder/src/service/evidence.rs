//! The audit record: taken out for auditors, and what it says of somebody erased.

use futures::StreamExt;
use proto::v1::{EraseActorRequest, EraseActorResponse, ExportAuditRequest, ExportAuditResponse};
use serde_json::json;
use tonic::Status;

use super::{
    Exported, Service, internal,
    people::{TEXT_CHARS_MAX, WHY_CHARS_MAX, by, text},
};
use crate::store::{Draft, Ledger};

pub(super) async fn export(
    service: &Service,
    message: ExportAuditRequest,
) -> Result<Exported, Status> {
    if !service.caller(message.caller).await?.allowed.audit {
        return Err(Status::permission_denied("only an auditor takes the audit record out"));
    }
    let lines = service.log.export().await.map_err(internal)?;
    let lines = lines.map(|line| match line {
        Ok(line) => Ok(ExportAuditResponse { line }),
        Err(error) => Err(internal(error)),
    });
    Ok(Box::pin(lines.take_until(service.stop.clone().cancelled_owned())))
}

pub(super) async fn erase(
    service: &Service,
    message: EraseActorRequest,
) -> Result<EraseActorResponse, Status> {
    let EraseActorRequest { source, actor, operator, reason } = message;
    let (operator, why) = (by(&operator)?, text(&reason, WHY_CHARS_MAX));
    let (source, actor) = (text(&source, TEXT_CHARS_MAX), text(&actor, TEXT_CHARS_MAX));
    if why.is_empty() || actor.is_empty() {
        return Err(Status::invalid_argument("say whom to erase, and why"));
    }
    let ledger = Ledger::begin(&service.store, kit::clock::now_micros()).await.map_err(internal)?;
    let erased = ledger.erase(&source, &actor).await.map_err(internal)?;
    if erased.decisions + erased.records + erased.people == 0 {
        ledger.abandon().await.map_err(internal)?;
        let sentence = format!("there is nothing on record of {actor} of {source}");
        return Err(Status::not_found(sentence));
    }
    let message = format!("{operator} erased what was on record of somebody of {source}: {why}");
    let data = json!({
        "source": source, "decisions": erased.decisions, "records": erased.records,
    });
    let personal = json!({ "operator": operator, "why": why });
    let draft = Draft { kind: "erased", message, data, personal, ..Draft::default() };
    service.store.commit_with(ledger, draft).await.map_err(internal)?;
    Ok(EraseActorResponse { decisions: erased.decisions, records: erased.records })
}
