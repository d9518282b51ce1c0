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
    AuditArgs, BusArgs, DeadArgs, DoctorArgs, PolicyArgs, Problem, RegisterArgs, SafeModeArgs,
    SchemaArgs, TokenArgs, UserArgs, audit, bus, dead, doctor, healthcheck, migrate, policy,
    register, safe_mode, schema, token, user,
};
pub use run::{Outcome, run};
pub use settings::{Role, Settings};
pub use simulated_gitlab::{Arguments as SimulatedGitLabArgs, simulated_gitlab};
