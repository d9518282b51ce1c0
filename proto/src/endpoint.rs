//! The way to recorder, for the roles that ask it.

use std::{fmt, time::Duration};

use crate::retrying::Retrying;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint, Error},
};

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

/// A connection to recorder that shows its secret with each question, and names the trace of whoever asks.
pub type RecorderChannel = InterceptedService<Retrying, Shown>;

/// What stands on each question to recorder.
#[derive(Debug, Clone)]
pub struct Shown {
    secret: RecorderSecret,
    /// The W3C `traceparent` of the work that asks; none where nobody traces.
    traceparent: fn() -> Option<String>,
}

/// What everybody shows who asks recorder: who has it may ask for anything.
#[derive(Clone, PartialEq, Eq)]
pub struct RecorderSecret(MetadataValue<tonic::metadata::Ascii>);

impl fmt::Debug for RecorderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecorderSecret")
    }
}

impl RecorderSecret {
    /// The secret; `None` when it is not 16 to 200 visible ASCII characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = (16..=200).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic());
        let value = MetadataValue::try_from(format!("Bearer {text}")).ok()?;
        plain.then_some(Self(value))
    }

    /// The secret itself: for the owner of the data folder, and nobody's log.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.to_str().unwrap_or_default().trim_start_matches("Bearer ")
    }

    /// A connection that shows it, and the trace that `traceparent` names.
    #[must_use]
    pub fn shown_on(
        self,
        channel: Channel,
        traceparent: fn() -> Option<String>,
    ) -> RecorderChannel {
        InterceptedService::new(Retrying(channel), Shown { secret: self, traceparent })
    }

    /// What stands before recorder's services: UNAUTHENTICATED for who does not show it.
    pub fn asked_for(
        self,
    ) -> impl Fn(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
        move |request| {
            let shown = request.metadata().get("authorization").map(MetadataValue::as_bytes);
            match shown.is_some_and(|shown| same(shown, self.0.as_bytes())) {
                true => Ok(request),
                false => Err(Status::unauthenticated(
                    "recorder.secret is not the one that recorder has: set both to the same",
                )),
            }
        }
    }
}

impl Interceptor for Shown {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.secret.0.clone());
        let named = (self.traceparent)().and_then(|it| MetadataValue::try_from(it).ok());
        if let Some(traceparent) = named {
            request.metadata_mut().insert("traceparent", traceparent);
        }
        Ok(request)
    }
}

/// Compares in a time that does not say where two texts differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differ) == 0
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    const SECRET: &str = "0123456789abcdef";

    #[test]
    fn who_shows_the_secret_gets_in() {
        let shown = |text: &str| {
            let secret = RecorderSecret::new(text).unwrap();
            Shown { secret, traceparent: || Some("00-1-2-01".to_owned()) }
        };
        let asked = RecorderSecret::new(SECRET).unwrap().asked_for();
        let question = shown(SECRET).call(Request::new(())).unwrap();
        assert_eq!(question.metadata().get("traceparent").unwrap(), "00-1-2-01");
        assert!(asked(question).is_ok());
        assert!(asked(Request::new(())).is_err());
        assert!(asked(shown("0123456789abcdeg").call(Request::new(())).unwrap()).is_err());
        assert!(asked(shown("0123456789abcdef0").call(Request::new(())).unwrap()).is_err());
    }

    #[test]
    fn a_secret_is_plain_and_not_shown_by_mistake() {
        assert_eq!(format!("{:?}", RecorderSecret::new(SECRET)), "Some(RecorderSecret)");
        for wrong in ["", "short", "0123456789abcde f", "0123456789abcdeä", &"x".repeat(201)] {
            assert!(RecorderSecret::new(wrong).is_none(), "{wrong}");
        }
    }
}
