//! Comments of a merge request, as people write and see them.

use super::{MergeRequest, User};

impl MergeRequest {
    /// The texts of the comments, oldest first.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.read(|world, id| world.notes_of(id).map(|note| note.body.clone()).collect())
    }

    /// Somebody writes a comment.
    pub fn comment(&self, by: &User, text: &str) {
        self.write(|world, id| world.add_note(id, by.id(), text));
    }

    /// The oldest comment is deleted.
    pub fn delete_note(&self) {
        self.write(|world, id| {
            let oldest = world.notes_of(id).map(|note| note.id).next();
            oldest.and_then(|note| world.notes.remove(&note))
        });
    }

    /// Waits until a comment has a text in it, and gives that comment.
    ///
    /// # Panics
    ///
    /// After 10 seconds, with the comments there are.
    pub async fn note_says(&self, text: &str) -> String {
        let what = format!("a comment of !{} with {text:?}", self.iid());
        let found = || self.notes().into_iter().find(|note| note.contains(text));
        self.wait(&what, || found().is_some(), || format!("{:#?}", self.notes())).await;
        found().unwrap_or_default()
    }
}
