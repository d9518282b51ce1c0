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
mod simulated_gitlab;

pub use config::{Config, load};
pub use demo::demo;
pub use kit::config::ConfigError;
pub use operator::{
    AuditArgs, BackupArgs, BusArgs, DeadArgs, DoctorArgs, PolicyArgs, Problem, RegisterArgs,
    RestoreArgs, SafeModeArgs, SchemaArgs, TokenArgs, UserArgs, audit, backup, bus, dead, doctor,
    healthcheck, migrate, policy, register, restore, safe_mode, schema, token, user,
};
pub use run::{Outcome, run};
pub use settings::{Role, Settings};
pub use simulated_gitlab::{Arguments as SimulatedGitLabArgs, simulated_gitlab};
