//! One transaction: what was known, what changed, and the audit chain that says so.

use std::collections::{HashMap, HashSet};

use approval::{Gate, Request};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QuerySelect, Set, TryIntoModel,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    Published, Store,
    entity::{audit, decision, delivery, ledger, outbox, response, status_check},
    rows::{self, GateKey, Mark},
};

/// The only row of the table `ledger`.
const HEAD: i32 = 1;

/// Makes sure that the chain has a beginning; returns its end.
pub(super) async fn begin_chain(db: &DatabaseConnection) -> Result<i64, DbErr> {
    let first = ledger::ActiveModel { id: Set(HEAD), seq: Set(0), hash: Set(String::new()) };
    let nothing = OnConflict::column(ledger::Column::Id).do_nothing().to_owned();
    ledger::Entity::insert(first).on_conflict(nothing).exec_without_returning(db).await?;
    Ok(ledger::Entity::find_by_id(HEAD).one(db).await?.map_or(0, |head| head.seq))
}

/// An audit record before it has its place.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The request it is about.
    pub(crate) request_id: Option<Uuid>,
    /// Stable word: received, opened, decided, ...
    pub(crate) kind: &'static str,
    /// One sentence for a human.
    pub(crate) message: String,
    /// What a machine needs to check it.
    pub(crate) data: serde_json::Value,
}

/// What one message adds, besides the requests it changes.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) deliveries: Vec<delivery::ActiveModel>,
    pub(crate) decisions: Vec<decision::ActiveModel>,
    pub(crate) responses: Vec<response::ActiveModel>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) outbox: Vec<outbox::Model>,
}

/// What a commit has left.
#[derive(Debug)]
pub(crate) struct Committed {
    /// The end of the chain.
    pub(crate) seq: i64,
    /// Messages that must be published.
    pub(crate) outbox: Vec<outbox::Model>,
}

struct LoadedGate {
    gate: Gate,
    versions: HashMap<Uuid, i32>,
    before: HashMap<Uuid, Request>,
}

/// A transaction with the gates it works on.
pub(crate) struct Ledger {
    tx: DatabaseTransaction,
    now: i64,
    seq: i64,
    hash: String,
    gates: HashMap<GateKey, LoadedGate>,
    change: Change,
    published: Published,
}

impl Ledger {
    /// Begins; from here to the commit nobody else appends.
    pub(crate) async fn begin(store: &Store, now: i64) -> Result<Self, DbErr> {
        let tx = store.begin().await?;
        let head = ledger::Entity::find_by_id(HEAD).lock_exclusive().one(&tx).await?;
        let head = head.ok_or_else(|| DbErr::Custom("the ledger has no head".to_owned()))?;
        let gates = HashMap::new();
        let (change, published) = (Change::default(), store.published().clone());
        Ok(Self { tx, now, seq: head.seq, hash: head.hash, gates, change, published })
    }

    /// The time of this transaction.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// Which of these deliveries are recorded already.
    pub(crate) async fn known_deliveries(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let query = delivery::Entity::find()
            .select_only()
            .column(delivery::Column::Id)
            .filter(delivery::Column::Id.is_in(ids.iter().copied()));
        Ok(query.into_tuple().all(&self.tx).await?.into_iter().collect())
    }

    /// Whether this outcome is recorded already.
    pub(crate) async fn knows_response(&self, id: Uuid) -> Result<bool, DbErr> {
        Ok(response::Entity::find_by_id(id).count(&self.tx).await? > 0)
    }

    /// The decision in this row, recorded before or earlier in this transaction.
    pub(crate) async fn known_decision(
        &self,
        row_id: Uuid,
    ) -> Result<Option<decision::Model>, DbErr> {
        let pending = self.change.decisions.iter().find(|row| row.id.as_ref() == &row_id);
        match pending {
            Some(row) => row.clone().try_into_model().map(Some),
            None => decision::Entity::find_by_id(row_id).one(&self.tx).await,
        }
    }

    /// The gate of a request.
    pub(crate) async fn gate_of(&self, request_id: Uuid) -> Result<Option<GateKey>, DbErr> {
        let row = status_check::Entity::find_by_id(request_id).one(&self.tx).await?;
        Ok(row.map(|row| GateKey::of(&row)))
    }

    /// Reads gates, with all their requests and decisions, that are not read yet.
    pub(crate) async fn load(
        &mut self,
        keys: impl IntoIterator<Item = GateKey>,
    ) -> Result<(), DbErr> {
        let mut missing: HashMap<Uuid, GateKey> = HashMap::new();
        missing.extend(
            keys.into_iter().filter(|key| !self.gates.contains_key(key)).map(|key| (key.id(), key)),
        );
        if missing.is_empty() {
            return Ok(());
        }
        let rows = status_check::Entity::find()
            .filter(status_check::Column::GateId.is_in(missing.keys().copied()))
            .all(&self.tx)
            .await?;
        let mut decisions = self.decisions_of(&rows).await?;
        for key in missing.into_values() {
            let empty = LoadedGate {
                gate: Gate::default(),
                versions: HashMap::new(),
                before: HashMap::new(),
            };
            self.gates.insert(key, empty);
        }
        for row in rows {
            let (id, version) = (row.id, row.version);
            if let Some(loaded) = self.gates.get_mut(&GateKey::of(&row)) {
                let request = rows::request(row, decisions.remove(&id).unwrap_or_default())?;
                loaded.versions.insert(id, version);
                loaded.before.insert(id, request.clone());
                loaded.gate.requests.push(request);
            }
        }
        Ok(())
    }

    async fn decisions_of(
        &self,
        rows: &[status_check::Model],
    ) -> Result<HashMap<Uuid, Vec<approval::Decision>>, DbErr> {
        let mut found: HashMap<Uuid, Vec<approval::Decision>> = HashMap::new();
        if rows.is_empty() {
            return Ok(found);
        }
        let rows = decision::Entity::find()
            .filter(decision::Column::RequestId.is_in(rows.iter().map(|row| row.id)))
            .filter(decision::Column::Accepted.eq(true))
            .all(&self.tx)
            .await?;
        for row in rows {
            if let Some(request_id) = row.request_id {
                found.entry(request_id).or_default().push(rows::accepted(row)?);
            }
        }
        Ok(found)
    }

    /// A gate that was loaded; an empty one otherwise.
    pub(crate) fn gate(&mut self, key: &GateKey) -> &mut Gate {
        let empty = || LoadedGate {
            gate: Gate::default(),
            versions: HashMap::new(),
            before: HashMap::new(),
        };
        &mut self.gates.entry(key.clone()).or_insert_with(empty).gate
    }

    /// Adds what a message brought.
    pub(crate) fn add(&mut self, change: Change) {
        self.change.deliveries.extend(change.deliveries);
        self.change.decisions.extend(change.decisions);
        self.change.responses.extend(change.responses);
        self.change.drafts.extend(change.drafts);
        self.change.outbox.extend(change.outbox);
    }

    /// Writes everything and commits.
    pub(crate) async fn commit(mut self) -> Result<Committed, DbErr> {
        self.note_the_rest();
        let marks = self.chain().await?;
        self.write_requests(&marks).await?;
        let Change { deliveries, decisions, responses, mut outbox, .. } =
            std::mem::take(&mut self.change);
        insert_all::<delivery::Entity, _>(&self.tx, deliveries).await?;
        insert_all::<decision::Entity, _>(&self.tx, decisions).await?;
        insert_all::<response::Entity, _>(&self.tx, responses).await?;
        for (place, message) in outbox.iter_mut().enumerate() {
            // Publishing follows the order of the commits, and within one the order here.
            message.seq = self.seq * 10_000 + i64::try_from(place).unwrap_or(9_999);
        }
        let messages = outbox.iter().cloned().map(outbox::ActiveModel::from).collect();
        insert_all::<outbox::Entity, _>(&self.tx, messages).await?;
        let deleted = self.published.delete(&self.tx).await?;
        let head =
            ledger::ActiveModel { id: Set(HEAD), seq: Set(self.seq), hash: Set(self.hash.clone()) };
        ledger::Entity::update(head).exec(&self.tx).await?;
        self.tx.commit().await?;
        deleted.committed();
        Ok(Committed { seq: self.seq, outbox })
    }

    /// Gives nothing back to the database.
    pub(crate) async fn abandon(self) -> Result<(), DbErr> {
        self.tx.rollback().await
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
                    });
                }
            }
        }
    }

    /// Appends the audit records; returns the last sequence of each request.
    async fn chain(&mut self) -> Result<HashMap<Uuid, i64>, DbErr> {
        let mut last = HashMap::new();
        let mut rows = Vec::new();
        for draft in std::mem::take(&mut self.change.drafts) {
            self.seq += 1;
            let record = json!({
                "seq": self.seq,
                "at": self.now,
                "kind": draft.kind,
                "request_id": draft.request_id,
                "message": draft.message,
                "data": draft.data,
            })
            .to_string();
            self.hash = chained(&self.hash, &record);
            if let Some(request_id) = draft.request_id {
                last.insert(request_id, self.seq);
            }
            rows.push(audit::ActiveModel {
                seq: Set(self.seq),
                request_id: Set(draft.request_id),
                record: Set(record),
                hash: Set(self.hash.clone()),
            });
        }
        insert_all::<audit::Entity, _>(&self.tx, rows).await?;
        Ok(last)
    }

    async fn write_requests(&self, marks: &HashMap<Uuid, i64>) -> Result<(), DbErr> {
        let mut changed = Vec::new();
        for (key, loaded) in &self.gates {
            for request in &loaded.gate.requests {
                let Some(&seq) = marks.get(&request.id) else { continue };
                let version = loaded.versions.get(&request.id).copied().unwrap_or(0) + 1;
                changed.push(rows::write(key, request, Mark { at: self.now, seq, version }));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let wanted = u64::try_from(changed.len()).unwrap_or(u64::MAX);
        let written = status_check::Entity::insert_many(changed)
            .on_conflict(if_next_version())
            .exec_without_returning(&self.tx)
            .await?;
        if written != wanted {
            return Err(DbErr::Custom("a request was changed by somebody else".to_owned()));
        }
        Ok(())
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

async fn insert_all<E, A>(tx: &DatabaseTransaction, rows: Vec<A>) -> Result<(), DbErr>
where
    E: EntityTrait,
    A: sea_orm::ActiveModelTrait<Entity = E>,
{
    if !rows.is_empty() {
        E::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The hash of a record and of everything before it: SHA-256, lower-case hex.
pub(crate) fn chained(previous: &str, record: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    hash.update([0]);
    hash.update(record.as_bytes());
    hex::encode(hash.finalize())
}
