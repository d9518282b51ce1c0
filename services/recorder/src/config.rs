//! What recorder needs to know.

use std::{collections::HashMap, net::SocketAddr, num::NonZeroU32, sync::Arc, time::Duration};

use approval::{Pattern, Policy, Rights};
use evidence::LogKey;

use crate::{Database, Migrate, apply::Signing};

/// A system whose decisions count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The last part of its subject.
    pub name: String,
    /// How it signs; absent when it does not.
    pub signing: Option<Signing>,
    /// Most decisions in a minute; what comes faster waits in its stream.
    pub decisions_a_minute: NonZeroU32,
}

/// What recorder needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the memory is.
    pub database: Database,
    /// Whether its schema is brought up to date at the start.
    pub migrate: Migrate,
    /// Where gRPC is served; port 0 takes a free one.
    pub grpc_listen: SocketAddr,
    /// What everybody shows who asks over gRPC.
    pub secret: proto::RecorderSecret,
    /// Sources whose decisions count, besides the browser side.
    pub sources: Vec<Source>,
    /// Who may decide.
    pub policy: Policy,
    /// What is different for status checks of these names.
    pub policy_of_check: HashMap<String, Policy>,
    /// SHA-256 of the policy as it is written, lower-case hex.
    pub policy_hash: String,
    /// The policy as it is written, in a form that has this hash.
    pub policy_text: String,
    /// Signs the checkpoints of the audit record.
    pub log_key: Option<Arc<LogKey>>,
    /// What people may do at all.
    pub rights: Rights,
    /// How often it is looked whether something is due.
    pub look_at_the_clock_every: Duration,
    /// How long after an answer GitLab is asked what it shows.
    pub read_back_after: Vec<Duration>,
    /// Status checks, by name, about which a note in the merge request is kept.
    pub note_checks: Vec<Pattern>,
}
