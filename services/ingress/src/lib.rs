//! Ingress: takes GitLab's status check calls, proves that they are GitLab's, and makes them
//! durable before it answers.
//!
//! Invariant: no payload of GitLab's passes this crate; what goes on is our own small event. It
//! knows the hook secrets and nothing else that is secret.

mod app;
mod body;
mod call;
mod config;
mod page;
mod receive;
mod spool;
mod start;

pub use config::{Config, ConfigError, Hook};
pub use start::{STREAMS, StartError, needs, start};

/// Our name on the bus.
pub const ROLE: &str = "ingress";
