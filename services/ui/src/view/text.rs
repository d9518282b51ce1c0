//! Texts of others, as they may be shown.

/// Only addresses that a browser follows to a web server.
pub(crate) fn safe_url(url: &str) -> String {
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web { url.to_owned() } else { String::new() }
}

/// Makes characters visible that could make a text read as another one: direction overrides, and
/// controls.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a text of several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    let keep = |c: char| !hides(c) || matches!(c, '\n' | '\r' | '\t');
    text.chars().map(|c| if keep(c) { c } else { '\u{fffd}' }).collect()
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_text_and_no_script_in_an_address() {
        assert_eq!(visible("safe\u{202e}evil\u{7}"), "safe\u{fffd}evil\u{fffd}");
        assert_eq!(visible_lines("one\r\ntwo\u{200b}"), "one\r\ntwo\u{fffd}");
        assert_eq!(safe_url("javascript:alert(1)"), "");
        assert_eq!(safe_url("https://gitlab.example/x"), "https://gitlab.example/x");
    }
}
