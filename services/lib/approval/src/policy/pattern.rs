//! Patterns for names with slashes: paths of projects, branches, checks.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A pattern: `*` stands for anything within one part of a path, `**` for any number of parts.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

/// When a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a pattern: {cause}")]
pub struct PatternError {
    text: String,
    cause: String,
}

impl Pattern {
    /// Reads a pattern. Upper and lower case differ, as they do in GitLab's branches.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
        let wrong = |cause: String| PatternError { text: text.to_owned(), cause };
        if text.is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        let glob = glob.map_err(|error| wrong(error.kind().to_string()))?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Whether the whole name is like this.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matcher.is_match(name)
    }

    /// Whether a name is like one of these; where there are none, every name is.
    pub(crate) fn match_any(patterns: &[Self], name: &str) -> bool {
        patterns.is_empty() || patterns.iter().any(|it| it.matches(name))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::parse(pattern).is_ok_and(|it| it.matches(name))
    }

    #[test]
    fn one_star_stays_within_a_part_and_two_do_not() {
        assert!(matches("shop/*", "shop/backend"));
        assert!(!matches("shop/*", "shop/payments/ledger"));
        assert!(matches("shop/**", "shop/payments/ledger"));
        assert!(matches("release/{1,2}.*", "release/2.7"));
    }

    #[test]
    fn a_name_is_matched_as_a_whole_and_byte_by_byte() {
        for name in ["main", "refs/heads/main", "MAIN", "main ", "main-legacy", "m\u{430}in"] {
            assert_eq!(matches("main", name), name == "main", "{name}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        let said = |text: &str| Pattern::parse(text).err().map(|error| error.to_string());
        assert_eq!(said("").as_deref(), Some("\"\" is not a pattern: it is empty"));
        assert!(said("[a").is_some_and(|it| it.starts_with("\"[a\" is not a pattern: ")));
    }
}
