//! The one binary: it reads the configuration, gives each role what it needs, and runs one or all.
//!
//! Invariant: no rule of the product stands here; this is only where the parts meet.

mod config;
mod demo;
mod local;
mod operator;
mod pulse;
mod renewal;
mod run;
mod settings;

pub use config::{Config, load};
pub use demo::demo;
pub use kit::config::ConfigError;
pub use operator::{
    AuditArgs, BusArgs, DeadArgs, PolicyArgs, Problem, SafeModeArgs, SchemaArgs, TokenArgs,
    UserArgs, audit, bus, dead, policy, safe_mode, schema, token, user,
};
pub use run::{Outcome, run};
pub use settings::{Role, Settings};
