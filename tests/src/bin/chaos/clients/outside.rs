//! The outside system: it publishes decisions under its own credentials.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use async_nats::{ConnectOptions, jetstream};
use serde_json::{Value, json};

use super::Came;
use crate::{
    MAIL,
    cluster::SOURCE_PASSWORD,
    log::{Outcome, Sent},
    plan::Word,
};

const SUBJECT: &str = "countersign.decision.v1.servicenow";
/// How long the bus may take to acknowledge.
const PATIENCE: Duration = Duration::from_secs(3);

/// The outside system.
#[derive(Debug)]
pub(super) struct Outside {
    jetstream: jetstream::Context,
    said: Mutex<Vec<(Sent, Value)>>,
}

impl Outside {
    /// Connects as soon as the bus can be reached.
    pub(super) async fn connect(bus: SocketAddr) -> Result<Self> {
        let client =
            ConnectOptions::with_user_and_password("servicenow".into(), SOURCE_PASSWORD.into())
                .custom_inbox_prefix("_INBOX_servicenow")
                .retry_on_initial_connect()
                .ping_interval(Duration::from_secs(2))
                .connect(format!("nats://{bus}"))
                .await?;
        let jetstream = jetstream::ContextBuilder::new().timeout(PATIENCE).ack_timeout(PATIENCE);
        Ok(Self { jetstream: jetstream.build(client), said: Mutex::default() })
    }

    /// Sends a decision about what `named` names.
    pub(super) async fn sends(&self, sent: Sent, named: Value) -> Came {
        let mut message = json!({
            "decision_id": sent.decision_id,
            "verdict": sent.word.as_str(),
            "sha": sent.sha,
            "actor": { "id": sent.actor, "email": format!("{}@{MAIL}", sent.actor) },
            "reason": sent.reason,
        });
        if let (Some(fields), Value::Object(named)) = (message.as_object_mut(), named) {
            fields.extend(named);
            fields.extend(
                sent.target_branch.clone().map(|it| ("target_branch".to_owned(), it.into())),
            );
        }
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((sent.clone(), message.clone()));
        self.publishes(sent, &message).await
    }

    /// Sends an earlier message once more, byte for byte.
    pub(super) async fn repeats(&self, which: u64) -> Came {
        match self.earlier(which) {
            Some((sent, message)) => self.publishes(sent, &message).await,
            None => Came::refused("there is no earlier decision"),
        }
    }

    /// Uses the id of an earlier message for something else, which must not count.
    pub(super) async fn reuses_an_id(&self, which: u64) -> Came {
        let Some((sent, mut message)) = self.earlier(which) else {
            return Came::refused("there is no earlier decision");
        };
        let other = if sent.word == Word::Approve { "reject" } else { "approve" };
        message["verdict"] = other.into();
        let iid = sent.iid;
        let came = self.publishes(sent, &message).await;
        // What was sent under this id first is what must be on record.
        Came { sent: None, detail: format!("!{iid} {}", came.detail), ..came }
    }

    /// Sends what is no decision: it must end as a dead letter.
    pub(super) async fn sends_nonsense(&self) -> Came {
        let came = self.stored("{\"verdict\": 7".to_owned()).await;
        Came::new(came, "")
    }

    async fn publishes(&self, sent: Sent, message: &Value) -> Came {
        let outcome = self.stored(message.to_string()).await;
        let detail = format!("{}: {}", sent.actor, sent.word.as_str());
        Came { sent: Some(sent), ..Came::new(outcome, detail) }
    }

    /// Without an acknowledgement it may be stored all the same, even later.
    async fn stored(&self, data: String) -> Outcome {
        let published = async { self.jetstream.publish(SUBJECT, data.into()).await?.await };
        match tokio::time::timeout(PATIENCE, published).await {
            Ok(Ok(_)) => Outcome::Done,
            _ => Outcome::Unknown,
        }
    }

    fn earlier(&self, which: u64) -> Option<(Sent, Value)> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = &said[said.len().saturating_sub(10)..];
        let at = usize::try_from(which).unwrap_or_default() % recent.len().max(1);
        recent.get(at).cloned()
    }
}
