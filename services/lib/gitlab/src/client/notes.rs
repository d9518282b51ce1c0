//! Notes of a merge request: the one that is ours is found, written and taken away.

use serde::Deserialize;
use serde_json::json;

use super::{ApiError, Client, RawUser, api, paging};

/// Notes per page: few enough for the size limit when people write much.
const NOTES_PER_PAGE: usize = 50;

/// A comment in a merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// GitLab's id of it.
    pub id: i64,
    /// Its Markdown, as GitLab keeps it: line ends are `\n`, nothing blank at either end.
    pub body: String,
}

#[derive(Deserialize)]
struct RawNote {
    id: i64,
    body: Option<String>,
    author: Option<RawUser>,
    #[serde(default)]
    system: bool,
}

impl Client {
    /// The token user's own comments that begin with a mark, oldest first:
    /// `GET .../notes?activity_filter=only_comments`.
    ///
    /// Anybody can write the mark, so the author is compared as well.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses, or the list does not end within 20 pages of 50.
    pub async fn own_notes(
        &self,
        project_id: i64,
        iid: i64,
        mark: &str,
    ) -> Result<Vec<Note>, ApiError> {
        let url = self.notes_url(project_id, iid);
        let mut marked: Vec<(Note, Option<i64>)> = Vec::new();
        for page in 1..=super::PAGE_LIMIT {
            let mut query = paging(page, NOTES_PER_PAGE).to_vec();
            for (key, value) in
                [("order_by", "created_at"), ("sort", "asc"), ("activity_filter", "only_comments")]
            {
                query.push((key, value.to_owned()));
            }
            let fetched = self.get(&url, &query).await?;
            let raw = fetched.parse::<Vec<RawNote>>()?;
            let more = fetched.has_next(raw.len(), NOTES_PER_PAGE);
            for note in raw.into_iter().filter(|note| !note.system) {
                let body = settled(&note.body.unwrap_or_default());
                // Offset pages overlap when a note goes meanwhile.
                if body.starts_with(mark) && marked.iter().all(|(known, _)| known.id != note.id) {
                    let author = note.author.map(|author| author.id);
                    marked.push((Note { id: note.id, body }, author));
                }
            }
            if !more {
                return self.only_own(marked).await;
            }
        }
        Err(ApiError::Endless { pages: super::PAGE_LIMIT })
    }

    async fn only_own(&self, marked: Vec<(Note, Option<i64>)>) -> Result<Vec<Note>, ApiError> {
        if marked.is_empty() {
            return Ok(Vec::new());
        }
        let me = self.get(&format!("{}/user", self.api), &[]).await?.parse::<RawUser>()?.id;
        let own = marked.into_iter().filter(|(_, author)| *author == Some(me));
        Ok(own.map(|(note, _)| note).collect())
    }

    /// Writes a new comment: `POST .../notes`. Lines that begin with `/` would be quick actions.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses; whether it was written is then not known.
    pub async fn create_note(&self, project_id: i64, iid: i64, body: &str) -> Result<(), ApiError> {
        let request = self.http.post(self.notes_url(project_id, iid));
        self.write(request.json(&json!({ "body": body }))).await
    }

    /// Replaces the text of a comment: `PUT .../notes/:note_id`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses: only the author and maintainers may.
    pub async fn update_note(
        &self,
        project_id: i64,
        iid: i64,
        note_id: i64,
        body: &str,
    ) -> Result<(), ApiError> {
        let request = self.http.put(format!("{}/{note_id}", self.notes_url(project_id, iid)));
        self.write(request.json(&json!({ "body": body }))).await
    }

    /// Takes a comment away: `DELETE .../notes/:note_id`. One that is gone is no error.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses.
    pub async fn delete_note(
        &self,
        project_id: i64,
        iid: i64,
        note_id: i64,
    ) -> Result<(), ApiError> {
        let request = self.http.delete(format!("{}/{note_id}", self.notes_url(project_id, iid)));
        match self.write(request).await {
            Err(ApiError::NotFound) => Ok(()),
            other => other,
        }
    }

    fn notes_url(&self, project_id: i64, iid: i64) -> String {
        format!("{}/projects/{project_id}/merge_requests/{iid}/notes", self.api)
    }

    async fn write(&self, request: reqwest::RequestBuilder) -> Result<(), ApiError> {
        api::written(self.ask(request).await?)
    }
}

/// A text in the form in which GitLab gives it back.
fn settled(body: &str) -> String {
    body.replace("\r\n", "\n").trim().to_owned()
}
