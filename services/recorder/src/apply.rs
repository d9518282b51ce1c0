//! What arrives on the bus, applied: parsed, put through the core, written in one transaction.

mod dead_letters;
mod decisions;
mod due;
mod follow;
mod glass;
pub(crate) mod intake;
mod notes;
mod outcomes;
mod readings;
mod settling;
mod signature;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use approval::{Gate, Pattern, Policy, Rights, Status};
use bus::{Bus, Delivery, Failure, Names};
use proto::v1::Status as WireStatus;
use sea_orm::DbErr;
use tokio::sync::Mutex;
use tracing::{Instrument, Span};
use uuid::Uuid;

pub(crate) use dead_letters::count_open;
pub(crate) use glass::{broke, utc};
pub(crate) use notes::keeps_note;
pub(crate) use settling::{NotDone, Operator, not_replayable};
pub(crate) use signature::Keys;
pub use signature::{Signing, is_public_key};

use crate::{
    outbox::Outbox,
    store::{GateKey, Ledger, Store, has_no_room, is_overtaken},
};

/// What recorder needs to apply a message.
#[derive(Debug, Clone)]
pub(crate) struct Applier {
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) rules: Arc<Rules>,
    pub(crate) outbox: Outbox,
    /// Whose transaction it is: batches of one stream are read ahead, but applied in their order.
    pub(crate) turn: Arc<Mutex<()>>,
}

/// What the configuration says about decisions.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) names: Names,
    pub(crate) policy: Policy,
    /// What is different for checks of these names.
    pub(crate) policy_of_check: HashMap<String, Policy>,
    /// SHA-256 of the policy as it is written, lower-case hex: stands beside each verdict.
    pub(crate) policy_hash: String,
    /// What people may do at all.
    pub(crate) rights: Rights,
    pub(crate) sources: HashSet<String>,
    /// What sources sign their decisions with.
    pub(crate) keys: Keys,
    /// How long after an answer GitLab is asked what it shows.
    pub(crate) read_back_after: Vec<Duration>,
    /// Status checks, by name, about which a note in the merge request is kept.
    pub(crate) note_checks: Vec<Pattern>,
}

impl Rules {
    /// What applies to a merge request at a check.
    fn policy(&self, gate: &Gate) -> &Policy {
        let name = gate.head().map(|head| head.facts.check_name.as_str());
        self.policy_of(name.unwrap_or_default())
    }

    /// What applies to a check of this name.
    pub(crate) fn policy_of(&self, check_name: &str) -> &Policy {
        self.policy_of_check.get(check_name).unwrap_or(&self.policy)
    }
}

/// A message that could be read.
#[derive(Debug)]
enum Parsed {
    Seen(Box<intake::Seen>),
    Decided(Box<decisions::Decided>),
    Outcome(Box<outcomes::Reported>),
    Read(Box<readings::Read>),
}

/// A message with the work on it, as its trace shows it.
type Spanned<'a> = (&'a Parsed, &'a Span);

/// What a transaction is for.
enum Work<'a> {
    Messages(&'a [Spanned<'a>]),
    /// It is time to look at these gates.
    Tick(&'a [GateKey]),
    /// Another policy is in force at these gates.
    JudgeAnew(&'a [GateKey]),
}

impl<'a> Work<'a> {
    fn spans(&self) -> Vec<&'a Span> {
        match self {
            Work::Messages(messages) => messages.iter().map(|(_, span)| *span).collect(),
            Work::Tick(_) | Work::JudgeAnew(_) => Vec::new(),
        }
    }
}

/// The commit of a transaction, as the trace of one message in it shows it.
fn commit_of(message: &Span) -> Span {
    match message.is_none() {
        true => Span::none(),
        false => {
            tracing::info_span!(parent: message, "commit", otel.kind = "client", db.operation.name = "COMMIT")
        }
    }
}

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    Intake,
    Decisions,
    Outcomes,
}

impl Applier {
    /// Applies a batch: all of it in one transaction, or, when that fails, each message in its
    /// own, so that one that cannot be applied does not hold up the others.
    pub(crate) async fn apply(
        &self,
        carries: Carries,
        batch: Arc<[Delivery]>,
    ) -> Vec<Result<(), Failure>> {
        let spans: Vec<Span> = batch.iter().map(|delivery| delivery.span("record")).collect();
        let parsed: Vec<Result<Parsed, Failure>> =
            batch.iter().map(|delivery| parse(carries, delivery)).collect();
        let good: Vec<Spanned> = parsed
            .iter()
            .zip(&spans)
            .filter_map(|(parsed, span)| parsed.as_ref().ok().map(|message| (message, span)))
            .collect();
        let _turn = self.turn.lock().await;
        let together = self.transact(Work::Messages(&good)).await;
        let mut results = Vec::with_capacity(parsed.len());
        for (message, span) in parsed.iter().zip(&spans) {
            results.push(match (message, &together) {
                (Err(failure), _) => Err(failure.clone()),
                (Ok(_), Ok(())) => Ok(()),
                (Ok(_), Err(error)) if good.len() == 1 => Err(self.failure(error).await),
                (Ok(message), Err(_)) => {
                    match self.transact(Work::Messages(&[(message, span)])).await {
                        Ok(()) => Ok(()),
                        Err(error) => Err(self.failure(&error).await),
                    }
                }
            });
        }
        results
    }

    /// Does what is due on these gates, in one transaction.
    pub(crate) async fn tick(&self, keys: &[GateKey]) -> Result<(), DbErr> {
        self.transact(Work::Tick(keys)).await
    }

    /// Counts all decisions at these gates anew, in one transaction.
    pub(crate) async fn judge_anew(&self, keys: &[GateKey]) -> Result<(), DbErr> {
        self.transact(Work::JudgeAnew(keys)).await
    }

    async fn transact(&self, work: Work<'_>) -> Result<(), DbErr> {
        if matches!(work, Work::Messages([])) {
            return Ok(());
        }
        let mut ledger = Ledger::begin(&self.store, kit::clock::now_micros()).await?;
        let filled = match &work {
            Work::Messages(messages) => self.fill(&mut ledger, messages).await,
            Work::Tick(keys) => due::tick(&self.rules, &mut ledger, keys).await,
            Work::JudgeAnew(keys) => due::judge_anew(&self.rules, &mut ledger, keys).await,
        };
        match filled {
            Ok(()) => {
                let spans = work.spans();
                let first = spans.first().map_or_else(Span::none, |span| (*span).clone());
                first.in_scope(|| notes::follow(&self.rules, &mut ledger));
                let _committing: Vec<Span> = spans.iter().map(|it| commit_of(it)).collect();
                let committed = ledger.commit().await?;
                self.store.announce(committed.seq);
                self.outbox.committed(committed.outbox);
                Ok(())
            }
            Err(error) => {
                ledger.abandon().await?;
                Err(error)
            }
        }
    }

    async fn fill(&self, ledger: &mut Ledger, messages: &[Spanned<'_>]) -> Result<(), DbErr> {
        let keys: Vec<GateKey> = messages
            .iter()
            .filter_map(|(message, _)| match message {
                Parsed::Seen(seen) => Some(seen.key.clone()),
                _ => None,
            })
            .collect();
        ledger.load(keys).await?;
        let ids: Vec<Uuid> = messages
            .iter()
            .filter_map(|(message, _)| match message {
                Parsed::Seen(seen) => Some(seen.delivery_id),
                _ => None,
            })
            .collect();
        let mut known = ledger.known_deliveries(&ids).await?;
        // The same message can stand twice in one batch, too.
        let mut reported = HashSet::new();
        for (message, span) in messages {
            match message {
                Parsed::Seen(seen) if !known.insert(seen.delivery_id) => {}
                Parsed::Outcome(outcome) if !reported.insert(outcome.id) => {}
                message => self.one(ledger, message).instrument((*span).clone()).await?,
            }
        }
        Ok(())
    }

    async fn one(&self, ledger: &mut Ledger, message: &Parsed) -> Result<(), DbErr> {
        match message {
            Parsed::Seen(seen) => intake::apply(&self.rules, ledger, seen),
            Parsed::Decided(decision) => decisions::apply(&self.rules, ledger, decision).await?,
            Parsed::Outcome(outcome) => outcomes::apply(&self.rules, ledger, outcome).await?,
            Parsed::Read(read) => readings::apply(&self.rules, ledger, read).await?,
        }
        Ok(())
    }

    /// A database that is away or has no room is waited for; a message that it refuses is tried ten
    /// times.
    async fn failure(&self, error: &DbErr) -> Failure {
        if is_overtaken(error) {
            return Failure::Later(Duration::from_secs(1));
        }
        if has_no_room(error) {
            tracing::warn!(%error, "the database has no room, messages wait on the bus");
            return Failure::Later(Duration::from_secs(1));
        }
        if self.store.ping().await.is_err() {
            tracing::warn!(%error, "the database is away, messages wait on the bus");
            return Failure::Later(Duration::from_secs(1));
        }
        Failure::Retry(error.to_string())
    }
}

fn parse(carries: Carries, delivery: &Delivery) -> Result<Parsed, Failure> {
    match carries {
        Carries::Intake => intake::parse(delivery).map(|seen| Parsed::Seen(Box::new(seen))),
        Carries::Decisions => {
            decisions::parse(delivery).map(|decided| Parsed::Decided(Box::new(decided)))
        }
        Carries::Outcomes if delivery.is(bus::Kind::StatusRead) => {
            readings::parse(delivery).map(|read| Parsed::Read(Box::new(read)))
        }
        Carries::Outcomes => {
            outcomes::parse(delivery).map(|outcome| Parsed::Outcome(Box::new(outcome)))
        }
    }
}

/// Reads the data of a message of the expected kind.
fn read<M: serde::de::DeserializeOwned>(
    delivery: &Delivery,
    kind: bus::Kind,
) -> Result<M, Failure> {
    if !delivery.is(kind) {
        let found = delivery.header("ce-type").unwrap_or("none");
        let found: String = found.chars().take(80).collect();
        let message = format!("ce-type is {found}, here it must be {}", kind.ce_type());
        return Err(Failure::Reject("unknown-type", message));
    }
    from_json(&delivery.data)
}

fn from_json<M: serde::de::DeserializeOwned>(data: &[u8]) -> Result<M, Failure> {
    proto::from_json(data).map_err(|error| Failure::Reject("invalid", error.to_string()))
}

fn status(status: WireStatus) -> Result<Status, Failure> {
    match status {
        WireStatus::Pending => Ok(Status::Pending),
        WireStatus::Passed => Ok(Status::Passed),
        WireStatus::Failed => Ok(Status::Failed),
        WireStatus::Unspecified => {
            let sentence = "status must be pending, passed or failed".to_owned();
            Err(Failure::Reject("invalid", sentence))
        }
    }
}

fn uuid(text: &str, field: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(text).map_err(|_| Failure::Reject("invalid", format!("{field} must be a UUID")))
}

/// Text as every database takes it: PostgreSQL refuses U+0000, SQLite would store it.
fn clean(text: &str, chars_max: usize) -> String {
    if text.len() <= chars_max && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars().take(chars_max).map(|c| if c == '\0' { '\u{fffd}' } else { c }).collect()
}
