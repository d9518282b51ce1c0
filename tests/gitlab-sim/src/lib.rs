//! A GitLab that lives in memory and speaks real HTTP, for tests and demos of
//! external status checks.
//!
//! It keeps users, tokens, projects, status checks and merge requests; it sends
//! the signed calls that GitLab sends when a merge request changes; and it
//! answers the part of `/api/v4` that a status check service uses, with GitLab's
//! own order of checks, codes and bodies. Tests tell their stories through
//! [`GitLabSim`] and the small handles it gives out.
//!
//! Invariant: this crate knows no other crate of the workspace. It has its own
//! payload types, so a wrong belief of the product about GitLab is not mirrored
//! here.

mod api;
mod core;
mod delivery;
pub mod demo;
mod dials;
mod handle;
mod history;
mod options;
mod outgoing;
mod pages;
mod payload;
mod server;
mod signature;
mod times;
mod waiting;
mod world;

pub use delivery::{Delivery, Order, Outcome};
pub use dials::{Fault, Lasting, Routes};
pub use handle::{Check, GitLabSim, MergeRequest, NewMergeRequest, Project, Token, User};
pub use history::Answer;
pub use options::{Options, StartError};
pub use signature::signature_of;
pub use waiting::NotInTime;
pub use world::{Refused, Role, Row, Status, Visibility};
