//! The rule of a request as a tree of sentences.

use proto::v1::Finding;

use super::visible;

/// Deepest level that is indented further.
const DEPTH_MAX: usize = 4;

/// One line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 0.
    pub(crate) depth: usize,
    /// A class for the stylesheet: met or missing.
    pub(crate) class: &'static str,
    /// The same for those who see no colour.
    pub(crate) word: &'static str,
    pub(crate) text: String,
}

/// The lines of a tree that has parts; none for a single sentence, which the page says already.
pub(crate) fn lines(finding: Option<&Finding>) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(finding) = finding.filter(|it| !it.parts.is_empty()) {
        add(finding, 0, &mut lines);
    }
    lines
}

fn add(finding: &Finding, depth: usize, lines: &mut Vec<Line>) {
    let (class, word) = if finding.met { ("met", "Met:") } else { ("missing", "Missing:") };
    let text = if finding.parts.is_empty() { &finding.sentence } else { &finding.title };
    lines.push(Line { depth: depth.min(DEPTH_MAX), class, word, text: visible(text) });
    finding.parts.iter().for_each(|part| add(part, depth + 1, lines));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(met: bool, sentence: &str) -> Finding {
        Finding { met, sentence: sentence.to_owned(), ..Finding::default() }
    }

    #[test]
    fn a_tree_is_read_from_top_to_bottom() {
        let parts =
            vec![leaf(true, "Approved by jane for cab."), leaf(false, "0 of 1: needs one.")];
        let tree = Finding { title: "all of these".to_owned(), parts, ..Finding::default() };
        let said: Vec<_> = lines(Some(&tree))
            .iter()
            .map(|line| format!("{} {} {}", line.depth, line.word, line.text))
            .collect();
        let wanted = [
            "0 Missing: all of these",
            "1 Met: Approved by jane for cab.",
            "1 Missing: 0 of 1: needs one.",
        ];
        assert_eq!(said, wanted);
    }

    #[test]
    fn one_sentence_is_no_tree() {
        assert!(lines(Some(&leaf(false, "0 of 1: needs one more approval."))).is_empty());
        assert!(lines(None).is_empty());
    }
}
