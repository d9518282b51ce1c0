//! Messages as CloudEvents 1.0 in the NATS binary mode: attributes are headers.

use std::collections::HashMap;

use async_nats::{HeaderMap, jetstream::message::StreamMessage};
use bytes::Bytes;
use kit::telemetry::TRACEPARENT;
use serde::Serialize;
use tracing::Span;

use crate::Kind;

/// A message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Name of the stream that must store it.
    pub stream: String,
    /// Where it goes.
    pub subject: String,
    /// `ce-id` and `Nats-Msg-Id`: the same for every repetition of the same message.
    pub id: String,
    /// `ce-type`.
    pub ce_type: String,
    /// `ce-source`: which of our roles says it.
    pub source: &'static str,
    /// `ce-subject`: the request id, when it is about one.
    pub about: Option<String>,
    /// `ce-time`, in microseconds since 1970 UTC.
    pub time_micros: i64,
    /// Proto3 JSON.
    pub data: Bytes,
    /// The trace that it belongs to (W3C Trace Context); absent when nobody traces.
    pub traceparent: Option<String>,
}

impl Outgoing {
    /// A message of `kind` with its data written as proto3 JSON.
    #[must_use]
    pub fn new(
        (stream, subject): (String, String),
        kind: Kind,
        source: &'static str,
        id: impl Into<String>,
        data: &impl Serialize,
    ) -> Self {
        Self {
            stream,
            subject,
            id: id.into(),
            ce_type: kind.ce_type(),
            source,
            about: None,
            time_micros: kit::clock::now_micros(),
            data: proto::to_json(data).into(),
            traceparent: kit::telemetry::traceparent(),
        }
    }

    /// The same message, about a request.
    #[must_use]
    pub fn about(self, request_id: impl Into<String>) -> Self {
        Self { about: Some(request_id.into()), ..self }
    }

    /// Its way to the stream, as a part of its trace.
    pub(crate) fn span(&self) -> Span {
        let Some(traceparent) = self.traceparent.as_deref() else { return Span::none() };
        let span = tracing::info_span!(
            "publish",
            otel.kind = "producer",
            messaging.system = "nats",
            messaging.operation.type = "send",
            messaging.destination.name = self.stream,
            messaging.message.id = self.id,
            cloudevents.event_type = self.ce_type,
            approval.request_id = self.about,
        );
        kit::telemetry::continue_trace(&span, traceparent);
        span
    }

    /// Its headers, when it is sent within `span`.
    pub(crate) fn headers(&self, span: &Span) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", self.id.as_str());
        headers.insert("ce-type", self.ce_type.as_str());
        headers.insert("ce-source", format!("/countersign/{}", self.source).as_str());
        if let Some(about) = &self.about {
            headers.insert("ce-subject", about.as_str());
        }
        if let Ok(time) = jiff::Timestamp::from_microsecond(self.time_micros) {
            headers.insert("ce-time", time.to_string().as_str());
        }
        headers.insert("content-type", "application/json");
        let traceparent = kit::telemetry::traceparent_of(span);
        if let Some(traceparent) = traceparent.as_deref().or(self.traceparent.as_deref()) {
            headers.insert(TRACEPARENT, traceparent);
        }
        headers
    }
}

/// A message as it was delivered to us.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Where it was published.
    pub subject: String,
    /// Its headers; of a repeated one the first.
    pub headers: HashMap<String, String>,
    /// Its data.
    pub data: Bytes,
    /// Name of the stream that holds it.
    pub stream: String,
    /// Its place there. A hint only: a stream that was truncated gives a place away twice.
    pub sequence: u64,
    /// When the server stored it, in microseconds since 1970 UTC.
    pub stored_at_micros: i64,
    /// How often it was delivered, this time included.
    pub deliveries: u32,
}

impl Delivery {
    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether its `ce-type` is this one.
    #[must_use]
    pub fn is(&self, kind: Kind) -> bool {
        self.header("ce-type") == Some(kind.ce_type().as_str())
    }

    /// The last token of its subject.
    #[must_use]
    pub fn last_token(&self) -> &str {
        self.subject.rsplit('.').next().unwrap_or_default()
    }

    /// The work on it, as a part of the trace that it came with; nothing when nobody traces.
    #[must_use]
    pub fn span(&self, work: &'static str) -> Span {
        if !kit::telemetry::is_traced() {
            return Span::none();
        }
        let span = tracing::info_span!(
            "consume",
            otel.name = work,
            otel.kind = "consumer",
            messaging.system = "nats",
            messaging.operation.type = "process",
            messaging.destination.name = self.stream,
            messaging.message.id = self.header("ce-id"),
            messaging.nats.deliveries = self.deliveries,
            cloudevents.event_type = self.header("ce-type"),
            approval.request_id = self.header("ce-subject"),
        );
        if let Some(traceparent) = self.header(TRACEPARENT) {
            kit::telemetry::continue_trace(&span, traceparent);
        }
        span
    }

    pub(crate) fn read(message: &async_nats::jetstream::Message) -> Option<Self> {
        let info = message.info().ok()?;
        Some(Self {
            subject: message.subject.to_string(),
            headers: message.headers.as_ref().map(first_of_each).unwrap_or_default(),
            data: message.payload.clone(),
            stream: info.stream.to_owned(),
            sequence: info.stream_sequence,
            stored_at_micros: i64::try_from(info.published.unix_timestamp_nanos() / 1_000)
                .unwrap_or_default(),
            deliveries: u32::try_from(info.delivered).unwrap_or(u32::MAX),
        })
    }

    /// A message as its stream holds it, delivered to nobody.
    pub(crate) fn stored(stream: &str, message: StreamMessage) -> Self {
        Self {
            subject: message.subject.to_string(),
            headers: first_of_each(&message.headers),
            data: message.payload,
            stream: stream.to_owned(),
            sequence: message.sequence,
            stored_at_micros: i64::try_from(message.time.unix_timestamp_nanos() / 1_000)
                .unwrap_or_default(),
            deliveries: 0,
        }
    }
}

fn first_of_each(headers: &HeaderMap) -> HashMap<String, String> {
    let pairs = headers.iter().filter_map(|(name, values)| {
        let mut name = name.to_string();
        name.make_ascii_lowercase();
        Some((name, values.first()?.to_string()))
    });
    pairs.collect()
}
