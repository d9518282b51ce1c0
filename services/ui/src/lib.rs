//! UI: the browser's side. It reads from recorder over gRPC, puts decisions onto the bus, and shows
//! what became of them.
//!
//! Invariant: it decides nothing. A button that is shown may still be refused; a button that is
//! hidden is never the only lock.

mod address;
mod alarms;
mod api;
mod app;
mod assets;
mod attempts;
mod config;
mod cookie;
mod deciding;
mod events;
mod filters;
mod open_id;
mod pages;
mod person;
mod pulses;
mod session;
mod start;
mod view;

pub use config::{Config, SignIn, Somebody};
pub use start::{StartError, needs, start};

/// Our name on the bus.
pub const ROLE: &str = "ui";
