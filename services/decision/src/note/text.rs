//! What a note says, in GitLab's Markdown.
//!
//! A reason or a name comes from people who need no account in GitLab, and the note is written with our
//! token: nothing of theirs may begin a line, where GitLab takes it for a command, or name a user, whom
//! GitLab would tell.

use proto::v1::{LinkedRequest, RecordedDecision, Request};

/// How our note begins; GitLab does not show it.
pub(super) const MARK: &str = "<!-- countersign:note -->";
/// Most characters of a text from elsewhere.
const CHARS_MAX: usize = 600;

/// The note about these requests, each of another check.
pub(super) fn note(requests: &[LinkedRequest], link: Option<&str>) -> String {
    let mut lines: Vec<((&str, i64), String)> = Vec::new();
    for linked in requests {
        if let Some(request) = &linked.request {
            let place = (request.check_name.as_str(), request.check_id);
            lines.push((place, line(request, &linked.decisions)));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    let link = link.map(|link| format!("\n\n[Why, and who can help]({link})"));
    format!("{MARK}\n{}{}", lines.join("\n"), link.unwrap_or_default())
}

fn line(request: &Request, decisions: &[RecordedDecision]) -> String {
    let sha = request.sha.get(..8).unwrap_or(&request.sha);
    let name = match request.check_name.trim() {
        "" => "Status check",
        name => name,
    };
    let (state, why) = match request.state.as_str() {
        // What was said about another commit is not what counts.
        "superseded" => ("superseded by another commit", String::new()),
        "cancelled" => ("cancelled", String::new()),
        "rejected" => ("rejected", format!(" {}{}", plain(&request.explanation), no(decisions))),
        state => (state, format!(" {}", plain(&request.explanation))),
    };
    format!("- **{}:** {state}, commit `{sha}`.{why}", plain(name))
}

/// What the last who said no gave as a reason.
fn no(decisions: &[RecordedDecision]) -> String {
    let last = decisions.iter().rfind(|it| it.verdict == "reject" && !it.reason.is_empty());
    last.map(|it| format!(" Reason: {}", plain(&it.reason))).unwrap_or_default()
}

/// One line of text that means nothing to GitLab: every sign that could is escaped.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut signs = line.chars().take(CHARS_MAX).peekable();
    while let Some(c) = signs.next() {
        // Sentences stay readable in the e-mails that GitLab makes of a note.
        let harmless = match c {
            ':' => signs.peek().is_none_or(|next| *next == ' '),
            c => !c.is_ascii_punctuation() || ".,;'\"-()?+=".contains(c),
        };
        if !harmless {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(check_name: &str, state: &str, explanation: &str, reason: &str) -> LinkedRequest {
        let request = Request {
            check_name: check_name.to_owned(),
            state: state.to_owned(),
            explanation: explanation.to_owned(),
            sha: "0123456789abcdef".to_owned(),
            ..Request::default()
        };
        let decision = RecordedDecision {
            verdict: "reject".to_owned(),
            reason: reason.to_owned(),
            ..RecordedDecision::default()
        };
        LinkedRequest { request: Some(request), decisions: vec![decision], finding: None }
    }

    #[test]
    fn a_note_has_a_line_for_each_check_and_the_link() {
        let requests = [
            linked("QA", "approved", "Approved by ada.", ""),
            linked("CAB", "waiting", "Waits.", ""),
        ];
        let link = "https://approvals.example.com/approval-apps/why/main/6/4/abc";
        let expected = "<!-- countersign:note -->\n\
             - **CAB:** waiting, commit `01234567`. Waits.\n\
             - **QA:** approved, commit `01234567`. Approved by ada.\n\n\
             [Why, and who can help](https://approvals.example.com/approval-apps/why/main/6/4/abc)";
        assert_eq!(note(&requests, Some(link)), expected);
    }

    #[test]
    fn words_of_others_are_no_command_and_call_nobody() {
        let said = "@all:\n/merge\r\n`x` <b> [a](http://b) ~bug #1 &2 $3 %4";
        let text = note(&[linked("QA\n/close", "rejected", "Rejected by a_b.", said)], None);
        let expected = r"- **QA \/close:** rejected, commit `01234567`. Rejected by a\_b. Reason: \@all: \/merge \`x\` \<b\> \[a\](http\:\/\/b) \~bug \#1 \&2 \$3 \%4";
        assert_eq!(text, format!("{MARK}\n{expected}"));
    }

    #[test]
    fn a_commit_that_was_replaced_is_told_without_what_was_said_of_it() {
        let text = note(&[linked("QA", "superseded", "Approved by ada.", "")], None);
        assert!(
            text.ends_with("- **QA:** superseded by another commit, commit `01234567`."),
            "{text}"
        );
    }
}
