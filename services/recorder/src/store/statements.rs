//! Statements about many rows, in few shapes: a database parses each shape once, and a wide insert
//! takes it longer to parse than to carry out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityName,
    EntityTrait, Iterable, QueryTrait, Statement, Value,
    sea_query::{Expr, OnConflict, Query},
};
use tokio::sync::mpsc;

/// Most rows of one statement, those of a full batch; below it, powers of two.
pub(super) const ROWS_MAX: usize = 200;

/// Statements that were built before: but for the values, they depend on the number of rows only.
#[derive(Debug, Clone, Default)]
pub(super) struct Shapes(Arc<Mutex<HashMap<Shape, Arc<Built>>>>);

/// Table, whether rows that are there already are replaced, and the number of rows.
type Shape = (&'static str, bool, usize);

#[derive(Debug)]
struct Built {
    text: String,
    /// What stands in it besides the rows, behind them.
    constants: Vec<Value>,
}

impl Shapes {
    fn get(&self, shape: Shape, build: impl FnOnce() -> Built) -> Arc<Built> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(shape).or_insert_with(|| build().into()).clone()
    }
}

/// A statement of a transaction.
pub(super) struct Step {
    pub(super) statement: Statement,
    /// How many rows it must change.
    pub(super) rows: u64,
}

/// Builds statements for someone who carries them out meanwhile.
pub(super) struct Steps {
    backend: DbBackend,
    shapes: Shapes,
    to: mpsc::Sender<Step>,
}

impl Steps {
    pub(super) fn new(tx: &DatabaseTransaction, shapes: Shapes, to: mpsc::Sender<Step>) -> Self {
        Self { backend: tx.get_database_backend(), shapes, to }
    }

    /// Inserts new rows.
    pub(super) fn insert<A: ActiveModelTrait>(&self, rows: Vec<A>) -> Result<(), DbErr> {
        self.many(rows, None)
    }

    /// Puts rows in place of those that `conflict` allows; none may be left out.
    pub(super) fn replace<A: ActiveModelTrait>(
        &self,
        rows: Vec<A>,
        conflict: fn() -> OnConflict,
    ) -> Result<(), DbErr> {
        self.many(rows, Some(conflict))
    }

    fn many<A: ActiveModelTrait>(
        &self,
        rows: Vec<A>,
        conflict: Option<fn() -> OnConflict>,
    ) -> Result<(), DbErr> {
        let table = A::Entity::default();
        let columns: Vec<_> = <A::Entity as EntityTrait>::Column::iter().collect();
        for rows in in_known_sizes(rows) {
            let count = rows.len();
            let mut values = Vec::with_capacity(count * columns.len());
            for mut row in rows {
                for column in &columns {
                    let value = row.take(*column).into_value();
                    values.push(value.ok_or_else(|| {
                        DbErr::Custom(format!("a row of {} is not complete", table.table_name()))
                    })?);
                }
            }
            let built = self.shapes.get((table.table_name(), conflict.is_some(), count), || {
                let mut insert = Query::insert();
                insert.into_table(table.table_ref()).columns(columns.iter().copied());
                for row in values.chunks(columns.len()) {
                    insert.values_panic(row.iter().cloned().map(Expr::val));
                }
                if let Some(conflict) = conflict {
                    insert.on_conflict(conflict());
                }
                let built = self.backend.build(&insert);
                let constants = built.values.into_iter().flat_map(|all| all.0).skip(values.len());
                Built { text: built.sql, constants: constants.collect() }
            });
            values.extend(built.constants.iter().cloned());
            self.hand_over(built.text.clone(), values, count);
        }
        Ok(())
    }

    /// Changes the one row with the key of `row`.
    pub(super) fn update<A: ActiveModelTrait>(&self, row: A) -> Result<(), DbErr> {
        let statement = A::Entity::update(row).validate()?.build(self.backend);
        let values = statement.values.map(|values| values.0).unwrap_or_default();
        self.hand_over(statement.sql, values, 1);
        Ok(())
    }

    /// Nobody takes it any more when a statement before it has failed.
    fn hand_over(&self, text: String, values: Vec<Value>, rows: usize) {
        let statement = Statement::from_sql_and_values(self.backend, text, values);
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let _abandoned = self.to.blocking_send(Step { statement, rows });
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
        for count in [0, 1, 5, 127, 128, 200, 411] {
            let rows: Vec<usize> = (0..count).collect();
            let pieces = in_known_sizes(rows.clone());
            let known = |size: usize| size == ROWS_MAX || size.is_power_of_two();
            assert!(pieces.iter().all(|piece| known(piece.len())));
            assert_eq!(pieces.concat(), rows);
        }
    }

    #[test]
    fn padding_adds_nothing_new() {
        assert_eq!(padded(vec![7, 8, 9]), [7, 8, 9, 9]);
        assert!(padded(Vec::<i32>::new()).is_empty());
    }
}
