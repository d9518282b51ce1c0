//! One page of the requests that somebody looks for.

use approval::{Pattern, Projects};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, SimpleExpr},
};
use uuid::Uuid;

use super::{
    Store,
    entity::status_check::{self, Column},
    rows::{GateKey, Recorded},
};

/// How often a list looks further for what somebody sees, before it gives what it has.
const LOOKS_MAX: usize = 50;

/// Fewest digits that are taken for the beginning of a commit.
const SHA_DIGITS_MIN: usize = 7;

/// Which requests a list shows. An empty text excludes nothing.
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
    /// A project, or a group, by its path.
    pub(crate) project: String,
    pub(crate) target_branch: String,
    /// A part of the name.
    pub(crate) author: String,
    pub(crate) check: String,
    /// A part of what people call it.
    pub(crate) text: String,
    pub(crate) opened_before: Option<i64>,
    pub(crate) expires_before: Option<i64>,
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

    /// Everything but the place of a page.
    fn condition(&self, project_is_whole: bool) -> Condition {
        let is = |column: Column, text: &String| (!text.is_empty()).then(|| column.eq(text));
        let some = |text: &String, condition: fn(&str) -> Condition| {
            (!text.is_empty()).then(|| condition(text))
        };
        let project = |path: &str| match project_is_whole {
            true => Column::ProjectPath.eq(path),
            false => Column::ProjectPath.starts_with(format!("{path}/")),
        };
        let review = || {
            let waits = Column::GlassReviewedAt.is_null();
            Condition::all().add(Column::GlassReviewBy.is_not_null()).add(waits)
        };
        let states = &self.states;
        Condition::all()
            .add_option((!states.is_empty()).then(|| Column::State.is_in(states.iter().cloned())))
            .add_option(self.merge_request.as_ref().map(of_merge_request))
            .add_option(self.to_review.then(review))
            .add_option(self.projects.as_deref().map(about))
            .add_option((!self.project.is_empty()).then(|| project(&self.project)))
            .add_option(is(Column::TargetBranch, &self.target_branch))
            .add_option(is(Column::CheckName, &self.check))
            .add_option(some(&self.author, |text| {
                Condition::all().add(holds(Column::AuthorName, text))
            }))
            .add_option(some(&self.text, called))
            .add_option(self.opened_before.map(|at| Column::OpenedAt.lt(at)))
            .add_option(self.expires_before.map(|at| Column::Deadline.lt(at)))
    }
}

fn of_merge_request(key: &GateKey) -> Condition {
    Condition::all()
        .add(Column::Gitlab.eq(&key.gitlab))
        .add(Column::ProjectId.eq(key.project_id))
        .add(Column::Iid.eq(key.iid))
        .add_option((key.check_id != 0).then(|| Column::CheckId.eq(key.check_id)))
}

/// A condition that leaves out most of what is not among these projects, and nothing that is: what a
/// pattern begins with is all that a database knows of it.
fn about(all: &[Projects]) -> Condition {
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

/// Whether a column holds a text somewhere, in any case.
fn holds(column: Column, text: &str) -> SimpleExpr {
    let text = text.to_lowercase();
    let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let like = LikeExpr::new(format!("%{text}%")).escape('\\');
    Expr::expr(Func::lower(Expr::col((status_check::Entity, column)))).like(like)
}

/// Merge requests as people call them: by a part of the title, the project or the branch, by their
/// iid, with or without the project, or by a commit.
fn called(text: &str) -> Condition {
    let named =
        text.rsplit_once('!').and_then(|(path, iid)| Some((path, iid.parse::<i64>().ok()?)));
    if let Some((path, iid)) = named {
        let path = path.trim();
        let project = (!path.is_empty()).then(|| holds(Column::ProjectPath, path));
        return Condition::all().add(Column::Iid.eq(iid)).add_option(project);
    }
    let commit = text.len() >= SHA_DIGITS_MIN && text.bytes().all(|it| it.is_ascii_hexdigit());
    [Column::Title, Column::ProjectPath, Column::SourceBranch]
        .map(|column| holds(column, text))
        .into_iter()
        .fold(Condition::any(), Condition::add)
        .add_option(commit.then(|| Column::Sha.starts_with(text.to_lowercase())))
}

impl Store {
    /// One page of requests with their decisions, and where the next begins. A page can be short
    /// although more follow, when most of what was looked at is not seen or not wanted.
    pub(crate) async fn list(
        &self,
        filter: &Filter,
        page: Page,
        wanted: &(dyn Fn(&Recorded) -> bool + Send + Sync),
    ) -> Result<(Vec<Recorded>, Option<(i64, Uuid)>), DbErr> {
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let condition = filter.condition(self.is_project(&filter.project).await?);
        let (mut found, mut after) = (Vec::new(), page.after);
        for _ in 0..LOOKS_MAX {
            let query = status_check::Entity::find().filter(condition.clone());
            let query = place(query, filter.oldest_first, after);
            let rows = query.limit(page.size + 1).all(self.read()).await?;
            let end = rows.len() <= size;
            let seen = rows.into_iter().map(|row| {
                let place = (row.opened_at, row.id);
                Ok((place, filter.sees(&row).then(|| Recorded::read(row)).transpose()?))
            });
            let seen = seen.collect::<Result<Vec<_>, DbErr>>()?;
            let (places, seen): (Vec<_>, Vec<_>) = seen.into_iter().unzip();
            let requests = seen.iter().flatten().cloned().collect();
            let mut requests = self.with_decisions(requests).await?.into_iter();
            for (place, seen) in places.into_iter().zip(seen) {
                if found.len() == size {
                    return Ok((found, after));
                }
                after = Some(place);
                let request = seen.and_then(|_| requests.next());
                found.extend(request.filter(|it| wanted(it)));
            }
            if end {
                return Ok((found, None));
            }
        }
        Ok((found, after))
    }

    /// Whether a path is a project's, and not only a group's.
    async fn is_project(&self, path: &str) -> Result<bool, DbErr> {
        if path.is_empty() {
            return Ok(false);
        }
        let query = status_check::Entity::find().filter(Column::ProjectPath.eq(path));
        Ok(query.limit(1).count(self.read()).await? > 0)
    }
}

fn place(
    query: Select<status_check::Entity>,
    oldest_first: bool,
    after: Option<(i64, Uuid)>,
) -> Select<status_check::Entity> {
    let beyond = |column: Column, value: sea_orm::Value| match oldest_first {
        true => column.gt(value),
        false => column.lt(value),
    };
    let query = match after {
        None => query,
        Some((opened_at, id)) => {
            let same_time = Condition::all()
                .add(Column::OpenedAt.eq(opened_at))
                .add(beyond(Column::Id, id.into()));
            let later = beyond(Column::OpenedAt, opened_at.into());
            query.filter(Condition::any().add(later).add(same_time))
        }
    };
    match oldest_first {
        true => query.order_by_asc(Column::OpenedAt).order_by_asc(Column::Id),
        false => query.order_by_desc(Column::OpenedAt).order_by_desc(Column::Id),
    }
}
