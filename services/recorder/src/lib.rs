//! Recorder: the only memory. It takes what arrives on the bus, applies it in one transaction,
//! acknowledges after the commit, publishes what follows, and answers gRPC.
//!
//! Invariant: only this crate (with `migrations`) knows the database, and it alone writes it.

mod apply;
mod config;
mod log;
mod outbox;
mod paced;
mod people;
mod policy_change;
mod safe_mode;
mod secrets;
mod service;
mod start;
mod store;
mod timers;
mod tokens;

pub use apply::{Signing, is_public_key};
pub use config::{Config, Source};
pub use start::{StartError, copy, inspect, migrate, needs, start, streams};
pub use store::{Database, DatabaseError, DatabaseFacts, Migrate};

/// Our name on the bus: durable consumers and `ce-source`.
pub const ROLE: &str = "recorder";
