//! UI: the browser's side. It reads from recorder over gRPC, puts decisions onto the bus, and shows
//! what became of them.
//!
//! Invariant: it decides nothing. A button that is shown may still be refused; a button that is
//! hidden is never the only lock.

mod app;
mod events;
mod pages;
mod person;
mod receipts;
mod view;

pub use app::{Config, SignIn, StartError, start};

/// Our name on the bus.
pub const ROLE: &str = "ui";
