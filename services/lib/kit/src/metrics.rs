//! What every metric counts, for Prometheus and for people.

/// What a metric is (Prometheus, metric types).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often something took how long, in seconds.
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Every metric: its name, what it is, and what it says.
pub const ALL: [(&str, Kind, &str); 34] = [
    ("countersign_build_info", Gauge, "1, with the version and the role of the process"),
    (
        "countersign_ready",
        Gauge,
        "1 while a part of the process is ready, 0 while it lacks something, by part",
    ),
    (
        "countersign_http_requests_total",
        Counter,
        "HTTP requests answered, by route, method and status; none is a connection that was closed so that the caller sends again",
    ),
    (
        "countersign_http_request_seconds",
        Histogram,
        "Time until the head of an HTTP answer, by route",
    ),
    (
        "countersign_calls_total",
        Counter,
        "Calls to the hook, by the status they were answered with",
    ),
    ("countersign_calls_refused_total", Counter, "Calls to the hook that were refused, by reason"),
    (
        "countersign_calls_by_old_secret_total",
        Counter,
        "Calls signed with a secret that is not the first, by hook: while it grows the old one is still in use",
    ),
    (
        "countersign_call_seconds",
        Histogram,
        "Time from a verified call until it is stored and answered",
    ),
    ("countersign_spool_depth", Gauge, "Calls that wait on disk because the bus is away"),
    ("countersign_spool_bytes", Gauge, "Bytes of the calls that wait on disk"),
    (
        "countersign_messages_total",
        Counter,
        "Messages worked on, by stream, role and result: done, later, failed or rejected",
    ),
    ("countersign_batch_seconds", Histogram, "Time to work on a batch of messages, by stream"),
    ("countersign_stream_lag", Gauge, "Messages of a stream that were not delivered to us yet"),
    (
        "countersign_stream_in_hands",
        Gauge,
        "Messages of a stream that were delivered to us and not acknowledged",
    ),
    (
        "countersign_consumer_rebuilt_total",
        Counter,
        "Subscriptions that were built anew, by stream and cause",
    ),
    (
        "countersign_dead_letters_total",
        Counter,
        "Messages that could not be applied, by stream and reason",
    ),
    ("countersign_dead_letters_open", Gauge, "Dead letters that nobody has settled"),
    (
        "countersign_dead_letters_settled_total",
        Counter,
        "Dead letters that an operator replayed or dropped",
    ),
    ("countersign_questions_total", Counter, "Questions to recorder over gRPC, by method and code"),
    ("countersign_question_seconds", Histogram, "Time to answer a question over gRPC, by method"),
    ("countersign_outbox_depth", Gauge, "Messages that are recorded and not published"),
    ("countersign_verdicts_total", Counter, "States that requests reached, by state"),
    ("countersign_decisions_total", Counter, "Decisions that arrived, by source and code"),
    (
        "countersign_decisions_paced_total",
        Counter,
        "Decisions put back because their source was too fast",
    ),
    ("countersign_break_glass_total", Counter, "Broken glasses and their reviews, by event"),
    (
        "countersign_drift_total",
        Counter,
        "Times GitLab showed another status than expected, by instance and by what it showed",
    ),
    ("countersign_safe_mode", Gauge, "1 while only failed is posted"),
    (
        "countersign_answers_total",
        Counter,
        "Attempts to post a status to GitLab, by instance and by how GitLab took it",
    ),
    (
        "countersign_answer_seconds",
        Histogram,
        "Time of one attempt to post a status to GitLab, by instance",
    ),
    (
        "countersign_note_failures_total",
        Counter,
        "Notes that could not be written, by instance and cause",
    ),
    (
        "countersign_sweep_age_seconds",
        Gauge,
        "Seconds since the last whole round of the sweep, by GitLab instance",
    ),
    (
        "countersign_sweep_round_seconds",
        Histogram,
        "Time of a whole round of the sweep, by GitLab instance",
    ),
    (
        "countersign_sweep_projects_left_out",
        Gauge,
        "Projects that the last round of the sweep could not look at, by GitLab instance",
    ),
    (
        "countersign_sweep_found_total",
        Counter,
        "Lost calls, pushes and foreign answers that the sweep found",
    ),
];

/// Says what every metric is, once the recorder of metrics is there.
pub(crate) fn describe(role: &'static str) {
    for (name, kind, help) in ALL {
        match kind {
            Counter => metrics::describe_counter!(name, help),
            Gauge => metrics::describe_gauge!(name, help),
            Histogram => metrics::describe_histogram!(name, help),
        }
    }
    metrics::gauge!("countersign_build_info", "version" => env!("CARGO_PKG_VERSION"), "role" => role).set(1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_count() {
        for (name, kind, help) in ALL {
            let ending = match kind {
                Counter => name.ends_with("_total"),
                Histogram => name.ends_with("_seconds"),
                Gauge => !name.ends_with("_total"),
            };
            assert!(name.starts_with("countersign_") && ending, "{name}");
            assert!(!help.ends_with('.') && help.len() > 10, "{name}: {help}");
        }
    }
}
