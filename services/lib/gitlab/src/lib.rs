//! GitLab's words in both directions: what its external status check calls say, and what it
//! answers when a status is posted back.
//!
//! The way in is [`signature::verify`] over the raw body, then [`call::parse`]. The way out is
//! [`Client::post_status`], whose every result, from a stored row to a torn connection, is one
//! [`PostOutcome`] that knows what to do next and says so in a sentence.
//!
//! Invariant: this crate knows GitLab's API and nothing of approvals, policies, the bus or the
//! database; it decides what GitLab *said*, never what we should *want*.

pub mod answer;
pub mod call;
pub mod client;
pub mod probe;
pub mod signature;

#[cfg(test)]
mod fuzz;
mod text;

pub use answer::{Answer, Handling, Missing, PostOutcome, Reply, Status, UnknownStatus, classify};
pub use call::{CallError, Person, StatusCheckCall};
pub use client::{
    ApiError, CheckForm, CheckStatus, Client, ClientConfig, ClientError, ConfiguredCheck, Instance,
    MergeRequest, Note, Page, Project, TokenFacts,
};
pub use probe::{ProbeAnswer, probe};
pub use signature::SignatureError;
