//! The cleaning of texts.

use super::*;
use crate::text::{capped, harmless, is_object_id, one_line, timestamp, web_url};

proptest! {
    #[test]
    fn a_cleaned_text_is_short_and_harmless(text in any::<String>(), chars in 0_usize..40) {
        let cut = capped(&text, chars);
        prop_assert!(cut.chars().count() <= chars && !cut.contains(char::is_control));
        let line = one_line(&text);
        prop_assert!(line.chars().count() <= 200 && !line.contains(char::is_control));
        prop_assert!(one_line(&line) == line, "cleaning twice changes nothing");
        prop_assert!(!line.contains("  ") && line.trim() == line);
        let word = harmless(&text);
        prop_assert!(word.len() <= 64 && word.is_ascii());
    }

    #[test]
    fn an_address_is_the_same_or_none(text in "(https?://|javascript:|//)?\\PC{0,30}") {
        let kept = web_url(&text);
        prop_assert!(kept.is_empty() || (kept == text && text.starts_with("http")));
    }

    #[test]
    fn no_time_and_no_id_panics(text in any::<String>(), near in "[0-9TZ: +.-]{0,40}( UTC)?") {
        for text in [text, near] {
            let _any = timestamp(&text);
            prop_assert!(!is_object_id(&text) || matches!(text.len(), 40 | 64));
        }
    }
}
