//! What a process is, and what it needs for that.

use std::{net::SocketAddr, path::PathBuf};

use kit::telemetry;
use secrecy::SecretString;

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything in one process.
    All,
    /// Takes GitLab's calls.
    Ingress,
    /// Remembers.
    Recorder,
    /// Answers GitLab.
    Decision,
    /// Shows pages to approvers.
    Ui,
}

impl Role {
    /// Its name at the bus and in telemetry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "up",
            Self::Ingress => ingress::ROLE,
            Self::Recorder => recorder::ROLE,
            Self::Decision => decision::ROLE,
            Self::Ui => ui::ROLE,
        }
    }
}

/// What a process needs, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) admin_listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) bus: BusSettings,
    pub(crate) ingress: Option<ingress::Config>,
    pub(crate) recorder: Option<recorder::Config>,
    pub(crate) decision: Option<decision::Config>,
    pub(crate) ui: Option<ui::Config>,
    pub(crate) telemetry: telemetry::Config,
}

#[derive(Debug, Clone)]
pub(crate) struct BusSettings {
    pub(crate) config: bus::Config,
    pub(crate) nats_server: PathBuf,
    pub(crate) embedded_port: u16,
    /// Sources that may connect to the embedded server, with their passwords.
    pub(crate) sources: Vec<(String, SecretString)>,
}
