//! Statements about many rows, in few shapes: a database parses each shape once, and a wide insert
//! takes it longer to parse than to carry out.

use sea_orm::{
    ActiveModelTrait, DbBackend, DbErr, EntityTrait, InsertMany, QueryTrait, Statement,
    sea_query::OnConflict,
};
use tokio::sync::mpsc;

/// Most rows of one statement; below it, powers of two.
const ROWS_MAX: usize = 128;

/// A statement of a transaction.
pub(super) struct Step {
    pub(super) statement: Statement,
    /// How many rows it must change.
    pub(super) rows: Option<u64>,
}

/// Builds statements for someone who carries them out meanwhile.
pub(super) struct Steps {
    backend: DbBackend,
    to: mpsc::Sender<Step>,
}

impl Steps {
    pub(super) fn new(backend: DbBackend, to: mpsc::Sender<Step>) -> Self {
        Self { backend, to }
    }

    /// Inserts new rows.
    pub(super) fn insert<E, A>(&self, rows: Vec<A>)
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E>,
    {
        self.many(rows, |insert| insert);
    }

    /// Inserts rows, or puts them in place of those that `conflict` allows; none may be left out.
    pub(super) fn replace<E, A>(&self, rows: Vec<A>, conflict: &OnConflict)
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E>,
    {
        self.many(rows, |insert| insert.on_conflict(conflict.clone()));
    }

    fn many<E, A>(&self, rows: Vec<A>, and: impl Fn(InsertMany<A>) -> InsertMany<A>)
    where
        E: EntityTrait,
        A: ActiveModelTrait<Entity = E>,
    {
        for rows in in_known_sizes(rows) {
            let count = u64::try_from(rows.len()).ok();
            let statement = and(E::insert_many(rows)).build(self.backend);
            self.hand_over(Step { statement, rows: count });
        }
    }

    /// Changes the one row with the key of `row`.
    pub(super) fn update<A>(&self, row: A) -> Result<(), DbErr>
    where
        A: ActiveModelTrait,
    {
        let statement = A::Entity::update(row).validate()?.build(self.backend);
        self.hand_over(Step { statement, rows: Some(1) });
        Ok(())
    }

    /// Nobody takes it any more when a statement before it has failed.
    fn hand_over(&self, step: Step) {
        let _abandoned = self.to.blocking_send(step);
    }
}

/// Cuts rows into pieces of known sizes, in their order.
pub(super) fn in_known_sizes<T>(mut rows: Vec<T>) -> Vec<Vec<T>> {
    let mut pieces = Vec::new();
    while !rows.is_empty() {
        let size = match rows.len() {
            many if many >= ROWS_MAX => ROWS_MAX,
            few => 1 << few.ilog2(),
        };
        let rest = rows.split_off(size);
        pieces.push(std::mem::replace(&mut rows, rest));
    }
    pieces
}

/// Repeats the last value until their number is a power of two: the same set for `IN`.
pub(super) fn padded<T: Clone>(mut values: Vec<T>) -> Vec<T> {
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_lost_or_moved() {
        for count in [0, 1, 5, 127, 128, 200, 400] {
            let rows: Vec<usize> = (0..count).collect();
            let pieces = in_known_sizes(rows.clone());
            assert!(pieces.iter().all(|piece| piece.len().is_power_of_two()));
            assert_eq!(pieces.concat(), rows);
        }
    }

    #[test]
    fn padding_adds_nothing_new() {
        assert_eq!(padded(vec![7, 8, 9]), [7, 8, 9, 9]);
        assert!(padded(Vec::<i32>::new()).is_empty());
    }
}
