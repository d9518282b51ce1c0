//! The stories: what the product promises, told by the people and systems around it.
//!
//! One binary, so that it links once. Each story runs on SQLite and on PostgreSQL against the real
//! program; see `tests::Stage` for what is checked at the end of each.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test should panic")]

mod api;
mod approving;
mod backups;
mod break_glass;
mod browser;
mod bus;
mod bus_permissions;
mod calls;
mod containers;
mod contract;
mod corpus;
mod crashes;
mod dead_letters;
mod deploying;
mod durability;
mod evidence;
mod gitlab_answers;
mod house;
mod insight;
mod intake;
mod lists;
mod merge_requests;
mod monitoring;
mod notes;
mod onboarding;
mod open_id;
mod operations;
mod pages;
mod policies;
mod reading_back;
mod replicas;
mod rights;
mod rotation;
mod safe_mode;
mod screens;
mod signing_in;
mod sources;
mod stalls;
mod starting;
mod sweeping;
mod timing;
mod traces;
mod upgrading;
mod why;
