//! What the other services ask.

use approval::{Gate, Pattern, Projects, State};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::{
    Store,
    entity::{audit, decision, known_check, ledger, status_check},
    rows::{self, GateKey, Recorded},
};

/// How often a list looks further for what somebody sees, before it gives what it has.
const LOOKS_MAX: usize = 50;

/// Which requests a list shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// States by word; empty means all.
    pub(crate) states: Vec<String>,
    /// Instance, project, iid and, when not 0, check.
    pub(crate) merge_request: Option<GateKey>,
    /// Oldest first instead of newest first.
    pub(crate) oldest_first: bool,
    /// Only those whose broken glass waits for a review.
    pub(crate) to_review: bool,
    /// Projects that are seen; `None` for all.
    pub(crate) projects: Option<Vec<Projects>>,
}

/// Where a page begins: after this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) after: Option<(i64, Uuid)>,
    pub(crate) size: u64,
}

impl Filter {
    fn sees(&self, row: &status_check::Model) -> bool {
        Projects::show(self.projects.as_deref(), &row.gitlab, &row.project_path)
    }
}

/// A condition that leaves out most of what is not among these projects, and nothing that is: what a
/// pattern begins with is all that a database knows of it.
fn about(all: &[Projects]) -> Condition {
    use status_check::Column;
    let literal = |it: &Pattern| {
        let text = it.as_str();
        text[..text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len())].to_owned()
    };
    let one = |projects: &Projects| {
        let paths = projects.paths.iter().map(literal);
        let paths =
            paths.fold(Condition::any(), |any, it| any.add(Column::ProjectPath.starts_with(it)));
        let gitlabs = &projects.gitlabs;
        Condition::all()
            .add_option((!gitlabs.is_empty()).then(|| Column::Gitlab.is_in(gitlabs.clone())))
            .add_option((!projects.paths.is_empty()).then_some(paths))
    };
    // Nothing is seen where no project is.
    let none = Condition::any().add(Column::Id.is_null());
    all.iter().map(one).fold(none, Condition::add)
}

impl Store {
    /// One page of requests, and where the next begins. A page can be short although more follow,
    /// when most of what was looked at is not seen.
    pub(crate) async fn list(
        &self,
        filter: &Filter,
        page: Page,
    ) -> Result<(Vec<Recorded>, Option<(i64, Uuid)>), DbErr> {
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), page.after);
        for _ in 0..LOOKS_MAX {
            let rows = self.look_on(filter, after, page.size + 1).await?;
            let end = rows.len() <= size;
            for row in rows {
                if found.len() == size {
                    return Ok((found, after));
                }
                after = Some((row.opened_at, row.id));
                if filter.sees(&row) {
                    found.push(Recorded::read(row)?);
                }
            }
            if end {
                return Ok((found, None));
            }
        }
        Ok((found, after))
    }

    async fn look_on(
        &self,
        filter: &Filter,
        after: Option<(i64, Uuid)>,
        rows: u64,
    ) -> Result<Vec<status_check::Model>, DbErr> {
        use status_check::Column;
        let mut query = status_check::Entity::find()
            .apply_if(Some(&filter.states).filter(|it| !it.is_empty()), |query, states| {
                query.filter(Column::State.is_in(states.iter().cloned()))
            })
            .apply_if(filter.merge_request.as_ref(), |query, key| {
                let query = query
                    .filter(Column::Gitlab.eq(&key.gitlab))
                    .filter(Column::ProjectId.eq(key.project_id))
                    .filter(Column::Iid.eq(key.iid));
                if key.check_id == 0 {
                    query
                } else {
                    query.filter(Column::CheckId.eq(key.check_id))
                }
            })
            .apply_if(filter.to_review.then_some(()), |query, ()| {
                let waits = Column::GlassReviewedAt.is_null();
                query.filter(Column::GlassReviewBy.is_not_null()).filter(waits)
            })
            .apply_if(filter.projects.as_ref(), |query, all| query.filter(about(all)));
        if let Some((opened_at, id)) = after {
            let beyond = |column: Column, value: sea_orm::Value| match filter.oldest_first {
                true => column.gt(value),
                false => column.lt(value),
            };
            let same_time = Condition::all()
                .add(Column::OpenedAt.eq(opened_at))
                .add(beyond(Column::Id, id.into()));
            query = query.filter(
                Condition::any().add(beyond(Column::OpenedAt, opened_at.into())).add(same_time),
            );
        }
        query = match filter.oldest_first {
            true => query.order_by_asc(Column::OpenedAt).order_by_asc(Column::Id),
            false => query.order_by_desc(Column::OpenedAt).order_by_desc(Column::Id),
        };
        query.limit(rows).all(self.read()).await
    }

    /// Requests that changed after a sequence, oldest change first.
    pub(crate) async fn changed(&self, after: i64, size: u64) -> Result<Vec<Recorded>, DbErr> {
        let rows = status_check::Entity::find()
            .filter(status_check::Column::ChangedSeq.gt(after))
            .order_by_asc(status_check::Column::ChangedSeq)
            .limit(size)
            .all(self.read())
            .await?;
        rows.into_iter().map(Recorded::read).collect()
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
