//! Dead letters as pages show them: text, never markup, never a secret.

use std::collections::BTreeMap;

use askama::Template;
use proto::v1::RecordedDeadLetter;

use super::{Notice, Reader, TimeView, visible};
use crate::person::Visit;

/// Most bytes of a message that a page shows.
const DATA_BYTES_MAX: usize = 16 * 1024;

/// One dead letter as a row or as the head of its page.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetterView {
    pub(crate) id: String,
    pub(crate) stream: String,
    pub(crate) sequence: u64,
    pub(crate) subject: String,
    pub(crate) reason: String,
    pub(crate) cause: String,
    pub(crate) at: TimeView,
    pub(crate) buried: TimeView,
    pub(crate) state: &'static str,
    pub(crate) state_word: &'static str,
    pub(crate) replays_failed: u32,
    pub(crate) replay_said: String,
    pub(crate) settled: TimeView,
    pub(crate) settled_by: String,
    pub(crate) settled_why: String,
    pub(crate) size: u64,
    pub(crate) not_replayable: String,
}

impl DeadLetterView {
    pub(crate) fn new(letter: &RecordedDeadLetter, now_micros: i64) -> Self {
        let (state, state_word) = match letter.state.as_str() {
            "open" => ("open", "Open"),
            "replayed" => ("replayed", "Replayed"),
            "dropped" => ("dropped", "Dropped"),
            _ => ("unknown", "Unknown"),
        };
        let time = |time| TimeView::new(proto::micros(time), now_micros);
        Self {
            id: letter.dead_letter_id.clone(),
            stream: visible(&letter.stream),
            sequence: letter.stream_sequence,
            subject: visible(&letter.subject),
            reason: visible(&letter.reason),
            cause: visible(&letter.cause),
            at: time(letter.at.as_ref()),
            buried: time(letter.buried_at.as_ref()),
            state,
            state_word,
            replays_failed: letter.replays_failed,
            replay_said: visible(&letter.replay_said),
            settled: time(letter.settled_at.as_ref()),
            settled_by: visible(&letter.settled_by),
            settled_why: visible(&letter.settled_why),
            size: letter.data_size,
            not_replayable: letter.not_replayable.clone(),
        }
    }
}

/// The list of dead letters.
#[derive(Debug, Template)]
#[template(path = "dead_letters.html")]
pub(crate) struct DeadLettersPage {
    pub(crate) reader: Reader,
    pub(crate) show: &'static str,
    pub(crate) letters: Vec<DeadLetterView>,
    pub(crate) next: Option<String>,
    pub(crate) now: TimeView,
}

/// One dead letter.
#[derive(Debug, Template)]
#[template(path = "dead_letter.html")]
pub(crate) struct DeadLetterPage {
    pub(crate) reader: Reader,
    pub(crate) notice: Option<Notice>,
    pub(crate) letter: DeadLetterView,
    pub(crate) headers: Vec<(String, String)>,
    /// The message as text, as far as it is shown.
    pub(crate) data: String,
    pub(crate) data_cut: bool,
    pub(crate) token: String,
    /// What was typed before.
    pub(crate) why: String,
}

impl DeadLetterPage {
    pub(crate) fn new(
        letter: &RecordedDeadLetter,
        visit: &Visit,
        notice: Option<Notice>,
        why: &str,
    ) -> Self {
        let headers: BTreeMap<_, _> = letter.headers.iter().collect();
        let headers = headers.into_iter();
        let shown = &letter.data[..letter.data.len().min(DATA_BYTES_MAX)];
        Self {
            reader: Reader::of(visit),
            notice,
            letter: DeadLetterView::new(letter, kit::clock::now_micros()),
            headers: headers.map(|(name, value)| (visible(name), visible(value))).collect(),
            data: without_addresses(&visible_lines(&String::from_utf8_lossy(shown))),
            data_cut: letter.data_size > u64::try_from(shown.len()).unwrap_or(u64::MAX),
            token: visit.token(&letter.dead_letter_id, "dead-letter"),
            why: why.to_owned(),
        }
    }
}

/// The same as `visible`, but lines stay lines.
fn visible_lines(text: &str) -> String {
    text.split('\n').map(|line| visible(&line.replace('\t', "    "))).collect::<Vec<_>>().join("\n")
}

/// Leaves out the part of e-mail addresses that names a person.
fn without_addresses(text: &str) -> String {
    let of_name = |c: char| c.is_alphanumeric() || "._%+-\'".contains(c);
    let of_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let mut parts = text.split('@').peekable();
    let mut safe = String::with_capacity(text.len());
    while let Some(part) = parts.next() {
        let Some(next) = parts.peek() else {
            safe.push_str(part);
            break;
        };
        let name = part.trim_end_matches(of_name);
        let domain: String = next.chars().take_while(|c| of_domain(*c)).collect();
        let address = name.len() < part.len() && domain.contains('.');
        safe.push_str(if address { name } else { part });
        safe.push_str(if address { "(hidden)@" } else { "@" });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_people_are_not_shown() {
        let text = r#"{"email":"jane.doe+x@example.com","ref":"@everyone","to":"a@b, c@d.org"}"#;
        let safe =
            r#"{"email":"(hidden)@example.com","ref":"@everyone","to":"a@b, (hidden)@d.org"}"#;
        assert_eq!(without_addresses(text), safe);
    }

    #[test]
    fn lines_stay_lines_and_controls_are_seen() {
        assert_eq!(visible_lines("{\n\t\u{1b}\0}"), "{\n    \u{fffd}\u{fffd}}");
    }
}
