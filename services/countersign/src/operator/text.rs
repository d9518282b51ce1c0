//! Text for a terminal.

use jiff::{Timestamp, tz::TimeZone};

/// Makes controls visible, which could make a terminal do or hide something; line ends stay where
/// `lines` says so.
pub(super) fn visible(text: &str, lines: bool) -> String {
    let hidden = |c: char| {
        (c.is_control() && !(lines && matches!(c, '\n' | '\t')))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// A time in UTC.
pub(super) fn utc(time: Option<&proto::Timestamp>) -> String {
    let time = proto::micros(time).and_then(|micros| Timestamp::from_microsecond(micros).ok());
    let Some(time) = time else { return "unknown".to_owned() };
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// For scripts: the message as JSON.
pub(super) fn as_json(message: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(message).unwrap_or_default()
}

/// Columns as wide as their widest cell; the last one is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 3]| cells.map(ToOwned::to_owned).to_vec();
        let text = table(&[row(["ID", "STREAM", "CAUSE"]), row(["0199a1b2", "X", "größer"])]);
        assert_eq!(text, "ID        STREAM  CAUSE\n0199a1b2  X       größer");
    }

    #[test]
    fn no_text_moves_the_cursor() {
        assert_eq!(visible("a\u{1b}[2Jb\nc", false), "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(visible("a\nb\u{202e}c\0", true), "a\nb\u{fffd}c\u{fffd}");
    }
}
