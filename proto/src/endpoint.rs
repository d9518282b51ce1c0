//! The way to recorder, for the roles that ask it.

use std::time::Duration;

use tonic::transport::{Endpoint, Error};

/// Recorder's address as an endpoint. A peer that is gone without a word is noticed within five
/// seconds: it would otherwise keep every question waiting.
///
/// # Errors
///
/// When `url` is not an address.
pub fn recorder_at(url: String) -> Result<Endpoint, Error> {
    Ok(Endpoint::from_shared(url)?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(2))
        .keep_alive_timeout(Duration::from_secs(3))
        .keep_alive_while_idle(true))
}
