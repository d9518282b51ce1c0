//! Who is signed in, and what stands before every page.
//!
//! Every way to sign in (a password, an OpenID provider, the demo's picker) ends at the same place:
//! recorder begins a session, and its secret goes into the browser's cookie.

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use proto::v1::{FindSessionRequest, LocalPerson};
use tokio::time::Instant;
use tonic::Code;

use crate::{
    SignIn,
    app::App,
    cookie,
    open_id::{OpenId, Standing},
    pages,
    person::{Person, Visit},
};

/// The address of the form.
pub(crate) const SIGN_IN: &str = "/approval-apps/sign-in";
/// Where a browser leaves for the provider.
pub(crate) const GO: &str = "/approval-apps/sign-in/go";

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
        let began = Instant::now();
        loop {
            let question = FindSessionRequest { secret: secret.clone(), active };
            let found = match app.people.clone().find_session(question).await {
                Ok(found) => found.into_inner(),
                Err(status) if status.code() == Code::Unauthenticated => return Ok(None),
                Err(status) => return Err(status),
            };
            let standing = match (&app.open_id, found.person.as_ref()) {
                // It was begun when people signed in another way.
                (_, Some(person)) if person.issuer != app.sign_in.issuer() => Standing::Ended,
                (Some(open_id), _) => open_id.standing(app, &secret, &found).await?,
                (None, _) => Standing::Good,
            };
            match standing {
                Standing::Good => {
                    let person = found.person.unwrap_or_default().into();
                    return Ok(Some(Self { secret, form_key: found.form_key, person }));
                }
                Standing::Ended => return Ok(None),
                Standing::LookAgain => OpenId::waits(began).await?,
            }
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
    let sign_in = path.strip_prefix(SIGN_IN).is_some_and(|it| it.is_empty() || it.starts_with('/'));
    let open = sign_in || path.starts_with("/approval-apps/assets/");
    let Some(plain) = app.sign_in.sessions() else {
        return next.run(request).await;
    };
    let found = match cookie::secret(request.headers(), plain) {
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
            let provider = matches!(*app.sign_in, SignIn::Provider { .. });
            Redirect::to(&leading_to(if provider { GO } else { SIGN_IN }, wanted)).into_response()
        }
        Ok(None) => pages::not_signed_in(&visit),
        Err(status) if status.code() == Code::Aborted => pages::provider_away(&visit),
        Err(status) => pages::unavailable(&visit, &status),
    }
}

fn is_events(path: &str) -> bool {
    path == "/approval-apps/events"
}

/// The address that leads back to where somebody wanted to go.
pub(crate) fn leading_to(sign_in: &str, wanted: &str) -> String {
    match wanted {
        "" | "/" | "/approval-apps" | "/approval-apps/" => sign_in.to_owned(),
        _ => format!("{sign_in}?next={}", escaped(wanted)),
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(leading_to(SIGN_IN, "/approval-apps/"), SIGN_IN);
        let form = leading_to(SIGN_IN, "/approval-apps/?show=all&page=1.2");
        assert_eq!(form, "/approval-apps/sign-in?next=/approval-apps/%3Fshow%3Dall%26page%3D1.2");
    }
}
