//! Which system calls, by its token.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use proto::v1::{ApiToken, FindTokenRequest};
use tonic::Code;

use super::problem::Problem;
use crate::app::App;

/// Longest token that is looked at, in bytes.
const SECRET_BYTES_MAX: usize = 200;

/// A system whose token is good now: recorder is asked at each call, so that a revoked one is out
/// at once.
#[derive(Debug)]
pub(crate) struct Caller(ApiToken);

impl Caller {
    /// As recorder knows it.
    pub(crate) fn wire(&self) -> Option<proto::v1::Caller> {
        Some(proto::v1::Caller::token(&self.0.token_id))
    }

    /// The source its decisions come from, when it may do this.
    pub(crate) fn may(&self, scope: &'static str) -> Result<&str, Problem> {
        let has = self.0.scopes.iter().any(|it| it == scope);
        if has { Ok(&self.0.source) } else { Err(Problem::Scope(scope)) }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let secret = secret(&parts.headers)?.to_owned();
        let found = app.tokens.clone().find_token(FindTokenRequest { secret }).await;
        match found {
            Ok(found) => Ok(Self(found.into_inner().token.unwrap_or_default())),
            Err(status) if status.code() == Code::Unauthenticated => Err(Problem::BadToken),
            Err(status) => Err(status.into()),
        }
    }
}

/// The token of the one `Authorization` header (RFC 6750, 2.1).
fn secret(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return Err(Problem::NoToken) };
    let (scheme, secret) =
        only.to_str().ok().and_then(|it| it.split_once(' ')).ok_or(Problem::NoToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::NoToken);
    }
    let secret = secret.trim();
    if secret.len() > SECRET_BYTES_MAX { Err(Problem::BadToken) } else { Ok(secret) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use axum::http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let pair = |value: &&'static str| (header::AUTHORIZATION, HeaderValue::from_static(value));
        values.iter().map(pair).collect()
    }

    #[test]
    fn one_bearer_token_is_read() {
        assert_eq!(secret(&headers(&["Bearer cst_1"])).unwrap(), "cst_1");
        assert_eq!(secret(&headers(&["bearer  cst_1 "])).unwrap(), "cst_1");
        for wrong in [&[][..], &["Basic cst_1"], &["Bearer"], &["cst_1"], &["Bearer a", "Bearer b"]]
        {
            assert!(secret(&headers(wrong)).is_err(), "{wrong:?}");
        }
    }
}
