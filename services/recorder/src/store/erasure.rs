//! Erasing what is on record of somebody, in one transaction.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, Set,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    Ledger,
    entity::{audit, decision, status_check},
    person,
};

/// What stands where something was erased.
pub(crate) const ERASED: &str = "(erased)";

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Erased {
    pub(crate) decisions: u64,
    pub(crate) records: u64,
    pub(crate) people: u64,
}

/// Names of somebody, as they stand in texts.
#[derive(Debug)]
struct Names(Vec<String>);

impl Names {
    fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|name| places(text, name).next().is_some())
    }

    fn out_of(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, name| {
            let places: Vec<usize> = places(&text, name).collect();
            places.into_iter().rev().fold(text, |mut text, place| {
                text.replace_range(place..place + name.len(), ERASED);
                text
            })
        })
    }
}

/// Where a name stands by itself, and not within a longer word.
fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let apart = move |place: &usize| {
        let before = text[..*place].chars().next_back();
        let after = text[place + name.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    };
    text.match_indices(name).map(|(place, _)| place).filter(apart)
}

impl Ledger {
    /// Erases what decisions, requests and audit records say of an actor of a source. The audit records
    /// themselves stay, and so does the tree over them.
    pub(crate) async fn erase(&self, source: &str, actor: &str) -> Result<Erased, DbErr> {
        use decision::Column;
        let theirs = Column::Source.eq(source).and(Column::ActorId.eq(actor));
        let found = decision::Entity::find().filter(theirs).all(self.tx()).await?;
        let mut names = vec![actor.to_owned()];
        names.extend(found.iter().map(|row| row.actor_name.clone()).filter(|it| !it.is_empty()));
        let mut people = 0;
        if source == bus::UI_SOURCE {
            if let Some(person) = self.person(actor).await? {
                names.push(person.name);
            }
            self.end_sessions_of(actor).await?;
            let deleted = person::Entity::delete_by_id(actor).exec(self.tx()).await?;
            people = deleted.rows_affected;
        }
        // Longest first, so that no name is left standing in a longer one.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        let names = Names(names);
        let mut requests: Vec<Uuid> = found.iter().filter_map(|row| row.request_id).collect();
        requests.sort_unstable();
        requests.dedup();
        let decisions = u64::try_from(found.len()).unwrap_or(u64::MAX);
        self.rename(found).await?;
        let mut records = self.forget_records(&names).await?;
        for request in requests {
            records += self.forget_at(request, &names).await?;
        }
        Ok(Erased { decisions, records, people })
    }

    /// Decisions keep apart who they are from, without saying who it is.
    async fn rename(&self, decisions: Vec<decision::Model>) -> Result<(), DbErr> {
        let nobody = format!("erased-{}", Uuid::new_v4().simple());
        for row in decisions {
            let mut row = row.into_active_model();
            row.actor_id = Set(nobody.clone());
            row.actor_name = Set(String::new());
            row.actor_email = Set(String::new());
            row.reason = Set(ERASED.to_owned());
            row.evidence = Set("[]".to_owned());
            row.message = Set(ERASED.to_owned());
            row.update(self.tx()).await?;
        }
        Ok(())
    }

    /// What stands about them at one request.
    async fn forget_at(&self, request: Uuid, names: &Names) -> Result<u64, DbErr> {
        if let Some(row) = status_check::Entity::find_by_id(request).one(self.tx()).await?
            && names.are_in(&row.explanation)
        {
            let text = names.out_of(&row.explanation);
            let update = status_check::Entity::update_many()
                .col_expr(status_check::Column::Explanation, Expr::value(text))
                .filter(status_check::Column::Id.eq(request));
            update.exec(self.tx()).await?;
        }
        let of_others = decision::Column::RequestId.eq(request);
        for row in decision::Entity::find().filter(of_others).all(self.tx()).await? {
            if names.are_in(&row.message) {
                let text = names.out_of(&row.message);
                let mut row = row.into_active_model();
                row.message = Set(text);
                row.update(self.tx()).await?;
            }
        }
        let about = audit::Column::RequestId.eq(request);
        self.forget(audit::Entity::find().filter(about).all(self.tx()).await?, names).await
    }

    /// What stands about them in records that are about no request.
    async fn forget_records(&self, names: &Names) -> Result<u64, DbErr> {
        let about = audit::Column::RequestId.is_null().and(audit::Column::Personal.is_not_null());
        self.forget(audit::Entity::find().filter(about).all(self.tx()).await?, names).await
    }

    async fn forget(&self, rows: Vec<audit::Model>, names: &Names) -> Result<u64, DbErr> {
        let speaks = |row: &audit::Model| row.personal.as_ref().is_some_and(|it| names.are_in(it));
        let rows: Vec<i64> = rows.into_iter().filter(speaks).map(|row| row.seq).collect();
        for rows in rows.chunks(500) {
            let update = audit::Entity::update_many()
                .col_expr(audit::Column::Personal, Expr::value(Option::<String>::None))
                .filter(audit::Column::Seq.is_in(rows.iter().copied()));
            update.exec(self.tx()).await?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_and_longer_words_stay() {
        let names = Names(vec!["Ada Lovelace".to_owned(), "ada".to_owned()]);
        let text = "Approved by Ada Lovelace (ui:ada), in Canada. ada.";
        assert!(names.are_in(text) && !names.are_in("Canada, adam"));
        assert_eq!(names.out_of(text), "Approved by (erased) (ui:(erased)), in Canada. (erased).");
    }
}
