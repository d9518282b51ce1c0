//! What sets a gate up and looks whether it is: projects, their status checks, and the token itself.

use jiff::{Timestamp, civil::Date, fmt::rfc2822};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;

use super::{
    ApiError, Client, PAGE_LIMIT, api,
    entity::{Project, RawProject},
    paging,
};
use crate::text::{NAME_CHARS, capped};

/// Items per page, GitLab's maximum.
const PER_PAGE: usize = 100;

/// A status check as a project has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredCheck {
    /// GitLab's id of it.
    pub id: i64,
    /// Its name, at most 255 characters.
    pub name: String,
    /// Where it calls.
    pub external_url: String,
    /// Names of the protected branches that it is for; none is every branch.
    pub branches: Vec<String>,
    /// Whether it signs its calls; `None` in versions that do not say.
    pub signs: Option<bool>,
}

/// What a status check is to be; `None` leaves what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckForm {
    /// Its name.
    pub name: String,
    /// Where it calls.
    pub external_url: String,
    /// What it signs with.
    pub shared_secret: String,
    /// Ids of the protected branches that it is for.
    pub protected_branch_ids: Option<Vec<i64>>,
}

/// The token that the client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// The day from which it is refused; `None` when it never is.
    pub expires_at: Option<Date>,
    /// Its user.
    pub user_id: i64,
}

/// The instance itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Such as `18.9.0-ee`.
    pub version: String,
    /// Its clock, in whole seconds; `None` when it does not say.
    pub time: Option<Timestamp>,
}

#[derive(Deserialize)]
struct RawCheck {
    id: i64,
    name: String,
    external_url: Option<String>,
    #[serde(default)]
    protected_branches: Vec<RawBranch>,
    hmac: Option<bool>,
}

#[derive(Deserialize)]
struct RawBranch {
    id: i64,
    name: String,
}

#[derive(Deserialize)]
struct RawToken {
    #[serde(default)]
    scopes: Vec<String>,
    expires_at: Option<String>,
    user_id: i64,
}

#[derive(Deserialize)]
struct RawVersion {
    version: String,
}

#[derive(Deserialize)]
struct RawMember {
    access_level: i64,
}

impl From<RawCheck> for ConfiguredCheck {
    fn from(raw: RawCheck) -> Self {
        Self {
            id: raw.id,
            name: capped(&raw.name, NAME_CHARS),
            external_url: raw.external_url.unwrap_or_default(),
            branches: raw.protected_branches.into_iter().map(|branch| branch.name).collect(),
            signs: raw.hmac,
        }
    }
}

impl Client {
    /// A project by its path or its id: `GET /projects/:id`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses.
    pub async fn find_project(&self, path_or_id: &str) -> Result<Project, ApiError> {
        let url = self.url(&["projects", path_or_id]);
        Ok(self.get(&url, &[]).await?.parse::<RawProject>()?.into())
    }

    /// All projects of a group and of the groups below it: `GET /groups/:id/projects`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses, or the list does not end within 20 pages of 100.
    pub async fn projects_of_group(&self, path: &str) -> Result<Vec<Project>, ApiError> {
        let url = self.url(&["groups", path, "projects"]);
        let query =
            [("include_subgroups", "true"), ("archived", "false"), ("with_shared", "false")];
        let raw: Vec<RawProject> = self.all(&url, &query).await?;
        Ok(raw.into_iter().map(Project::from).collect())
    }

    /// The status checks of a project: `GET .../external_status_checks`, for maintainers.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses: 401 also where the licence does not have them.
    pub async fn configured_checks(
        &self,
        project_id: i64,
    ) -> Result<Vec<ConfiguredCheck>, ApiError> {
        let url = format!("{}/projects/{project_id}/external_status_checks", self.api);
        let raw: Vec<RawCheck> = self.all(&url, &[]).await?;
        Ok(raw.into_iter().map(ConfiguredCheck::from).collect())
    }

    /// Makes a status check, or changes the one with this id; returns it as GitLab has it then.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses.
    pub async fn save_check(
        &self,
        project_id: i64,
        check_id: Option<i64>,
        form: &CheckForm,
    ) -> Result<ConfiguredCheck, ApiError> {
        let url = format!("{}/projects/{project_id}/external_status_checks", self.api);
        let mut body = json!({
            "name": form.name,
            "external_url": form.external_url,
            "shared_secret": form.shared_secret,
        });
        if let Some(ids) = &form.protected_branch_ids {
            body["protected_branch_ids"] = json!(ids);
        }
        let request = match check_id {
            Some(id) => self.http.put(format!("{url}/{id}")),
            None => self.http.post(url),
        };
        let fetched = self.ask(request.json(&body)).await?;
        Ok(api::made(fetched)?.parse::<RawCheck>()?.into())
    }

    /// The protected branches of a project, by name: `GET .../protected_branches`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses.
    pub async fn protected_branches(
        &self,
        project_id: i64,
    ) -> Result<Vec<(i64, String)>, ApiError> {
        let url = format!("{}/projects/{project_id}/protected_branches", self.api);
        let raw: Vec<RawBranch> = self.all(&url, &[]).await?;
        Ok(raw.into_iter().map(|branch| (branch.id, branch.name)).collect())
    }

    /// Turns "Status checks must succeed" on: `PUT /projects/:id`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses, or takes it and does not do it.
    pub async fn require_checks(&self, project_id: i64) -> Result<(), ApiError> {
        let url = format!("{}/projects/{project_id}", self.api);
        let body = json!({ "only_allow_merge_if_all_status_checks_passed": true });
        let fetched = self.ask(self.http.put(url).json(&body)).await?;
        let project = Project::from(api::made(fetched)?.parse::<RawProject>()?);
        match project.requires_checks {
            Some(true) => Ok(()),
            _ => Err(ApiError::unexpected(
                "the setting was not taken over, as where the licence does not have it",
            )),
        }
    }

    /// What the token is: `GET /personal_access_tokens/self`, which every token may ask.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses the token.
    pub async fn token_facts(&self) -> Result<TokenFacts, ApiError> {
        let url = format!("{}/personal_access_tokens/self", self.api);
        let raw = self.get(&url, &[]).await?.parse::<RawToken>()?;
        let day = |text: String| {
            let read = text.parse::<Date>();
            read.map_err(|_| ApiError::unexpected("expires_at is no date"))
        };
        let expires_at = raw.expires_at.map(day).transpose()?;
        Ok(TokenFacts { scopes: raw.scopes, expires_at, user_id: raw.user_id })
    }

    /// The access level of a member of a project, with what groups give: 30 is Developer, 40 Maintainer.
    /// `GET .../members/all/:user_id`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses; not found is no member.
    pub async fn access_level(&self, project_id: i64, user_id: i64) -> Result<i64, ApiError> {
        let url = format!("{}/projects/{project_id}/members/all/{user_id}", self.api);
        Ok(self.get(&url, &[]).await?.parse::<RawMember>()?.access_level)
    }

    /// What GitLab says of itself: `GET /version`.
    ///
    /// # Errors
    ///
    /// When GitLab cannot be asked or refuses the token.
    pub async fn instance(&self) -> Result<Instance, ApiError> {
        let fetched = self.get(&format!("{}/version", self.api), &[]).await?;
        let raw = fetched.parse::<RawVersion>()?;
        let reader = rfc2822::DateTimeParser::new();
        let time = fetched.reply().date.and_then(|date| reader.parse_timestamp(date.trim()).ok());
        Ok(Instance { version: capped(&raw.version, NAME_CHARS), time })
    }

    /// An address below the API; what is not plain in a part is encoded.
    fn url(&self, parts: &[&str]) -> String {
        let mut url = match Url::parse(&self.api) {
            Ok(url) => url,
            Err(_) => return format!("{}/{}", self.api, parts.join("/")),
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(parts.iter().map(|part| part.trim_matches('/')));
        }
        url.into()
    }

    async fn all<T: serde::de::DeserializeOwned>(
        &self,
        url: &str,
        query: &[(&'static str, &str)],
    ) -> Result<Vec<T>, ApiError> {
        let mut all = Vec::new();
        for page in 1..=PAGE_LIMIT {
            let mut asked = paging(page, PER_PAGE).to_vec();
            asked.extend(query.iter().map(|(key, value)| (*key, (*value).to_owned())));
            let fetched = self.get(url, &asked).await?;
            let items = fetched.parse::<Vec<T>>()?;
            let more = fetched.has_next(items.len(), PER_PAGE);
            all.extend(items);
            if !more {
                return Ok(all);
            }
        }
        Err(ApiError::Endless { pages: PAGE_LIMIT })
    }
}
