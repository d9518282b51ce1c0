//! What decision needs to know.

use std::time::Duration;

use kit::changing::Changing;
use secrecy::SecretString;

/// One GitLab instance.
#[derive(Debug, Clone)]
pub struct GitLab {
    /// Its name in our configuration.
    pub name: String,
    /// Its address; never taken from a payload.
    pub url: String,
    /// A token with the `api` scope of a member with the Developer role.
    pub token: Changing<SecretString>,
    /// Which of several answers counts there.
    pub answers: Answers,
    /// Projects that are swept although none of their checks has called yet.
    pub projects: Vec<i64>,
}

/// Which of several answers for one commit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// The last, as GitLab does it.
    Last,
    /// The first, until Retry is pressed on a failed one, as Deckhouse Code does it.
    First,
}

/// What decision needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The instances we answer.
    pub gitlabs: Vec<GitLab>,
    /// Recorder's gRPC address, such as `http://127.0.0.1:50051`.
    pub recorder_url: String,
    /// What recorder is shown with each question.
    pub recorder_secret: proto::RecorderSecret,
    /// What tells this process from all others of its role; kept when it is started again.
    pub holder: String,
    /// Wait after a first failed attempt; it doubles with each further one, up to a minute.
    pub first_wait: Duration,
    /// Most requests to one instance in a second, over a longer time; above 0.
    pub requests_per_second: f64,
    /// Requests of the sweep to one instance in a second; 0 turns it off.
    pub sweep_per_second: f64,
    /// Where we are reached from outside: a check that calls there is ours before it ever called, and a
    /// note leads there. Without a slash at its end.
    pub public_url: Option<String>,
    /// Our version, for GitLab's logs.
    pub version: &'static str,
}
