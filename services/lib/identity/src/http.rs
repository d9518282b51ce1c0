//! The provider over HTTP: no redirects, no endless answers.

use std::{pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Why the provider did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// When there was no answer, or none in time.
    #[error("the provider cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// When it failed by itself, so that the same question may be answered later.
    #[error("the provider answered with HTTP status {0}")]
    Unwell(u16),
    /// When it answered with more than a sign-in takes.
    #[error("the answer of the provider is longer than 1 MiB")]
    TooLong,
}

/// Asks the provider.
#[derive(Debug, Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        // Whoever installs a provider first wins; both are ring, so the second may fail quietly.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .build()?;
        Ok(Self(client))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let request = self.0.request(parts.method, url).headers(parts.headers).body(body);
        let mut answer = request.send().await.map_err(HttpError::Unreachable)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(HttpError::Unwell(status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(HttpError::Unreachable)? {
            if body.len() + part.len() > ANSWER_BYTES_MAX {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&part);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
