//! What every command needs.

use std::{collections::HashMap, sync::Arc};

use bus::{Bus, Failure};
use proto::v1::approval_service_client::ApprovalServiceClient;

use crate::{
    host::{Busy, Host},
    pace::Pace,
};

/// What a command needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) recorder: ApprovalServiceClient<proto::RecorderChannel>,
    pub(crate) gitlabs: Arc<HashMap<String, Host>>,
    pub(crate) pace: Arc<Pace>,
    /// What tells this process from all others of its role.
    pub(crate) holder: Arc<str>,
    /// Where we are reached from outside; absent when that is not known.
    pub(crate) public_url: Option<Arc<str>>,
}

impl App {
    /// An instance by its name.
    pub(crate) fn gitlab(&self, name: &str) -> Result<&Host, Failure> {
        self.gitlabs.get(name).ok_or_else(|| {
            let sentence = format!("no GitLab instance named {name} is configured");
            Failure::Reject("unknown-gitlab", sentence)
        })
    }
}

impl From<Busy> for Failure {
    fn from(Busy(wait): Busy) -> Self {
        Self::Later(wait)
    }
}
