//! What recorder needs to know.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use approval::{Policy, Rights};

use crate::Database;

/// What recorder needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the memory is.
    pub database: Database,
    /// Where gRPC is served; port 0 takes a free one.
    pub grpc_listen: SocketAddr,
    /// What everybody shows who asks over gRPC.
    pub secret: proto::RecorderSecret,
    /// Sources whose decisions count, besides the browser side.
    pub sources: Vec<String>,
    /// Who may decide.
    pub policy: Policy,
    /// What is different for status checks of these names.
    pub policy_of_check: HashMap<String, Policy>,
    /// SHA-256 of the policy as it is written, lower-case hex.
    pub policy_hash: String,
    /// What people may do at all.
    pub rights: Rights,
    /// How often it is looked whether something is due.
    pub look_at_the_clock_every: Duration,
    /// How long after an answer GitLab is asked what it shows.
    pub read_back_after: Vec<Duration>,
}
