//! Comments of merge requests, and the commands that a line of one can be.

use jiff::Timestamp;

use super::{World, change};
use crate::times;

/// A comment.
#[derive(Debug, Clone)]
pub(crate) struct NoteRecord {
    pub(crate) id: u64,
    /// The id of the merge request, not its number.
    pub(crate) merge_request_id: u64,
    pub(crate) author_id: u64,
    pub(crate) body: String,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl World {
    /// Writes a comment; a line `/close` is carried out and not kept, as every quick action.
    pub(crate) fn add_note(&mut self, merge_request_id: u64, author_id: u64, body: &str) -> u64 {
        let id = self.next_id();
        let body = self.carry_out(merge_request_id, author_id, body);
        let now = times::now();
        let record =
            NoteRecord { id, merge_request_id, author_id, body, created_at: now, updated_at: now };
        self.notes.insert(id, record);
        id
    }

    /// Replaces the text of a comment.
    pub(crate) fn edit_note(&mut self, id: u64, editor_id: u64, body: &str) {
        let Some(about) = self.notes.get(&id).map(|note| note.merge_request_id) else { return };
        let body = self.carry_out(about, editor_id, body);
        if let Some(note) = self.notes.get_mut(&id) {
            note.body = body;
            note.updated_at = times::now();
        }
    }

    /// The comments of a merge request, oldest first.
    pub(crate) fn notes_of(&self, merge_request_id: u64) -> impl Iterator<Item = &NoteRecord> {
        self.notes.values().filter(move |note| note.merge_request_id == merge_request_id)
    }

    fn carry_out(&mut self, merge_request_id: u64, actor_id: u64, body: &str) -> String {
        let (commands, text): (Vec<&str>, Vec<&str>) =
            body.lines().partition(|line| line.trim_start().starts_with("/close"));
        if !commands.is_empty() {
            self.apply(merge_request_id, actor_id, change::closed);
        }
        text.join("\n").trim().to_owned()
    }
}
