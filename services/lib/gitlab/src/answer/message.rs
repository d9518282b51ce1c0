//! The parts of a GitLab error that carry meaning: its text, its waiting time, its target.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::Reply;
use crate::text::one_line;

/// No `Retry-After` holds an answer back for longer, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// Items of an array message that are shown.
const SHOWN_ITEMS: usize = 5;

/// What a non-2xx body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failed {
    /// `error`, GitLab's machine word, e.g. `insufficient_scope`; empty when absent.
    pub(crate) error: String,
    /// The text under `message`, or else of the whole body; one short line.
    pub(crate) text: String,
    /// Whether the body is an object with a `message` key.
    pub(crate) has_message: bool,
    /// Whether `message` is there and null.
    pub(crate) null_message: bool,
}

/// Reads an error body in any of GitLab's shapes: `message` as text, array, object or null,
/// `error` with `error_description`, or plain text.
pub(crate) fn failed(body: &[u8]) -> Failed {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else {
        return Failed { text: plain(body), ..Failed::default() };
    };
    let error = fields.get("error").and_then(Value::as_str).unwrap_or_default();
    let message = fields.get("message");
    let text = match (message, fields.get("error_description")) {
        (Some(message), _) if !message.is_null() => flat(message),
        (_, Some(Value::String(description))) => description.clone(),
        _ => error.to_owned(),
    };
    Failed {
        error: one_line(error),
        text: one_line(&text),
        has_message: message.is_some(),
        null_message: message.is_some_and(Value::is_null),
    }
}

/// A plain-text body such as Rack::Attack's; a page is not worth quoting.
fn plain(body: &[u8]) -> String {
    let start = &body[..body.len().min(1_024)];
    let text = one_line(&String::from_utf8_lossy(start));
    if text.starts_with('<') { String::new() } else { text }
}

/// GitLab's validation messages: `["a","b"]` or `{"field":["a","b"]}`, one level is enough.
fn flat(message: &Value) -> String {
    match message {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter().map(short)),
        Value::Object(fields) => {
            joined(fields.iter().map(|(name, value)| format!("{name} {}", short(value))))
        }
        other => other.to_string(),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter().filter_map(Value::as_str).map(str::to_owned)),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.take(SHOWN_ITEMS).collect::<Vec<_>>().join(", ")
}

/// `Retry-After` as seconds or as an HTTP date, measured against the reply's own `Date` so that
/// a wrong clock on either side does not matter.
pub(crate) fn retry_after(reply: &Reply<'_>) -> Option<Duration> {
    let value = reply.retry_after?.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than u64 holds is still "long".
        let wait = value.parse().map_or(LONGEST_WAIT, Duration::from_secs);
        return Some(wait.min(LONGEST_WAIT));
    }
    let until = http_date(value)?;
    let now = http_date(reply.date?)?;
    let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    Some(wait.min(LONGEST_WAIT))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// The host a redirect points to, for the sentence only.
pub(crate) fn location_host(reply: &Reply<'_>) -> Option<String> {
    let url = reqwest::Url::parse(reply.location?).ok()?;
    url.host_str().map(one_line)
}
