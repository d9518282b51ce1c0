//! A decision goes onto the bus, and recorder's receipt comes back: for people and for systems alike.

use std::time::Duration;

use axum::http::StatusCode;
use bus::{Bus, ConnectError, Kind, Outgoing, PublishError, Stream};
use proto::v1::{Decision, Receipt};

use crate::ROLE;

/// How long somebody waits for the record; it takes milliseconds when all is well.
const RECEIPT_PATIENCE: Duration = Duration::from_secs(4);

/// When a decision is not known to be on the bus.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    /// When its receipt could not be waited for; nothing was sent.
    #[error(transparent)]
    Unheard(#[from] ConnectError),
    /// When it was not stored for sure.
    #[error(transparent)]
    Unstored(#[from] PublishError),
}

/// Puts a decision onto the stream of its source, and waits for the receipt; `None` when it does not
/// come in time.
///
/// Each attempt is a message of its own, also when the decision is not: recorder knows it by its
/// `decision_id`, and answers a repetition with a receipt of its own.
pub(crate) async fn decide(
    bus: &Bus,
    source: &str,
    decision: &Decision,
) -> Result<Option<Receipt>, Unsent> {
    let names = bus.names();
    let answer = bus.hear_one(names.receipt(source, &decision.decision_id)).await?;
    let target = (names.stream(&Stream::Decision(source.to_owned())), names.decision(source));
    let attempt = kit::clock::new_id().to_string();
    let message = Outgoing::new(target, Kind::Decision, ROLE, attempt, decision);
    bus.publish(&message.about(&decision.request_id)).await?;
    let heard = tokio::time::timeout(RECEIPT_PATIENCE, answer).await.ok().flatten();
    Ok(heard.and_then(|data| {
        let receipt = proto::from_json(&data);
        receipt.inspect_err(|_| tracing::warn!("a receipt could not be read")).ok()
    }))
}

/// The HTTP status for a refusal of recorder's.
pub(crate) fn refusal(code: &str) -> StatusCode {
    match code {
        "stale_sha" | "closed" => StatusCode::CONFLICT,
        "not_allowed" | "unknown_source" => StatusCode::FORBIDDEN,
        "unknown_request" => StatusCode::NOT_FOUND,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
