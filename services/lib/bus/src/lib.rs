//! The bus: NATS JetStream with our streams, our subjects and our delivery rules.
//!
//! Invariant: only this crate knows that the bus is NATS. It knows the names of messages but
//! nothing of what they mean.

mod answers;
mod awaited;
mod batch;
mod connection;
mod consumer;
mod dead;
mod denials;
pub mod embedded;
mod lag;
mod message;
mod names;
mod permissions;
mod streams;
mod watchdog;

pub use awaited::Awaited;
pub use batch::TOGETHER_MAX;
pub use connection::{Bus, Config, ConnectError, PublishError};
pub use consumer::{Failure, Limits, consume};
pub use dead::{DEAD_DATA_BYTES_MAX, bury, dead_letter};
pub use message::{Delivery, Outgoing};
pub use names::{EventType, Kind, Names, SIGNATURE_HEADER, Stream, UI_SOURCE};
pub use permissions::{Needs, Permissions};
pub use streams::{StreamError, StreamState, ensure_streams, restore_streams};
