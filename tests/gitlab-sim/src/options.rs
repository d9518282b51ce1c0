//! What can be chosen when the simulator starts.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

/// The longest pause between two runs of the pending time-out, as in GitLab's cron.
const TICK_MAX: Duration = Duration::from_secs(60);

/// Options of a simulator; the defaults are GitLab's own times with a short back-off.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address that is listened on.
    pub host: IpAddr,
    /// The port there; 0 picks a free one.
    pub port: u16,
    /// Where others find it; `None` is the address that is listened on.
    pub url: Option<String>,
    /// The age at which a pending row is turned into a failed one.
    pub pending_timeout: Duration,
    /// The pause between two looks for old pending rows; `None` is half of the time-out, at most a minute.
    pub pending_tick: Option<Duration>,
    /// How many further attempts a call gets after a broken connection.
    pub call_retries: u32,
    /// The pause before the first further attempt; it doubles each time.
    pub call_backoff: Duration,
    /// How long a call may take before it counts as broken.
    pub call_timeout: Duration,
    /// Whether a call waits for the first attempt of the call before it about the same merge request.
    ///
    /// GitLab promises no order; an order makes stories repeatable, and the dials bring disorder on request.
    pub calls_in_order: bool,
    /// How many deliveries and answers are remembered; the oldest are forgotten first.
    pub history_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            url: None,
            pending_timeout: Duration::from_secs(120),
            pending_tick: None,
            call_retries: 3,
            call_backoff: Duration::from_millis(200),
            call_timeout: Duration::from_secs(20),
            calls_in_order: true,
            history_limit: 100_000,
        }
    }
}

impl Options {
    /// The pause between two runs of the pending time-out.
    pub(crate) fn tick(&self) -> Duration {
        let tick = self.pending_tick.unwrap_or_else(|| (self.pending_timeout / 2).min(TICK_MAX));
        tick.max(Duration::from_millis(1))
    }
}

/// Why a simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port could not be listened on.
    #[error("cannot listen on port {port}")]
    Listen {
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client for outgoing calls could not be made.
    #[error("cannot make the HTTP client for outgoing calls")]
    Client(#[from] reqwest::Error),
}
