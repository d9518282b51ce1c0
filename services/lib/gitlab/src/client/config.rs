//! What an operator configures, checked before anything is sent.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// What it takes to talk to one GitLab instance.
#[derive(Clone)]
pub struct ClientConfig {
    /// The instance's address, e.g. `https://gitlab.example.com`; a path prefix is kept.
    pub base_url: String,
    /// A personal, project or group access token with the `api` scope.
    pub token: SecretString,
    /// The `User-Agent` that GitLab's administrator sees in the log.
    pub user_agent: String,
    /// The limit for a whole request, from the first byte sent to the last byte read.
    pub timeout: Duration,
    /// The limit for opening the connection, TLS included.
    pub connect_timeout: Duration,
}

impl ClientConfig {
    /// With the time-outs of Countersign, whose version stands in the `User-Agent`.
    #[must_use]
    pub fn new(base_url: String, token: SecretString, version: &str) -> Self {
        Self {
            base_url,
            token,
            user_agent: format!("countersign/{version}"),
            timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address is left out too: a careless one holds a password.
        f.debug_struct("ClientConfig")
            .field("user_agent", &self.user_agent)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

/// Why no client could be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The address cannot be used; the text says what is wrong with it.
    #[error("The GitLab URL {0}.")]
    BaseUrl(&'static str),
    /// The token is empty or has characters that no token has.
    #[error("The GitLab token is empty or has a character that a header cannot carry.")]
    Token,
    /// The TLS set-up failed, usually for want of CA certificates on the machine.
    #[error("The HTTPS client could not be set up ({0}); are CA certificates installed?")]
    Build(String),
}

/// `<base>/api/v4` from what an operator typed.
pub(super) fn api_root(base_url: &str) -> Result<String, ClientError> {
    let url = Url::parse(base_url.trim()).map_err(|_| ClientError::BaseUrl("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ClientError::BaseUrl("must start with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientError::BaseUrl("must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ClientError::BaseUrl("must not have a query or fragment"));
    }
    let base = url.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/api/v4").unwrap_or(base);
    Ok(format!("{}/api/v4", base.trim_end_matches('/')))
}

/// The header value, marked sensitive so that no debug output of the HTTP stack shows it.
pub(super) fn token_header(token: &SecretString) -> Result<HeaderValue, ClientError> {
    let token = token.expose_secret();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ClientError::Token);
    }
    let mut value = HeaderValue::from_str(token).map_err(|_| ClientError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}
