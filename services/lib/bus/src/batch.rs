//! Publishing several messages at once: one sync of the server's disk for all of them.

use async_nats::{HeaderMap, Request, client::RequestErrorKind};
use serde::Deserialize;
use tracing::Span;

use crate::{Bus, Outgoing, PublishError};

/// Most messages published together; the server takes 1000 (NATS ADR-50).
pub const TOGETHER_MAX: usize = 500;

/// What the server says of a batch.
#[derive(Debug, Deserialize)]
struct BatchAck {
    #[serde(default)]
    stream: String,
    #[serde(default)]
    count: usize,
    error: Option<AckError>,
}

#[derive(Debug, Deserialize)]
struct AckError {
    description: String,
}

impl Bus {
    /// Publishes messages of one stream as one atomic batch (NATS ADR-50): when it returns, all
    /// are stored; when it fails with `Refused`, none is.
    ///
    /// A batch with a message that is stored already is refused: publish those one by one. At most
    /// [`TOGETHER_MAX`].
    pub async fn publish_together(
        &self,
        stream: &str,
        messages: &[&Outgoing],
    ) -> Result<(), PublishError> {
        let Some((last, first)) = messages.split_last() else {
            return Ok(());
        };
        if !self.is_connected() {
            return Err(PublishError::NotConnected);
        }
        let batch = kit::clock::new_id().to_string();
        // They last until all are stored.
        let spans: Vec<Span> = messages.iter().map(|message| message.span()).collect();
        for ((place, message), span) in (1_usize..).zip(first).zip(&spans) {
            let headers = in_batch(message, span, stream, (&batch, place));
            self.client
                .publish_with_headers(message.subject.clone(), headers, message.data.clone())
                .await
                .map_err(|_| PublishError::NotConnected)?;
        }
        let span = spans.last().cloned().unwrap_or_else(Span::none);
        let mut headers = in_batch(last, &span, stream, (&batch, messages.len()));
        headers.insert("Nats-Batch-Commit", "1");
        let request = Request::new()
            .headers(headers)
            .payload(last.data.clone())
            .timeout(Some(self.config.publish_timeout));
        let mut attempt = self.denials.attempt(&last.subject);
        let answer = tokio::select! {
            answer = self.client.send_request(last.subject.clone(), request) => answer,
            () = attempt.denied() => return Err(PublishError::Denied(last.subject.clone())),
        };
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::TimedOut => PublishError::TimedOut,
            _ => PublishError::Refused(error.to_string()),
        })?;
        match serde_json::from_slice(&answer.payload) {
            Ok(BatchAck { error: Some(error), .. }) => {
                Err(PublishError::Refused(error.description))
            }
            Ok(ack) if ack.stream != stream => Err(PublishError::WrongStream(ack.stream)),
            Ok(ack) if ack.count == messages.len() => {
                attempt.accepted();
                Ok(())
            }
            // An older server takes the parts of a batch for single messages.
            Ok(_) | Err(_) => Err(PublishError::Refused("it does not know batches".to_owned())),
        }
    }
}

fn in_batch(
    message: &Outgoing,
    span: &Span,
    stream: &str,
    (batch, place): (&str, usize),
) -> HeaderMap {
    let mut headers = message.headers(span);
    headers.insert("Nats-Msg-Id", message.id.as_str());
    headers.insert("Nats-Expected-Stream", stream);
    headers.insert("Nats-Batch-Id", batch);
    headers.insert("Nats-Batch-Sequence", place.to_string().as_str());
    headers
}
