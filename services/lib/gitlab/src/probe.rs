//! A call to a hook as GitLab would make it, that says so and is recorded nowhere.

use std::time::Duration;

use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};

use crate::signature::sign;

/// The body of a probe: what is signed with a right secret and says this is answered 204.
pub const PROBE: &[u8] = br#"{"object_kind":"countersign_probe"}"#;
/// How long GitLab waits for an answer to a call, at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a hook answered a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It is ours, and the secret is right.
    Right,
    /// It is ours, and the secret is another one.
    WrongSecret,
    /// It sends callers elsewhere, where GitLab's calls would arrive without a body.
    Redirect {
        /// Where to.
        to: String,
    },
    /// Something else answers there.
    Other {
        /// The HTTP status code.
        status: u16,
    },
    /// Nobody answers there.
    Unreachable {
        /// The cause, without the URL.
        cause: String,
    },
}

/// Calls a hook with a signed probe.
pub async fn probe(url: &str, secret: &[u8]) -> ProbeAnswer {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return ProbeAnswer::Unreachable { cause: error.without_url().to_string() },
    };
    let request = client
        .request(Method::POST, url)
        .header(CONTENT_TYPE, "application/json")
        .header("X-Gitlab-Signature", sign(secret, PROBE))
        .body(PROBE);
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return ProbeAnswer::Unreachable { cause: crate::client::told(error) },
    };
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    match response.status() {
        StatusCode::NO_CONTENT => ProbeAnswer::Right,
        StatusCode::UNAUTHORIZED => ProbeAnswer::WrongSecret,
        status if status.is_redirection() => {
            ProbeAnswer::Redirect { to: location.unwrap_or("elsewhere").to_owned() }
        }
        status => ProbeAnswer::Other { status: status.as_u16() },
    }
}
