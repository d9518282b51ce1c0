//! Bad input, row by row. A row is a function whose name begins with its id: `w` is a call, `m` a
//! decision on the bus, `l` an answer of GitLab's. Rows that do not touch each other share a stage.
//!
//! For each row: nothing panics, nothing passes, no secret is told; the checks at the end of every
//! story see to that. What is signed and cannot be used is kept as a dead letter.

mod answers;
mod calls;
mod decisions;

/// Tells rows on one stage, on both databases; what a failing test printed last names the row.
macro_rules! rows {
    ($name:ident, [$($row:ident),+ $(,)?]) => {
        rows!($name, tests::Terms::default(), [$($row),+]);
    };
    ($name:ident, $terms:expr, [$($row:ident),+ $(,)?]) => {
        tests::story!($name, $terms, |stage| {
            $(
                eprintln!("row {}", stringify!($row));
                $row(stage).await;
            )+
        });
    };
}

use rows;
