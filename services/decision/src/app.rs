//! What every command needs.

use std::{collections::HashMap, sync::Arc};

use bus::{Bus, Failure};
use gitlab::Client;
use proto::v1::approval_service_client::ApprovalServiceClient;
use tonic::transport::Channel;

use crate::pace::Pace;

/// What a command needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) recorder: ApprovalServiceClient<Channel>,
    pub(crate) gitlabs: Arc<HashMap<String, Client>>,
    pub(crate) pace: Arc<Pace>,
}

impl App {
    /// The client for an instance.
    pub(crate) fn gitlab(&self, name: &str) -> Result<&Client, Failure> {
        self.gitlabs.get(name).ok_or_else(|| {
            let sentence = format!("no GitLab instance named {name} is configured");
            Failure::Reject("unknown-gitlab", sentence)
        })
    }
}
