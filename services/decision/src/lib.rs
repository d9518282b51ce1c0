//! Decision: the only speaker to GitLab. It posts the answer that is wanted now, says what became
//! of it, and looks merge requests up when what was seen does not say enough.
//!
//! Invariant: it decides nothing and remembers nothing. Only this crate, through `gitlab`, holds a
//! GitLab token.

mod app;
mod config;
mod look_up;
mod pace;
mod read_back;
mod respond;
mod start;

pub use config::{Config, GitLab};
pub use start::{StartError, start};

/// Our name on the bus.
pub const ROLE: &str = "decision";
