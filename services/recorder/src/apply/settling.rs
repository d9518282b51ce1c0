//! What an operator does about a dead letter: it is replayed or dropped, once, and on record.

use std::collections::HashMap;

use bus::{Delivery, Failure, Kind, Names, Stream};
use proto::v1::{LookUpCommand, NoteCommand, ReadBackCommand, RespondCommand};
use sea_orm::{DbErr, Set, Unchanged};
use serde_json::json;
use uuid::Uuid;

use super::{
    Applier, Carries,
    dead_letters::{OPEN, count},
    outcomes, parse, read,
};
use crate::store::{Change, Draft, Ledger, Posted, dead_letter, outbox};

const REPLAYED: &str = "replayed";
const DROPPED: &str = "dropped";

/// Who acts, and why.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    /// Their name as they gave it.
    pub(crate) name: String,
    pub(crate) why: String,
}

/// Why nothing was done about a dead letter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDone {
    /// When there is none with this id.
    #[error("there is no such dead letter")]
    Unknown,
    /// When it was settled before.
    #[error("{0}")]
    Settled(String),
    /// When it cannot be replayed: why, and what to do instead.
    #[error("{0}")]
    NotReplayable(String),
    /// When it failed again: the cause.
    #[error("it failed again and stays as it is: {0}")]
    FailedAgain(String),
    /// When the bus cannot be asked.
    #[error("the bus cannot be asked for the message: {0}")]
    Bus(#[from] bus::StreamError),
    /// When the database cannot be used now.
    #[error("the record cannot be written now")]
    Database(#[from] DbErr),
}

/// How a message gets to where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// We apply it ourselves.
    Apply(Carries),
    /// It goes back onto the bus, to decision.
    PutBack,
}

/// A message that could be read again.
#[derive(Debug)]
enum Revived {
    Applied(super::Parsed),
    PutBack(outbox::Model, Vec<u8>),
}

/// Why a dead letter cannot be replayed and what to do instead, in one sentence.
pub(crate) fn not_replayable(names: &Names, letter: &dead_letter::Model) -> Option<String> {
    way(names, letter).err()
}

fn way(names: &Names, letter: &dead_letter::Model) -> Result<Way, String> {
    let cut = usize::try_from(letter.data_size).is_ok_and(|size| size > letter.data.len());
    if letter.stream == "ingress" {
        let sentence = "It is a call of GitLab's that never became a message, so there is nothing \
            to apply: press Retry at the status check in GitLab, or wait for the sweep.";
        return Err(sentence.to_owned());
    }
    if cut {
        let sentence = "The message was larger than a message of the bus may be, and only its \
            beginning was kept: have its sender repeat it; for GitLab, press Retry at the status \
            check, or wait for the sweep.";
        return Err(sentence.to_owned());
    }
    let (stream, subject) = (letter.stream.as_str(), letter.subject.as_str());
    let source = subject.rsplit('.').next().unwrap_or_default();
    if stream == names.stream(&Stream::Intake) {
        Ok(Way::Apply(Carries::Intake))
    } else if stream == names.stream(&Stream::Outcome) {
        Ok(Way::Apply(Carries::Outcomes))
    } else if stream == names.stream(&Stream::Decision(source.to_owned()))
        && subject == names.decision(source)
    {
        Ok(Way::Apply(Carries::Decisions))
    } else if stream == names.stream(&Stream::Respond) {
        Ok(Way::PutBack)
    } else {
        Err(format!(
            "Nothing here applies messages of {stream}: read it, mend what sent it, and drop it."
        ))
    }
}

impl Applier {
    /// Puts a message on its way again; the letter as it is then.
    pub(crate) async fn replay(
        &self,
        id: Uuid,
        operator: &Operator,
    ) -> Result<dead_letter::Model, NotDone> {
        let letter = self.store.dead_letter(id).await?.ok_or(NotDone::Unknown)?;
        may_be_replayed(&letter)?;
        let way = way(self.bus.names(), &letter).map_err(NotDone::NotReplayable)?;
        let message = self.original(&letter, way).await?;
        let revived = match way {
            Way::Apply(carries) => parse(carries, &message).map(Revived::Applied),
            Way::PutBack => put_back(self.bus.names(), &message)
                .map(|row| Revived::PutBack(row, message.data.to_vec())),
        };
        let replayed = match revived {
            Ok(revived) => self.revive(id, revived, operator).await,
            Err(Failure::Reject(_, cause) | Failure::Retry(cause)) => {
                Err(NotDone::FailedAgain(cause))
            }
            Err(Failure::Later(_)) => Err(NotDone::FailedAgain(String::new())),
        };
        let replayed = match replayed {
            Err(NotDone::Database(error)) if self.store.ping().await.is_ok() => {
                Err(NotDone::FailedAgain(error.to_string()))
            }
            other => other,
        };
        if let Err(NotDone::FailedAgain(cause)) = &replayed {
            tracing::warn!(dead_letter = %id, "a dead letter was replayed and failed again");
            self.note_failure(id, operator, cause).await?;
        }
        count(&self.store).await;
        replayed?;
        metrics::counter!("countersign_dead_letters_settled_total", "state" => REPLAYED)
            .increment(1);
        self.store.dead_letter(id).await?.ok_or(NotDone::Unknown)
    }

    /// Says that a message need not be applied; the letter as it is then.
    pub(crate) async fn drop_letter(
        &self,
        id: Uuid,
        operator: &Operator,
    ) -> Result<dead_letter::Model, NotDone> {
        let mut ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        match self.drop_in(&mut ledger, id, operator).await {
            Ok(()) => self.commit(ledger).await?,
            Err(error) => {
                ledger.abandon().await?;
                return Err(error);
            }
        }
        count(&self.store).await;
        metrics::counter!("countersign_dead_letters_settled_total", "state" => DROPPED)
            .increment(1);
        self.store.dead_letter(id).await?.ok_or(NotDone::Unknown)
    }

    /// The message as its stream holds it, which nobody but its sender can have put there.
    ///
    /// A decision counts for its source, so it is replayed only when its stream still proves where
    /// it came from. Other messages come from services of ours, as dead letters do.
    async fn original(&self, letter: &dead_letter::Model, way: Way) -> Result<Delivery, NotDone> {
        let sequence = u64::try_from(letter.sequence).unwrap_or_default();
        let held = self.bus.stored(&letter.stream, sequence).await;
        let same =
            |held: &Delivery| held.stored_at_micros == letter.at && held.subject == letter.subject;
        match held {
            Ok(Some(held)) if same(&held) => Ok(held),
            Err(error) => Err(error.into()),
            Ok(_) if way == Way::Apply(Carries::Decisions) => {
                let sentence = "The stream does not hold this decision any more, so nothing proves \
                    who sent it: have them decide again.";
                Err(NotDone::NotReplayable(sentence.to_owned()))
            }
            Ok(_) => {
                let headers: HashMap<String, String> =
                    serde_json::from_str(&letter.headers).unwrap_or_default();
                Ok(Delivery {
                    subject: letter.subject.clone(),
                    headers,
                    data: letter.data.clone().into(),
                    stream: letter.stream.clone(),
                    sequence,
                    stored_at_micros: letter.at,
                    deliveries: 1,
                })
            }
        }
    }

    async fn revive(&self, id: Uuid, revived: Revived, operator: &Operator) -> Result<(), NotDone> {
        let mut ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        match self.revive_in(&mut ledger, id, revived, operator).await {
            Ok(()) => Ok(self.commit(ledger).await?),
            Err(error) => {
                ledger.abandon().await?;
                Err(error)
            }
        }
    }

    async fn revive_in(
        &self,
        ledger: &mut Ledger,
        id: Uuid,
        revived: Revived,
        operator: &Operator,
    ) -> Result<(), NotDone> {
        let letter = ledger.dead_letter(id).await?.ok_or(NotDone::Unknown)?;
        may_be_replayed(&letter)?;
        let said = match revived {
            Revived::Applied(message) => {
                self.fill(ledger, &[(&message, &tracing::Span::current())]).await?;
                let told = ledger.told().map(ToOwned::to_owned);
                told.unwrap_or_else(|| "Nothing new: what it says was on record.".to_owned())
            }
            Revived::PutBack(row, data) => {
                let row = outbox::Model { created_at: ledger.now(), ..row };
                let mut change = Change::default();
                change.outbox.push(Posted { row, data: Box::new(move || data) });
                ledger.add(change);
                "It was put back onto the bus for the service that answers GitLab.".to_owned()
            }
        };
        let mut change = settle(&letter, REPLAYED, operator, ledger.now());
        for row in &mut change.settled {
            row.replay_said = Set(Some(said.clone()));
        }
        ledger.add(change);
        Ok(())
    }

    async fn note_failure(
        &self,
        id: Uuid,
        operator: &Operator,
        cause: &str,
    ) -> Result<(), NotDone> {
        let mut ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        let letter = match ledger.dead_letter(id).await {
            Ok(letter) => letter,
            Err(error) => {
                ledger.abandon().await?;
                return Err(error.into());
            }
        };
        // A commit whose answer was lost has replayed it after all.
        let Some(letter) = letter.filter(|letter| letter.state != REPLAYED) else {
            return Ok(ledger.abandon().await?);
        };
        let cause = super::clean(cause, 2_000);
        let message = format!("{} replayed a dead letter, and it failed: {cause}", operator.name);
        let mut change = Change::with(draft(&letter, "replay-failed", message, operator));
        change.settled.push(dead_letter::ActiveModel {
            id: Unchanged(letter.id),
            replays_failed: Set(letter.replays_failed.saturating_add(1)),
            replay_said: Set(Some(cause)),
            ..Default::default()
        });
        ledger.add(change);
        Ok(self.commit(ledger).await?)
    }

    async fn drop_in(
        &self,
        ledger: &mut Ledger,
        id: Uuid,
        operator: &Operator,
    ) -> Result<(), NotDone> {
        let letter = ledger.dead_letter(id).await?.ok_or(NotDone::Unknown)?;
        if letter.state != OPEN {
            return Err(NotDone::Settled(what_became(&letter)));
        }
        ledger.add(settle(&letter, DROPPED, operator, ledger.now()));
        if letter.stream == self.bus.names().stream(&Stream::Respond)
            && let Ok(command) = proto::from_json::<RespondCommand>(&letter.data)
        {
            // A request waits for what becomes of its command: without a word it would for ever.
            outcomes::give_up(&self.rules, ledger, &command, operator).await?;
        }
        Ok(())
    }
}

/// A dropped one may be, too: dropping by mistake must not lose a message.
fn may_be_replayed(letter: &dead_letter::Model) -> Result<(), NotDone> {
    match letter.state.as_str() {
        REPLAYED => Err(NotDone::Settled(what_became(letter))),
        _ => Ok(()),
    }
}

fn what_became(letter: &dead_letter::Model) -> String {
    let by = letter.settled_by.as_deref().unwrap_or("somebody");
    format!("It was {} before, by {by}; nothing was done now.", letter.state)
}

/// The row of a command that goes onto the bus once more, when decision will be able to read it.
fn put_back(names: &Names, message: &Delivery) -> Result<outbox::Model, Failure> {
    let known = [Kind::Respond, Kind::ReadBack, Kind::LookUp, Kind::Note];
    let Some(kind) = known.into_iter().find(|kind| message.is(*kind)) else {
        let sentence = "ce-type is neither respond, read-back, look-up nor note".to_owned();
        return Err(Failure::Reject("unknown-type", sentence));
    };
    let (about, belongs) = match kind {
        Kind::Respond => {
            let command: RespondCommand = read(message, kind)?;
            let subject = names.respond(&command.gitlab, command.project_id);
            (Some(command.request_id), subject)
        }
        Kind::ReadBack => {
            let command: ReadBackCommand = read(message, kind)?;
            let subject = names.respond(&command.gitlab, command.project_id);
            (Some(command.request_id), subject)
        }
        Kind::Note => {
            let command: NoteCommand = read(message, kind)?;
            (None, names.respond(&command.gitlab, command.project_id))
        }
        _ => {
            let command: LookUpCommand = read(message, kind)?;
            (None, names.respond(&command.gitlab, command.project_id))
        }
    };
    if belongs != message.subject {
        let sentence = format!("it belongs to {belongs}, and came under another subject");
        return Err(Failure::Reject("invalid", sentence));
    }
    Ok(outbox::Model {
        // The place and the time are known at the commit. The id is new: under the old one the
        // stream would take it for a repetition.
        seq: 0,
        created_at: 0,
        id: kit::clock::new_id(),
        stream: names.stream(&Stream::Respond),
        subject: message.subject.clone(),
        traceparent: kit::telemetry::traceparent(),
        ce_type: kind.ce_type(),
        about,
        data: String::new(),
    })
}

fn settle(
    letter: &dead_letter::Model,
    state: &'static str,
    operator: &Operator,
    now: i64,
) -> Change {
    let why = match operator.why.as_str() {
        "" => String::new(),
        why => format!(": {why}"),
    };
    let dead_letter::Model { stream, sequence, .. } = letter;
    let name = &operator.name;
    let message = format!("{name} {state} the dead letter of {stream} ({sequence}){why}.");
    let mut change = Change::with(draft(letter, state, message, operator));
    change.settled.push(dead_letter::ActiveModel {
        id: Unchanged(letter.id),
        state: Set(state.to_owned()),
        settled_at: Set(Some(now)),
        settled_by: Set(Some(operator.name.clone())),
        settled_why: Set(Some(operator.why.clone())),
        ..Default::default()
    });
    change
}

fn draft(
    letter: &dead_letter::Model,
    kind: &'static str,
    message: String,
    operator: &Operator,
) -> Draft {
    let personal = json!({ "operator": operator.name, "why": operator.why });
    let data = json!({
        "dead_letter_id": letter.id,
        "stream": letter.stream,
        "sequence": letter.sequence,
    });
    Draft { kind, message, data, personal, ..Draft::default() }
}
