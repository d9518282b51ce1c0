//! GitLab's REST API, as far as it is needed: post a status, read it back, look a merge request up,
//! keep a note.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, HeaderMap, HeaderValue},
};
use secrecy::SecretString;
use serde_json::json;

use crate::answer::{Answer, PostOutcome, classify};

mod api;
mod config;
mod entity;
mod manage;
mod notes;
mod wire;

pub use api::ApiError;
pub use config::{ClientConfig, ClientError};
pub use entity::{CheckStatus, MergeRequest, Page, Project};
pub use manage::{CheckForm, ConfiguredCheck, Instance, TokenFacts};
pub use notes::Note;
#[cfg(test)]
pub(crate) use wire::blanked;
pub(crate) use wire::cause as told;

use config::{api_root, token_header};
use entity::{RawCheckStatus, RawMergeRequest, RawUser};

/// Pages of one list that are read before it counts as endless.
const PAGE_LIMIT: u32 = 20;
/// Status checks per page, GitLab's maximum.
const CHECKS_PER_PAGE: usize = 100;
/// Merge requests per page: few, because each carries its description and a body may not exceed
/// the size limit.
const MERGE_REQUESTS_PER_PAGE: usize = 10;

/// A client for one GitLab instance; cheap to clone, all clones share one connection pool.
///
/// The usual proxy environment variables are honoured. Redirects are never followed: a POST
/// would become a GET, and the token would travel to wherever the redirect points.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// `<base>/api/v4`, without a slash at the end.
    api: String,
    token: Arc<RwLock<SecretString>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Client {
    /// Builds the client without connecting.
    ///
    /// # Errors
    ///
    /// When the address or the token cannot be used, or TLS cannot be set up.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let api = api_root(&config.base_url)?;
        let mut headers = HeaderMap::new();
        token_header(&config.token)?;
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        // Whoever installs a provider first wins; both are ring, so the second may fail quietly.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(config.user_agent)
            .timeout(config.timeout)
            .connect_timeout(config.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .build()
            .map_err(|error| ClientError::Build(wire::cause(error)))?;
        Ok(Self { http, api, token: Arc::new(RwLock::new(config.token)) })
    }

    /// Goes on with another token, for all clones.
    ///
    /// # Errors
    ///
    /// When the token cannot be used; the one before stays.
    pub fn set_token(&self, token: SecretString) -> Result<(), ClientError> {
        token_header(&token)?;
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = token;
        Ok(())
    }

    /// A request with the token of now, and that token, so that no answer repeats it.
    fn with_token(&self, request: RequestBuilder) -> (RequestBuilder, SecretString) {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner).clone();
        match token_header(&token) {
            Ok(value) => (request.header("PRIVATE-TOKEN", value), token),
            Err(_) => (request, token),
        }
    }

    /// Posts a status and says what became of it: `POST .../status_check_responses`.
    ///
    /// Exactly one POST is made. After a 401 the token is tried elsewhere, to tell a bad token
    /// from a lapsed licence.
    pub async fn post_status(&self, answer: Answer) -> PostOutcome {
        let url = format!(
            "{}/projects/{}/merge_requests/{}/status_check_responses",
            self.api, answer.project_id, answer.iid
        );
        let body = json!({
            "sha": answer.sha,
            "external_status_check_id": answer.check_id,
            "status": answer.status.as_str(),
        });
        let (request, token) = self.with_token(self.http.post(url).json(&body));
        let outcome = match wire::exchange(request, &token).await {
            Ok(fetched) => classify(&fetched.reply(), &answer),
            Err(broken) if broken.sent => PostOutcome::Unknown { cause: broken.cause },
            Err(broken) => PostOutcome::NotSent { cause: broken.cause },
        };
        if !matches!(outcome, PostOutcome::Unauthorised { .. }) {
            return outcome;
        }
        match self.token_works().await {
            Ok(works) => outcome.refined(works),
            Err(_) => outcome,
        }
    }

    /// Presses Retry on a failed check: `POST .../status_checks/:id/retry`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses; it refuses unless the check shows `failed`.
    pub async fn retry_check(
        &self,
        project_id: i64,
        iid: i64,
        check_id: i64,
    ) -> Result<(), ApiError> {
        let url = format!(
            "{}/projects/{project_id}/merge_requests/{iid}/status_checks/{check_id}/retry",
            self.api
        );
        api::accepted(self.ask(self.http.post(url)).await?).map(drop)
    }

    /// The merge request as it is now: `GET /projects/:id/merge_requests/:iid`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked, refuses, or answers about another merge request.
    pub async fn merge_request(&self, project_id: i64, iid: i64) -> Result<MergeRequest, ApiError> {
        let url = format!("{}/projects/{project_id}/merge_requests/{iid}", self.api);
        let fetched = self.get(&url, &[]).await?;
        let found = fetched.parse::<RawMergeRequest>()?.checked()?;
        if found.iid != iid || found.target_project_id != project_id {
            return Err(ApiError::unexpected("the answer is about another merge request"));
        }
        Ok(found)
    }

    /// The status of every check that applies to the merge request, for its *current* head:
    /// `GET .../status_checks`. The answer names no SHA; compare the merge request's.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses, or the list does not end within 20 pages: half a
    /// list would make a check look deleted.
    pub async fn status_checks(
        &self,
        project_id: i64,
        iid: i64,
    ) -> Result<Vec<CheckStatus>, ApiError> {
        let url = format!("{}/projects/{project_id}/merge_requests/{iid}/status_checks", self.api);
        let mut checks: Vec<CheckStatus> = Vec::new();
        for page in 1..=PAGE_LIMIT {
            let fetched = self.get(&url, &paging(page, CHECKS_PER_PAGE)).await?;
            let items = fetched.parse::<Vec<RawCheckStatus>>()?;
            let more = fetched.has_next(items.len(), CHECKS_PER_PAGE);
            for check in items.into_iter().map(CheckStatus::from) {
                // Offset pages overlap when a check is added meanwhile; the later row is newer.
                match checks.iter_mut().find(|known| known.id == check.id) {
                    Some(known) => *known = check,
                    None => checks.push(check),
                }
            }
            if !more {
                return Ok(checks);
            }
        }
        Err(ApiError::Endless { pages: PAGE_LIMIT })
    }

    /// The project's present path: `GET /projects/:id`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked, refuses, or answers about another project.
    pub async fn project(&self, project_id: i64) -> Result<Project, ApiError> {
        let project = self.find_project(&project_id.to_string()).await?;
        if project.id != project_id {
            return Err(ApiError::unexpected("the answer is about another project"));
        }
        Ok(project)
    }

    /// Whether GitLab knows the token at all: `GET /user`, which needs no licence.
    ///
    /// A token without the scope for this page is still a known token.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or answers anything but yes or no.
    pub async fn token_works(&self) -> Result<bool, ApiError> {
        let answer = self.get(&format!("{}/user", self.api), &[]).await;
        match answer.and_then(|fetched| fetched.parse::<RawUser>()) {
            Ok(_) | Err(ApiError::Forbidden { insufficient_scope: true }) => Ok(true),
            Err(ApiError::Unauthorised { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// One page of the project's open merge requests, oldest first, pages counted from 1.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses.
    pub async fn open_merge_requests(
        &self,
        project_id: i64,
        page: u32,
    ) -> Result<Page<MergeRequest>, ApiError> {
        let url = format!("{}/projects/{project_id}/merge_requests", self.api);
        let mut query = paging(page, MERGE_REQUESTS_PER_PAGE).to_vec();
        for (key, value) in [("state", "opened"), ("order_by", "created_at"), ("sort", "asc")] {
            query.push((key, value.to_owned()));
        }
        let fetched = self.get(&url, &query).await?;
        let raw = fetched.parse::<Vec<RawMergeRequest>>()?;
        let more = fetched.has_next(raw.len(), MERGE_REQUESTS_PER_PAGE);
        let items = raw.into_iter().map(RawMergeRequest::checked).collect::<Result<Vec<_>, _>>()?;
        if items.iter().any(|item| item.target_project_id != project_id) {
            return Err(ApiError::unexpected("the list is about another project"));
        }
        let next = if more { page.checked_add(1) } else { None };
        Ok(Page { items, next })
    }

    async fn get(
        &self,
        url: &str,
        query: &[(&'static str, String)],
    ) -> Result<wire::Fetched, ApiError> {
        api::accepted(self.ask(self.http.get(url).query(query)).await?)
    }

    /// One exchange, with the token of now; what the answer means is for the caller to say.
    async fn ask(&self, request: RequestBuilder) -> Result<wire::Fetched, ApiError> {
        let (request, token) = self.with_token(request);
        let fetched = wire::exchange(request, &token).await;
        fetched.map_err(|broken| ApiError::Unreachable { cause: broken.cause })
    }
}

fn paging(page: u32, per_page: usize) -> [(&'static str, String); 2] {
    [("page", page.to_string()), ("per_page", per_page.to_string())]
}

#[cfg(test)]
mod tests;
