//! What the other services ask.

use std::collections::HashMap;

use approval::{Gate, State};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::{
    Store,
    entity::{audit, decision, delivery, known_check, ledger, status_check},
    rows::{self, GateKey, Recorded},
};

impl Store {
    /// Requests that changed after a sequence, oldest change first.
    pub(crate) async fn changed(&self, after: i64, size: u64) -> Result<Vec<Recorded>, DbErr> {
        let rows = status_check::Entity::find()
            .filter(status_check::Column::ChangedSeq.gt(after))
            .order_by_asc(status_check::Column::ChangedSeq)
            .limit(size)
            .all(self.read())
            .await?;
        self.with_decisions(rows.into_iter().map(Recorded::read).collect::<Result<_, _>>()?).await
    }

    /// Requests that changed after a sequence, and since a time, oldest change first.
    pub(crate) async fn changed_since(
        &self,
        since: i64,
        after: i64,
        size: u64,
    ) -> Result<Vec<Recorded>, DbErr> {
        let rows = status_check::Entity::find()
            .filter(status_check::Column::ChangedSeq.gt(after))
            .filter(status_check::Column::ChangedAt.gte(since))
            .order_by_asc(status_check::Column::ChangedSeq)
            .limit(size)
            .all(self.read())
            .await?;
        rows.into_iter().map(Recorded::read).collect()
    }

    /// Gates of which something is due, the longest due first.
    pub(crate) async fn due(&self, now: i64, size: u64) -> Result<Vec<GateKey>, DbErr> {
        let rows = status_check::Entity::find()
            .filter(status_check::Column::DueAt.lte(now))
            .order_by_asc(status_check::Column::DueAt)
            .limit(size)
            .all(self.read())
            .await?;
        let mut keys: Vec<GateKey> = Vec::new();
        for key in rows.iter().map(GateKey::of) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    /// Everything that is known of one gate.
    pub(crate) async fn gate(&self, key: &GateKey) -> Result<Gate, DbErr> {
        let rows = status_check::Entity::find()
            .filter(status_check::Column::GateId.eq(key.id()))
            .all(self.read())
            .await?;
        let mut gate = Gate::default();
        for row in rows {
            let decisions = decision::Entity::find()
                .filter(decision::Column::RequestId.eq(row.id))
                .filter(decision::Column::Accepted.eq(true))
                .all(self.read())
                .await?;
            let decisions = decisions.into_iter().map(rows::accepted).collect::<Result<_, _>>()?;
            gate.requests.push(rows::request(row, decisions)?);
        }
        Ok(gate)
    }

    /// Status checks of an instance that ever called.
    pub(crate) async fn known_checks(
        &self,
        gitlab: &str,
    ) -> Result<Vec<known_check::Model>, DbErr> {
        let query = known_check::Entity::find().filter(known_check::Column::Gitlab.eq(gitlab));
        query.all(self.read()).await
    }

    /// Gates whose merge request counts as open, of one instance or of all.
    pub(crate) async fn open_gates(&self, gitlab: Option<&str>) -> Result<Vec<GateKey>, DbErr> {
        use status_check::Column;
        let open = [State::Waiting, State::Approved, State::Rejected, State::Expired];
        let query = status_check::Entity::find()
            .select_only()
            .columns([Column::Gitlab, Column::ProjectId, Column::Iid, Column::CheckId])
            .filter(Column::State.is_in(open.map(State::as_str)))
            .apply_if(gitlab, |query, gitlab| query.filter(Column::Gitlab.eq(gitlab)));
        let rows: Vec<(String, i64, i64, i64)> = query.into_tuple().all(self.read()).await?;
        let key =
            |(gitlab, project_id, iid, check_id)| GateKey { gitlab, project_id, iid, check_id };
        Ok(rows.into_iter().map(key).collect())
    }

    /// One request.
    pub(crate) async fn request(&self, id: Uuid) -> Result<Option<Recorded>, DbErr> {
        let row = status_check::Entity::find_by_id(id).one(self.read()).await?;
        row.map(Recorded::read).transpose()
    }

    /// Every decision attempt about a request, oldest first.
    pub(crate) async fn decisions(&self, id: Uuid) -> Result<Vec<decision::Model>, DbErr> {
        decision::Entity::find()
            .filter(decision::Column::RequestId.eq(id))
            .order_by_asc(decision::Column::At)
            .all(self.read())
            .await
    }

    /// Requests with what was decided about them, read at once for all.
    pub(super) async fn with_decisions(
        &self,
        mut requests: Vec<Recorded>,
    ) -> Result<Vec<Recorded>, DbErr> {
        let ids = requests.iter().map(|it| it.request.id).collect::<Vec<_>>();
        if ids.is_empty() {
            return Ok(requests);
        }
        let rows = decision::Entity::find()
            .filter(decision::Column::RequestId.is_in(ids))
            .filter(decision::Column::Accepted.eq(true))
            .order_by_asc(decision::Column::At)
            .all(self.read())
            .await?;
        let mut of: HashMap<Uuid, Vec<decision::Model>> = HashMap::new();
        for row in rows {
            of.entry(row.request_id.unwrap_or_default()).or_default().push(row);
        }
        for recorded in &mut requests {
            recorded.takes_in(of.get(&recorded.request.id).map_or(&[], Vec::as_slice))?;
        }
        Ok(requests)
    }

    /// The first calls that a request was made of.
    pub(crate) async fn deliveries(
        &self,
        id: Uuid,
        size: u64,
    ) -> Result<Vec<delivery::Model>, DbErr> {
        delivery::Entity::find()
            .filter(delivery::Column::RequestId.eq(id))
            .order_by_asc(delivery::Column::ReceivedAt)
            .limit(size)
            .all(self.read())
            .await
    }

    /// The audit records about a request, oldest first.
    pub(crate) async fn records(&self, id: Uuid) -> Result<Vec<audit::Model>, DbErr> {
        audit::Entity::find()
            .filter(audit::Column::RequestId.eq(id))
            .order_by_asc(audit::Column::Seq)
            .all(self.read())
            .await
    }

    /// The last audit record.
    pub(crate) async fn sequence(&self) -> Result<i64, DbErr> {
        let head = ledger::Entity::find_by_id(1).one(self.read()).await?;
        Ok(head.map_or(0, |head| head.seq))
    }
}
