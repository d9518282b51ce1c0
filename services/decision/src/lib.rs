//! Decision: the only speaker to GitLab. It posts the answer that is wanted now, says what became
//! of it, and looks merge requests up when what was seen does not say enough.
//!
//! Invariant: it decides nothing and remembers nothing. Only this crate, through `gitlab`, holds a
//! GitLab token.

mod app;
mod config;
mod host;
mod look_up;
mod note;
mod outcome;
mod pace;
mod post;
mod read_back;
mod respond;
mod seen;
mod start;
mod sweep;

pub use config::{Answers, Config, GitLab};
pub use start::{StartError, needs, start};

/// Our name on the bus.
pub const ROLE: &str = "decision";
