//! Bad input, row by row. A row is a function whose name begins with its id: `w` is a call, `m` a
//! decision on the bus, `l` an answer of GitLab's, `u` a form, `r` a question over gRPC. Rows that do not touch
//! each other share a stage.
//!
//! For each row: nothing panics, nothing passes, no secret is told; the checks at the end of every
//! story see to that. What is signed and cannot be used is kept as a dead letter.
//!
//! Rows that a story of their own tells: M01, M02 `sources::a_source_signs_where_it_must` and
//! `a_wrong_signature_never_counts` (M04 and M05 cannot be: the algorithm is fixed, and a message names no
//! issuer); M17 `policies::the_author_may_not_approve`, `who_has_pushed_may_not_approve`; M31
//! `sources::a_flood_of_one_source_holds_up_nobody_and_loses_nothing`; M32
//! `policies::what_is_open_is_judged_anew_when_the_policy_changes`; M34
//! `break_glass::it_needs_a_reason_and_the_right`; M35 `safe_mode::a_stream_that_began_anew_…`; U01
//! `signing_in::a_decision_without_a_session_is_not_recorded`; U08 `rights::a_foreign_project_is_not_found`; U17
//! `signing_in::who_signs_out_is_out`; U20 `signing_in::signing_in_leads_to_the_page_that_was_wanted_…`; M19
//! `policies::one_person_is_one_voice_here_and_there`.
//!
//! Rows without a test: M25 (change windows belong to the system that has them), U19 (no sign-in is asked for
//! again while one decides), U28 (an old tab sends a form that is refused as U13 is), R01 (roles show each other a
//! secret, and no certificate).

mod answers;
mod calls;
mod decisions;
mod forms;
mod questions;

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
