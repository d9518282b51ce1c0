//! What a transaction writes: the audit records first, then the rows that it speaks of.

use std::collections::{HashMap, HashSet};

use approval::{Gate, Request};
use evidence::{Frontier, Personal, Record, commitment, leaf_hash};
use sea_orm::{
    DbErr, Set,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    entity::{
        audit, dead_letter, decision, delivery, known_check, ledger, outbox, repetition, response,
        status_check,
    },
    known_checks::newer_name,
    rows::{self, GateKey, Mark},
    statements::{ROWS_MAX, Steps},
};

/// The only row of the table `ledger`.
pub(super) const HEAD: i32 = 1;

/// An audit record before it has its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    /// The request it is about.
    pub(crate) request_id: Option<Uuid>,
    /// Stable word: received, opened, decided, ...
    pub(crate) kind: &'static str,
    /// One sentence for a human; it can name people.
    pub(crate) message: String,
    /// What a machine needs to check it, without the names of people: it stays for ever.
    pub(crate) data: serde_json::Value,
    /// What else there is, about people: it can be erased.
    pub(crate) personal: serde_json::Value,
}

/// A message for the outbox before it has its place.
pub(crate) struct Posted {
    /// Its row, without place and data.
    pub(crate) row: outbox::Model,
    /// Writes its data, proto3 JSON: not before it is needed, and not on the task that applies.
    pub(crate) data: Box<dyn FnOnce() -> Vec<u8> + Send + Sync>,
}

impl std::fmt::Debug for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Posted").field("row", &self.row).finish_non_exhaustive()
    }
}

/// What one message adds, besides the requests it changes.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) deliveries: Vec<delivery::ActiveModel>,
    pub(crate) decisions: Vec<decision::ActiveModel>,
    pub(crate) repetitions: Vec<repetition::ActiveModel>,
    pub(crate) responses: Vec<response::ActiveModel>,
    /// New ones.
    pub(crate) dead_letters: Vec<dead_letter::ActiveModel>,
    /// What became of older ones: the key and the columns that change.
    pub(crate) settled: Vec<dead_letter::ActiveModel>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) outbox: Vec<Posted>,
    pub(crate) checks: Vec<known_check::Model>,
    /// Leases to post that are over.
    pub(crate) leases: Vec<Uuid>,
}

impl Change {
    /// A change with one audit record.
    pub(crate) fn with(draft: Draft) -> Self {
        Self { drafts: vec![draft], ..Self::default() }
    }
}

/// What a commit has left.
#[derive(Debug)]
pub(crate) struct Committed {
    /// The last audit record.
    pub(crate) seq: i64,
    /// Messages that must be published.
    pub(crate) outbox: Vec<outbox::Model>,
}

/// A gate with what was stored of it.
#[derive(Debug, Default)]
pub(super) struct LoadedGate {
    pub(super) gate: Gate,
    pub(super) versions: HashMap<Uuid, i32>,
    pub(super) before: HashMap<Uuid, Request>,
}

/// A transaction's changes on their way to become statements.
pub(super) struct Writing {
    pub(super) steps: Steps,
    pub(super) now: i64,
    pub(super) seq: i64,
    pub(super) tree: Frontier,
    pub(super) gates: HashMap<GateKey, LoadedGate>,
    pub(super) change: Change,
}

impl Writing {
    /// Hands over all statements, in an order that never changes.
    pub(super) fn write(mut self) -> Result<Committed, DbErr> {
        self.note_the_rest();
        let marks = self.append()?;
        self.requests(&marks)?;
        let change = std::mem::take(&mut self.change);
        let Change { deliveries, decisions, repetitions, responses, checks, outbox, .. } = change;
        self.steps.insert(deliveries)?;
        self.steps.insert(decisions)?;
        self.steps.insert(repetitions)?;
        self.steps.insert(responses)?;
        let checks = checks.into_iter().map(known_check::ActiveModel::from).collect();
        self.steps.replace(checks, newer_name)?;
        self.steps.insert(change.dead_letters)?;
        for letter in change.settled {
            self.steps.update(letter)?;
        }
        // Publishing follows the order of the commits, and within one the order here.
        let outbox: Vec<outbox::Model> = (self.seq * 10_000..)
            .zip(outbox)
            .map(|(seq, Posted { row, data })| {
                let data = String::from_utf8(data()).unwrap_or_default();
                outbox::Model { seq, data, ..row }
            })
            .collect();
        let messages = outbox.iter().cloned().map(outbox::ActiveModel::from).collect();
        self.steps.insert(messages)?;
        let head = ledger::ActiveModel {
            id: Set(HEAD),
            seq: Set(self.seq),
            hash: Set(self.tree.to_text()),
            ..ledger::ActiveModel::default()
        };
        self.steps.update(head)?;
        Ok(Committed { seq: self.seq, outbox })
    }

    /// Gives each changed request a record of its own, so that no two share a place in the order of
    /// changes, by which they are watched.
    fn note_the_rest(&mut self) {
        let told: HashSet<Uuid> =
            self.change.drafts.iter().filter_map(|draft| draft.request_id).collect();
        for loaded in self.gates.values() {
            for request in loaded.gate.requests.iter().filter(|it| !told.contains(&it.id)) {
                if loaded.before.get(&request.id) != Some(request) {
                    self.change.drafts.push(Draft {
                        request_id: Some(request.id),
                        kind: "noted",
                        message: "What is known of it has changed.".to_owned(),
                        data: json!({}),
                        ..Draft::default()
                    });
                }
            }
        }
    }

    /// Appends the audit records; returns the last sequence of each request.
    fn append(&mut self) -> Result<HashMap<Uuid, i64>, DbErr> {
        let mut last = HashMap::new();
        let drafts = std::mem::take(&mut self.change.drafts);
        let mut rows = Vec::with_capacity(ROWS_MAX);
        for draft in drafts {
            if rows.len() == ROWS_MAX {
                self.steps.insert(std::mem::take(&mut rows))?;
            }
            self.seq += 1;
            let personal = personal(draft.message, draft.personal)?;
            let record = Record {
                seq: u64::try_from(self.seq).unwrap_or_default(),
                at: self.now,
                kind: draft.kind.to_owned(),
                request_id: draft.request_id,
                data: draft.data,
                personal: commitment(&personal),
            };
            let record = text_of(&record)?;
            let hash = leaf_hash(record.as_bytes());
            self.tree.push(hash);
            if let Some(request_id) = draft.request_id {
                last.insert(request_id, self.seq);
            }
            rows.push(audit::ActiveModel {
                seq: Set(self.seq),
                request_id: Set(draft.request_id),
                record: Set(record),
                personal: Set(Some(personal)),
                hash: Set(hex::encode(hash)),
            });
        }
        self.steps.insert(rows)?;
        Ok(last)
    }

    fn requests(&mut self, marks: &HashMap<Uuid, i64>) -> Result<(), DbErr> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (key, loaded) in &self.gates {
            for request in &loaded.gate.requests {
                let Some(&seq) = marks.get(&request.id) else { continue };
                let stored = loaded.versions.get(&request.id).copied();
                let mark = Mark { at: self.now, seq, version: stored.unwrap_or(0) + 1 };
                let rows = if stored.is_some() { &mut changed } else { &mut new };
                rows.push(rows::write(key, request, mark));
            }
        }
        self.steps.insert(new)?;
        self.steps.replace(changed, if_next_version)
    }
}

/// Replaces a row only by the version that follows it.
fn if_next_version() -> OnConflict {
    use sea_orm::Iterable;
    let mut columns: Vec<_> = status_check::Column::iter().collect();
    columns.retain(|column| !matches!(column, status_check::Column::Id));
    let excluded = Expr::col((Alias::new("excluded"), status_check::Column::Version));
    let stored = Expr::col((status_check::Entity, status_check::Column::Version));
    OnConflict::column(status_check::Column::Id)
        .update_columns(columns)
        .action_and_where(excluded.eq(stored.add(1)))
        .to_owned()
}

/// What a record says of people, with a salt of its own.
fn personal(message: String, data: Value) -> Result<String, DbErr> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| DbErr::Custom(error.to_string()))?;
    text_of(&Personal { salt: hex::encode(salt), message, data })
}

fn text_of(value: &impl serde::Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Custom(error.to_string()))
}
