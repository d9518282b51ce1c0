//! Who is signed in, with a password of ours: the cookie, and what stands before every page.
//!
//! Another way to sign in (OpenID Connect) ends at the same place: recorder begins a session, and its
//! secret goes into this cookie.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{FindSessionRequest, LocalPerson};
use tonic::Code;

use crate::{
    SignIn,
    app::App,
    pages,
    person::{Person, Visit},
};

/// Browsers take a cookie of this name only over TLS, for this host and without a domain.
const COOKIE: &str = "__Host-countersign";
/// The name over plain HTTP on this machine, where browsers would refuse the other.
const PLAIN_COOKIE: &str = "countersign-session";

/// The address of the form.
pub(crate) const SIGN_IN: &str = "/approval-apps/sign-in";

/// A session that recorder knows.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
    /// Keys its form tokens.
    pub(crate) form_key: String,
    pub(crate) person: Person,
}

impl From<LocalPerson> for Person {
    fn from(person: LocalPerson) -> Self {
        let LocalPerson { id, name, email, groups, .. } = person;
        Self { id, name, email, groups }
    }
}

impl Session {
    /// The session of this secret; `None` when it is over.
    pub(crate) async fn find(
        app: &App,
        secret: String,
        active: bool,
    ) -> Result<Option<Self>, tonic::Status> {
        let question = FindSessionRequest { secret: secret.clone(), active };
        match app.people.clone().find_session(question).await {
            Ok(found) => {
                let found = found.into_inner();
                let person = found.person.unwrap_or_default().into();
                Ok(Some(Self { secret, form_key: found.form_key, person }))
            }
            Err(status) if status.code() == Code::Unauthenticated => Ok(None),
            Err(status) => Err(status),
        }
    }
}

/// Lets nobody further who is not signed in, where people sign in here.
pub(crate) async fn guard(
    State(app): State<App>,
    visit: Visit,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let open = path == SIGN_IN || path.starts_with("/approval-apps/assets/");
    let SignIn::Local { plain } = *app.sign_in else {
        return next.run(request).await;
    };
    let secret = secret(request.headers(), plain);
    let found = match secret {
        // Events flow while nobody is there.
        Some(secret) => Session::find(&app, secret, !is_events(path)).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(session)) => {
            request.extensions_mut().insert(session);
            next.run(request).await
        }
        _ if open => next.run(request).await,
        Ok(None) if is_events(path) => StatusCode::UNAUTHORIZED.into_response(),
        Ok(None) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            let wanted = request.uri().path_and_query().map_or("", |it| it.as_str());
            Redirect::to(&form_for(wanted)).into_response()
        }
        Ok(None) => pages::not_signed_in(&visit),
        Err(status) => pages::unavailable(&visit, &status),
    }
}

fn is_events(path: &str) -> bool {
    path == "/approval-apps/events"
}

/// The address of the form that leads back to where somebody wanted to go.
fn form_for(wanted: &str) -> String {
    match wanted {
        "" | "/" | "/approval-apps" | "/approval-apps/" => SIGN_IN.to_owned(),
        _ => format!("{SIGN_IN}?next={}", escaped(wanted)),
    }
}

/// A value as it can stand in a query.
fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// Where to go after signing in: a page of ours, or the list.
pub(crate) fn next_page(wanted: &str) -> &str {
    const LIST: &str = "/approval-apps/";
    let ours = wanted.starts_with(LIST)
        && !wanted.contains("//")
        && !wanted.starts_with(SIGN_IN)
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { wanted } else { LIST }
}

/// Whether this browser speaks plain HTTP to us on this machine.
fn is_plain(headers: &HeaderMap, allowed: bool) -> bool {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = of("host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    allowed
        && matches!(name, "127.0.0.1" | "localhost" | "[::1]")
        && !of("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The secret in the session's cookie; two cookies of its name are not ours.
fn secret(headers: &HeaderMap, plain: bool) -> Option<String> {
    let wanted = if is_plain(headers, plain) { PLAIN_COOKIE } else { COOKIE };
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = all
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted);
    let (_, secret) = ours.next()?;
    let whole = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    (whole && ours.next().is_none()).then(|| secret.to_owned())
}

/// The cookie of a session; without a secret, the end of it. It goes with the browser: recorder
/// knows when it is over.
pub(crate) fn cookie(
    headers: &HeaderMap,
    plain: bool,
    secret: Option<&str>,
) -> Option<HeaderValue> {
    let (name, secure) = match is_plain(headers, plain) {
        true => (PLAIN_COOKIE, ""),
        false => (COOKIE, "; Secure"),
    };
    let end = if secret.is_none() { "; Max-Age=0" } else { "" };
    let secret = secret.unwrap_or_default();
    let value = format!("{name}={secret}; Path=/{secure}; HttpOnly; SameSite=Lax{end}");
    HeaderValue::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (header::HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_pages_of_ours_come_after_signing_in() {
        for ours in ["/approval-apps/", "/approval-apps/r/7?said=8", "/approval-apps/?show=all"] {
            assert_eq!(next_page(ours), ours);
        }
        for wrong in [
            "",
            "/elsewhere",
            "//evil.example/approval-apps/",
            "https://evil.example/approval-apps/",
            "/approval-apps//evil.example",
            "/approval-apps/\\evil.example",
            "/approval-apps/\r\nset-cookie: x",
            "/approval-apps/sign-in?next=x",
            "/approval-apps/ ä",
        ] {
            assert_eq!(next_page(wrong), "/approval-apps/", "{wrong}");
        }
    }

    #[test]
    fn where_somebody_wanted_to_go_survives_the_form() {
        assert_eq!(form_for("/approval-apps/"), SIGN_IN);
        let form = form_for("/approval-apps/?show=all&page=1.2");
        assert_eq!(form, "/approval-apps/sign-in?next=/approval-apps/%3Fshow%3Dall%26page%3D1.2");
    }

    #[test]
    fn the_cookie_is_for_tls_unless_it_stays_on_this_machine() {
        let proxied = headers(&[("host", "approvals.example.com")]);
        let text = |headers: &HeaderMap, plain| {
            cookie(headers, plain, Some("x")).unwrap().to_str().unwrap().to_owned()
        };
        let strict = "__Host-countersign=x; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(text(&proxied, true), strict);
        let here = headers(&[("host", "127.0.0.1:8080")]);
        assert_eq!(text(&here, false), strict);
        assert_eq!(text(&here, true), "countersign-session=x; Path=/; HttpOnly; SameSite=Lax");
        let behind = headers(&[("host", "127.0.0.1:8080"), ("x-forwarded-proto", "https")]);
        assert_eq!(text(&behind, true), strict);
    }
}
