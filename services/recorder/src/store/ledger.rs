//! One transaction: what was known, what changed, and the audit records that say so.

use std::collections::{HashMap, HashSet};

use approval::{Gate, Request};
use evidence::Frontier;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, QuerySelect, Set, TryIntoModel, sea_query::OnConflict,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    Published, Store,
    entity::{decision, delivery, known_check, ledger, repetition, response, status_check},
    known_checks::{KnownChecks, same_check},
    leases,
    policy::OVERTAKEN,
    rows::{self, GateKey},
    statements::{self, Shapes, Steps},
    writing::{Change, Committed, HEAD, LoadedGate, Writing},
};

/// Statements that are built before they are needed.
const STEPS_AHEAD: usize = 4;

/// Makes sure that the audit record has a beginning; returns its end.
pub(super) async fn begin_record(db: &DatabaseConnection) -> Result<i64, DbErr> {
    let first = ledger::ActiveModel {
        id: Set(HEAD),
        seq: Set(0),
        hash: Set(String::new()),
        policy: Set(None),
    };
    let nothing = OnConflict::column(ledger::Column::Id).do_nothing().to_owned();
    ledger::Entity::insert(first).on_conflict(nothing).exec_without_returning(db).await?;
    Ok(ledger::Entity::find_by_id(HEAD).one(db).await?.map_or(0, |head| head.seq))
}

/// The tree over all audit records, as the head has it.
pub(super) fn tree_of(head: &ledger::Model) -> Result<Frontier, DbErr> {
    let size = u64::try_from(head.seq).unwrap_or_default();
    let tree = Frontier::read(size, &head.hash);
    tree.ok_or_else(|| DbErr::Custom("the head of the audit record cannot be read".to_owned()))
}

/// Whether two states of a request say the same to people.
fn reads_alike(one: &Request, other: &Request) -> bool {
    one.state() == other.state() && one.explanation == other.explanation
}

/// A transaction with the gates it works on.
pub(crate) struct Ledger {
    tx: DatabaseTransaction,
    now: i64,
    seq: i64,
    tree: Frontier,
    gates: HashMap<GateKey, LoadedGate>,
    change: Change,
    published: Published,
    shapes: Shapes,
    known_checks: KnownChecks,
}

impl Ledger {
    /// Begins; from here to the commit nobody else appends. Refuses where another policy is in force than
    /// the one of this process.
    pub(crate) async fn begin(store: &Store, now: i64) -> Result<Self, DbErr> {
        let tx = store.begin().await?;
        let head = ledger::Entity::find_by_id(HEAD).lock_exclusive().one(&tx).await?;
        let head = head.ok_or_else(|| DbErr::Custom("the ledger has no head".to_owned()))?;
        if store.is_overtaken(head.policy.as_deref()) {
            tx.rollback().await?;
            return Err(DbErr::Custom(OVERTAKEN.to_owned()));
        }
        let gates = HashMap::new();
        let (published, shapes) = (store.published().clone(), store.shapes().clone());
        let change = Change::default();
        let known_checks = store.known().clone();
        let seq = head.seq;
        let tree = tree_of(&head)?;
        Ok(Self { tx, now, seq, tree, gates, change, published, shapes, known_checks })
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
            .filter(delivery::Column::Id.is_in(statements::padded(ids.to_vec())));
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

    /// Whether this repetition of a decision was answered already.
    pub(crate) async fn knows_repetition(&self, id: Uuid) -> Result<bool, DbErr> {
        let pending = self.change.repetitions.iter().any(|row| row.id.as_ref() == &id);
        Ok(pending || repetition::Entity::find_by_id(id).count(&self.tx).await? > 0)
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
        let gates = statements::padded(missing.keys().copied().collect());
        let rows = status_check::Entity::find()
            .filter(status_check::Column::GateId.is_in(gates))
            .all(&self.tx)
            .await?;
        let mut decisions = self.decisions_of(&rows).await?;
        for key in missing.into_values() {
            self.gates.insert(key, LoadedGate::default());
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
        let requests = statements::padded(rows.iter().map(|row| row.id).collect());
        let rows = decision::Entity::find()
            .filter(decision::Column::RequestId.is_in(requests))
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
        &mut self.gates.entry(key.clone()).or_default().gate
    }

    /// Requests of which people would now read something else than before this transaction.
    pub(crate) fn altered(&self) -> impl Iterator<Item = (&GateKey, &Request)> {
        self.gates.iter().flat_map(|(key, loaded)| {
            let altered =
                |it: &&Request| loaded.before.get(&it.id).is_none_or(|was| !reads_alike(was, it));
            loaded.gate.requests.iter().filter(altered).map(move |it| (key, it))
        })
    }

    /// Remembers a status check that is ours; its name may have changed.
    pub(crate) fn note_check(&mut self, check: known_check::Model) {
        if !self.known_checks.holds(&check) && !self.change.checks.contains(&check) {
            self.change.checks.retain(|it| !same_check(it, &check));
            self.change.checks.push(check);
        }
    }

    /// Adds what a message brought.
    pub(crate) fn add(&mut self, change: Change) {
        self.change.deliveries.extend(change.deliveries);
        self.change.decisions.extend(change.decisions);
        self.change.repetitions.extend(change.repetitions);
        self.change.responses.extend(change.responses);
        self.change.dead_letters.extend(change.dead_letters);
        self.change.settled.extend(change.settled);
        self.change.drafts.extend(change.drafts);
        self.change.outbox.extend(change.outbox);
        self.change.leases.extend(change.leases);
    }

    /// Writes everything and commits. The statements are built beside the database's work on those
    /// before them.
    pub(crate) async fn commit(self) -> Result<Committed, DbErr> {
        let Self { tx, now, seq, tree, gates, change, published, shapes, known_checks } = self;
        let (checks, leases) = (change.checks.clone(), change.leases.clone());
        let (steps, mut next) = mpsc::channel(STEPS_AHEAD);
        let steps = Steps::new(&tx, shapes, steps);
        let writing = Writing { steps, now, seq, tree, gates, change };
        let written = tokio::task::spawn_blocking(|| writing.write());
        while let Some(step) = next.recv().await {
            let result = tx.execute_raw(step.statement).await?;
            if step.rows != result.rows_affected() {
                return Err(DbErr::Custom("a row was changed by somebody else".to_owned()));
            }
        }
        let written = written.await.map_err(|error| DbErr::Custom(error.to_string()))??;
        leases::end(&tx, &leases).await?;
        let deleted = published.delete(&tx).await?;
        tx.commit().await?;
        deleted.committed();
        known_checks.remember(checks);
        Ok(written)
    }

    /// What was recorded first, in one sentence.
    pub(crate) fn told(&self) -> Option<&str> {
        self.change.drafts.first().map(|draft| draft.message.as_str())
    }

    /// The transaction itself, to read in it.
    pub(super) fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Gives nothing back to the database.
    pub(crate) async fn abandon(self) -> Result<(), DbErr> {
        self.tx.rollback().await
    }
}
