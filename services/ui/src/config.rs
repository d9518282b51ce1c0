//! What the browser's side needs to know.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use axum::http::HeaderName;

/// Lets people in where they pick who they are.
pub(crate) const DEMO: &str = "the demo";

/// How we learn who somebody is.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// They type their name: for one machine and for trying it out.
    Name,
    /// A proxy in front of us signs them in and says who they are.
    Header {
        /// The header that names them.
        name: HeaderName,
        /// The header that lists their groups, with commas between them.
        groups: Option<HeaderName>,
    },
    /// They sign in here, with a password that recorder knows by its hash.
    Local {
        /// Whether browsers on this machine may do so over plain HTTP.
        plain: bool,
    },
    /// They sign in at an OpenID provider.
    Provider {
        /// Whether browsers on this machine may do so over plain HTTP.
        plain: bool,
        /// The provider.
        provider: Box<identity::Config>,
        /// How often it is asked whether somebody may still sign in; they are out when it could not
        /// be asked for twice as long.
        recheck: Duration,
    },
    /// They pick who they are: for the demo, on one machine.
    Picker(Vec<Somebody>),
}

/// Somebody to pick in the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// What rules and rights know them by.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they are, in a few words.
    pub what: String,
    /// Their groups.
    pub groups: Vec<String>,
}

impl SignIn {
    /// Who lets the people in whose sessions are ours; empty for passwords.
    pub(crate) fn issuer(&self) -> &str {
        match self {
            Self::Provider { provider, .. } => &provider.issuer,
            Self::Picker(_) => DEMO,
            Self::Name | Self::Header { .. } | Self::Local { .. } => "",
        }
    }

    /// Whether sessions are ours, and then whether they may go over plain HTTP on this machine.
    pub(crate) fn sessions(&self) -> Option<bool> {
        match self {
            Self::Name | Self::Header { .. } => None,
            Self::Local { plain } | Self::Provider { plain, .. } => Some(*plain),
            Self::Picker(_) => Some(true),
        }
    }
}

/// What the browser's side needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Recorder's gRPC address, such as `http://127.0.0.1:50051`.
    pub recorder_url: String,
    /// What recorder is shown with each question.
    pub recorder_secret: proto::RecorderSecret,
    /// How we learn who somebody is.
    pub sign_in: SignIn,
    /// The header in which a proxy before us says where a browser is.
    pub address_header: Option<HeaderName>,
    /// Most decisions in a minute over HTTP, by source; 600 for any other.
    pub decisions_a_minute: BTreeMap<String, NonZeroU32>,
}
