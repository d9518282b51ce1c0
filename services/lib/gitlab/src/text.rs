//! Small readers of text that came from GitLab.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A message for people is cut at this many characters.
const MESSAGE_CHARS: usize = 200;
/// Characters of a title that are kept.
pub(crate) const TITLE_CHARS: usize = 1_000;
/// Characters of a name or label that are kept.
pub(crate) const NAME_CHARS: usize = 255;
/// Labels that are kept.
pub(crate) const LABELS: usize = 100;
/// Bytes of all labels together that are kept, so that the event fits into a message.
pub(crate) const LABEL_BYTES: usize = 8 * 1024;
/// Bytes of a URL that are kept; a longer one is dropped, because half a link leads nowhere.
const URL_BYTES: usize = 4_096;
/// Longer than any timestamp, so that a hostile one is not even tried.
const TIMESTAMP_BYTES: usize = 64;

/// The text cut at a number of characters, without control characters: PostgreSQL cannot store
/// U+0000, and the others grow sixfold in JSON.
pub(crate) fn capped(text: &str, chars: usize) -> String {
    text.chars().take(chars).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// A foreign message made fit for one line of a log or page: no control or direction-changing
/// characters, single spaces, 200 characters.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    // Twice the limit is enough input even when every other character is dropped as a space.
    let printable = text
        .chars()
        .take(MESSAGE_CHARS * 2)
        .map(|c| if c.is_control() || c.is_whitespace() || changes_direction(c) { ' ' } else { c });
    for c in printable {
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    line.chars().take(MESSAGE_CHARS).collect::<String>().trim_end().to_owned()
}

/// A word of a body that may be repeated in an error: a few harmless characters of it.
pub(crate) fn harmless(word: &str) -> String {
    word.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .take(64)
        .collect()
}

fn changes_direction(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The text if it is an http(s) URL fit for a link, or else nothing.
pub(crate) fn web_url(text: &str) -> String {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let fit = text.len() <= URL_BYTES && !text.chars().any(|c| c.is_control() || c == ' ');
    if web && fit { text.to_owned() } else { String::new() }
}

/// Whether the text is a full git object id as GitLab writes it: 40 or 64 lower-case hex digits.
pub(crate) fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A time as webhooks print it (`2026-01-16 05:56:22 UTC`) or as ISO 8601; without an offset it
/// is UTC.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    if text.len() > TIMESTAMP_BYTES {
        return None;
    }
    let text = text.trim();
    let utc = text.strip_suffix(" UTC");
    if utc.is_none() {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(instant);
        }
        if let Ok(instant) = Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text) {
            return Some(instant);
        }
    }
    let civil: DateTime = utc.unwrap_or(text).parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_time_notations_are_the_same_instant() {
        let expected = timestamp("2026-01-16T05:56:22Z");
        assert!(expected.is_some());
        for text in [
            "2026-01-16 05:56:22 UTC",
            "2026-01-16T05:56:22.000Z",
            "2026-01-16T06:56:22+01:00",
            "2026-01-16 06:56:22 +0100",
            "2026-01-16T05:56:22",
            "2026-01-16 05:56:22",
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }

    #[test]
    fn an_unreadable_time_is_none() {
        for text in ["", "UTC", "yesterday", "2026-13-01 00:00:00 UTC", "1768542982"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
        assert_eq!(timestamp(&"2".repeat(1_000_000)), None);
    }

    #[test]
    fn a_message_becomes_one_short_line() {
        assert_eq!(one_line(" a\r\n\u{1b}[31m\u{202e}b\0 "), "a [31m b");
        assert_eq!(one_line(&"ä".repeat(5_000)).chars().count(), 200);
    }

    #[test]
    fn a_cut_falls_on_a_character() {
        assert_eq!(capped("ä\0€x", 3), "ä\u{FFFD}€");
        assert_eq!(capped("a\tb\u{85}", 9), "a\u{FFFD}b\u{FFFD}");
    }

    #[test]
    fn only_full_lower_case_hex_is_an_object_id() {
        assert!(is_object_id(&"a".repeat(40)));
        assert!(is_object_id(&"0".repeat(64)));
        for bad in [&"a".repeat(39), &"a".repeat(41), &"A".repeat(40), &"g".repeat(40)] {
            assert!(!is_object_id(bad), "{bad}");
        }
    }
}
