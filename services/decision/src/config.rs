//! What decision needs to know.

use std::time::Duration;

use secrecy::SecretString;

/// One GitLab instance.
#[derive(Debug, Clone)]
pub struct GitLab {
    /// Its name in our configuration.
    pub name: String,
    /// Its address; never taken from a payload.
    pub url: String,
    /// A token with the `api` scope of a member with the Developer role.
    pub token: SecretString,
}

/// What decision needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The instances we answer.
    pub gitlabs: Vec<GitLab>,
    /// Recorder's gRPC address, such as `http://127.0.0.1:50051`.
    pub recorder_url: String,
    /// Wait after a first failed attempt; it doubles with each further one, up to a minute.
    pub first_wait: Duration,
    /// Our version, for GitLab's logs.
    pub version: &'static str,
}
