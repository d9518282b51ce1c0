//! The database: how it is reached, what is in it, and one transaction at a time.

mod backup;
mod checkpoints;
mod connect;
mod dead_letters;
mod entity;
mod erasure;
mod insight;
mod known_checks;
mod leases;
mod ledger;
mod links;
mod listing;
mod people;
mod policy;
mod published;
mod reads;
mod rows;
mod safe_mode;
mod schema;
mod statements;
mod tokens;
mod verify;
mod views;
mod writing;

pub use connect::{Database, DatabaseError, DatabaseFacts, Migrate};
pub(crate) use connect::{Store, has_no_room};
pub(crate) use dead_letters::Summary;
pub(crate) use entity::{
    audit, dead_letter, decision, delivery, known_check, outbox, repetition, response, saved_view,
};
pub(crate) use insight::{COUNTED_MAX, Place, Said};
pub(crate) use leases::LEASE;
pub(crate) use ledger::Ledger;
pub(crate) use listing::{Filter, Page};
pub(crate) use people::{person, session};
pub(crate) use policy::is_overtaken;
pub(crate) use published::Published;
pub(crate) use rows::{GateKey, Recorded};
pub(crate) use tokens::api_token;
pub(crate) use writing::{Change, Draft, Posted};
