//! Somebody in front of a page: opens it, reads the form, sends it.

use reqwest::{Client, StatusCode, header};
use tests::Page;

use super::Came;
use crate::{
    log::{Outcome, Sent},
    plan::Word,
};

/// A visit to the pages.
pub(super) struct Visit<'a> {
    pub(super) http: &'a Client,
    pub(super) pages: &'a str,
}

impl Visit<'_> {
    /// Opens a request and decides as its page shows it.
    pub(super) async fn decides(
        &self,
        number: usize,
        request_id: &str,
        iid: u64,
        person: &str,
        word: Word,
    ) -> Came {
        let url = format!("{}/approval-apps/r/{request_id}", self.pages);
        let (page, cookie) = match self.opens(&url).await {
            Ok(opened) => opened,
            Err(error) => return Came::refused(format!("the page did not open: {error}")),
        };
        if page.status != StatusCode::OK {
            return Came::refused(format!("the page said {}", page.status));
        }
        let form = page.form(word.as_str());
        let field = |name: &str| {
            let field = form.iter().find(|(known, _)| *known == name);
            field.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let sha = field("sha");
        if sha.is_empty() {
            return Came::refused("the page had no form");
        }
        let reason = format!("operation {number}");
        let sent = Sent {
            source: "ui",
            decision_id: None,
            reason: reason.clone(),
            word,
            actor: person.to_lowercase(),
            iid,
            target_branch: Some(field("target_branch")),
            sha,
        };
        let mut fields = form;
        fields.push(("reason", reason));
        fields.push(("name", person.to_owned()));
        let request = self.http.post(format!("{url}/decision")).form(&fields);
        let answer = request.header(header::COOKIE, cookie).send().await;
        let detail = format!("{person}: {}", word.as_str());
        let (outcome, said) = match answer.map(|it| it.status()) {
            // Where to is the page of the request, with the decision that was recorded.
            Ok(StatusCode::SEE_OTHER) => (Outcome::Done, "recorded".to_owned()),
            Ok(StatusCode::ACCEPTED) => (Outcome::Done, "on its way".to_owned()),
            // The bus may have it all the same.
            Ok(StatusCode::SERVICE_UNAVAILABLE) => (Outcome::Unknown, "503".to_owned()),
            Ok(StatusCode::BAD_GATEWAY) => (Outcome::Unknown, "502".to_owned()),
            Ok(status) => (Outcome::Refused, status.as_str().to_owned()),
            Err(error) if error.is_connect() => (Outcome::Refused, "no connection".to_owned()),
            Err(_) => (Outcome::Unknown, "no answer".to_owned()),
        };
        Came { sent: Some(sent), ..Came::new(outcome, format!("{detail} ({said})")) }
    }

    async fn opens(&self, url: &str) -> reqwest::Result<(Page, String)> {
        let answer = self.http.get(url).send().await?;
        let cookie = answer.headers().get(header::SET_COOKIE);
        let cookie = cookie.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let status = answer.status();
        let page = Page { url: url.to_owned(), status, html: answer.text().await? };
        Ok((page, cookie))
    }
}
