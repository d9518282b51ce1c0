//! Comments as a page shows them: enough of Markdown for short texts.

use super::name;
use crate::{
    times,
    world::{MergeRequestRecord, World},
};

/// A comment.
pub(super) struct CommentView {
    pub(super) author: String,
    pub(super) at: String,
    pub(super) lines: Vec<LineView>,
}

/// A line, which can be one link.
pub(super) struct LineView {
    pub(super) text: String,
    pub(super) link: Option<String>,
}

/// The comments of a merge request, oldest first.
pub(super) fn of(world: &World, record: &MergeRequestRecord) -> Vec<CommentView> {
    let views = world.notes_of(record.id).map(|note| CommentView {
        author: name(world, note.author_id),
        at: times::hook(note.updated_at),
        lines: note.body.lines().filter(|line| is_shown(line)).map(line).collect(),
    });
    views.collect()
}

/// GitLab shows no HTML comments.
fn is_shown(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("<!--")
}

fn line(markdown: &str) -> LineView {
    let link = markdown
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once("](http"));
    if let Some((text, rest)) = link {
        return LineView { text: text.to_owned(), link: Some(format!("http{rest}")) };
    }
    LineView { text: plain(markdown), link: None }
}

/// The text without the signs that only say how it looks.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut signs = markdown.strip_prefix("- ").unwrap_or(markdown).chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => text.extend(signs.next()),
            '*' | '`' => {}
            sign => text.push(sign),
        }
    }
    text
}
