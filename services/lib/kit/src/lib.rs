//! How a process of ours starts, is configured, is observed and stops.
//!
//! Invariant: this crate knows nothing of approvals, GitLab, the bus or the database.

pub mod admin;
pub mod changing;
pub mod child;
pub mod clock;
pub mod config;
pub mod http;
pub mod lifecycle;
pub mod metrics;
pub mod pace;
pub mod pages;
pub mod replica;
pub mod telemetry;
