//! Who sits in front of the browser, and proof that a form came from a page we showed them.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use hmac::{Hmac, KeyInit, Mac};
use proto::v1::{Actor, Caller, GetRightsRequest};
use sha2::Sha256;

use crate::{SignIn, app::App, session::Session};

const COOKIE: &str = "countersign";
const NAME_CHARS_MAX: usize = 80;
/// Most groups that a proxy can say somebody has.
const GROUPS_MAX: usize = 500;

/// A visit: a secret of this browser, and the name its user goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// Keys the form tokens; never shown.
    secret: String,
    /// Who they are, when known.
    pub(crate) person: Option<Person>,
    /// Whether they may change their name themselves.
    pub(crate) names_itself: bool,
    /// How many dead letters are open, for those who look after them.
    pub(crate) dead_letters: u64,
    /// Why only `failed` is posted; empty when everything is.
    pub(crate) safe_mode: String,
    /// Whether they see the requests of some project.
    pub(crate) looks: bool,
    /// Whether they decide, in one project at least.
    pub(crate) approves: bool,
    /// Whether they may take the audit record out.
    pub(crate) audits: bool,
    /// Whether they look after dead letters.
    pub(crate) operates: bool,
    /// Whether they signed in here, and can sign out.
    pub(crate) signs_out: bool,
    /// Whether the browser does not have the secret yet.
    new: bool,
}

/// Somebody who can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) groups: Vec<String>,
}

impl Person {
    /// A person by the name they typed.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name: String =
            name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        let id = name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(".");
        (!id.is_empty()).then_some(Self { id, name, email: String::new(), groups: Vec::new() })
    }

    /// The same with groups, as a proxy lists them.
    fn with(self, groups: &str) -> Self {
        let groups = groups.split(',').map(str::trim).filter(|group| !group.is_empty());
        Self { groups: groups.take(GROUPS_MAX).map(ToOwned::to_owned).collect(), ..self }
    }
}

impl From<Person> for Actor {
    fn from(person: Person) -> Self {
        let Person { id, name, email, groups } = person;
        Self { id, name, email, groups }
    }
}

impl Visit {
    fn of(headers: &HeaderMap, sign_in: &SignIn) -> Self {
        let (secret, typed) = cookie(headers).unwrap_or_default();
        let new = secret.is_empty();
        let secret = if new { new_secret() } else { secret };
        let (person, names_itself) = match sign_in {
            SignIn::Name => (typed.as_deref().and_then(Person::named), true),
            SignIn::Header { name, groups } => {
                let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
                let groups = groups.as_ref().and_then(said).unwrap_or_default();
                (said(name).and_then(Person::named).map(|person| person.with(groups)), false)
            }
            SignIn::Local { .. } | SignIn::Provider { .. } | SignIn::Picker(_) => (None, false),
        };
        Self {
            secret,
            person,
            names_itself,
            dead_letters: 0,
            safe_mode: String::new(),
            looks: false,
            approves: false,
            audits: false,
            operates: false,
            signs_out: false,
            new,
        }
    }

    /// A visit of whom nothing is known, and to whom nothing is given.
    pub(crate) fn nobody() -> Self {
        Self {
            secret: String::new(),
            person: None,
            names_itself: false,
            dead_letters: 0,
            safe_mode: String::new(),
            looks: false,
            approves: false,
            audits: false,
            operates: false,
            signs_out: false,
            new: false,
        }
    }

    /// The visit of somebody who is signed in: their session keys the tokens.
    fn signed_in(self, session: &Session) -> Self {
        let (secret, person) = (session.form_key.clone(), Some(session.person.clone()));
        Self { secret, person, signs_out: true, new: false, ..self }
    }

    /// On whose behalf recorder is asked; nobody in particular, while we do not know who they are.
    pub(crate) fn caller(&self) -> Option<Caller> {
        Some(Caller::person(self.person.clone().map(Actor::from).unwrap_or_default()))
    }

    /// The token that a form about this request and commit must carry.
    pub(crate) fn token(&self, request_id: &str, sha: &str) -> String {
        hex::encode(self.mac(request_id, sha).finalize().into_bytes())
    }

    /// Whether a form carries the token of a page that we showed to this browser.
    pub(crate) fn shown_by_us(&self, request_id: &str, sha: &str, token: &str) -> bool {
        let Ok(token) = hex::decode(token) else {
            return false;
        };
        !self.new && self.mac(request_id, sha).verify_slice(&token).is_ok()
    }

    /// The cookie to set, when the browser has none or its user's name changes.
    pub(crate) fn set_cookie(&self, changed: bool) -> Option<HeaderValue> {
        if !self.new && !changed {
            return None;
        }
        let name = self.person.as_ref().map_or("", |person| &person.name);
        let name = if self.names_itself { hex::encode(name) } else { String::new() };
        let secret = &self.secret;
        let value =
            format!("{COOKIE}={secret}.{name}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
        HeaderValue::try_from(value).ok()
    }

    fn mac(&self, request_id: &str, sha: &str) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.secret.as_bytes())
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(request_id.as_bytes());
        mac.update(b"|");
        mac.update(sha.as_bytes());
        mac
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let visit = Self::of(&parts.headers, &app.sign_in);
        let ours = app.sign_in.sessions().is_some();
        let visit = match parts.extensions.get::<Session>() {
            Some(session) => visit.signed_in(session),
            // What stands in the way of the work is not for everybody who finds the form.
            None if ours => return Ok(visit),
            None => visit,
        };
        let question = GetRightsRequest { caller: visit.caller() };
        // When recorder does not answer, the page itself says so.
        let rights = app.recorder.clone().get_rights(question).await;
        let rights = rights.map(tonic::Response::into_inner).unwrap_or_default();
        let (looks, approves) = (rights.view, rights.approve);
        let (operates, audits) = (rights.operate, rights.audit);
        let dead_letters = if operates { app.alarms.dead_letters() } else { 0 };
        Ok(Self {
            dead_letters,
            looks,
            approves,
            audits,
            operates,
            safe_mode: app.alarms.safe_mode(),
            ..visit
        })
    }
}

/// Whether a request that changes something comes from one of our own pages (Fetch Metadata, and
/// `Origin` for browsers that do not send it).
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = of("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (of("origin"), of("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, origin_host)| origin_host == host)
        }
        (Some(_), None) => false,
    }
}

/// The secret and the name in our cookie; two cookies of our name are not ours.
fn cookie(headers: &HeaderMap) -> Option<(String, Option<String>)> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = all
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE);
    let (_, value) = ours.next()?;
    if ours.next().is_some() {
        return None;
    }
    let (secret, name) = value.split_once('.')?;
    let whole = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = hex::decode(name).ok().and_then(|name| String::from_utf8(name).ok());
    whole.then(|| (secret.to_owned(), name.filter(|name| !name.is_empty())))
}

/// 256 bits, of which 244 are random.
pub(crate) fn new_secret() -> String {
    let ids = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
    ids.map(|id| id.simple().to_string()).concat()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap())
            })
            .collect()
    }

    fn browser(visit: &Visit) -> HeaderMap {
        let cookie = visit.set_cookie(true).unwrap();
        let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
        headers(&[("cookie", pair)])
    }

    #[test]
    fn a_token_holds_for_one_browser_one_request_and_one_commit() {
        let first = Visit::of(&HeaderMap::new(), &SignIn::Name);
        let back = Visit::of(&browser(&first), &SignIn::Name);
        let token = back.token("r1", "aaa");
        assert!(back.shown_by_us("r1", "aaa", &token));
        assert!(!back.shown_by_us("r1", "bbb", &token));
        assert!(!back.shown_by_us("r2", "aaa", &token));
        let other = Visit::of(&HeaderMap::new(), &SignIn::Name);
        assert!(!other.shown_by_us("r1", "aaa", &other.token("r1", "aaa")), "has no cookie yet");
        assert!(!Visit::of(&browser(&other), &SignIn::Name).shown_by_us("r1", "aaa", &token));
    }

    #[test]
    fn a_name_is_kept_in_the_cookie_or_comes_from_the_proxy() {
        let mut visit = Visit::of(&HeaderMap::new(), &SignIn::Name);
        visit.person = Person::named("  Ada  Lövelace ");
        let back = Visit::of(&browser(&visit), &SignIn::Name).person.unwrap();
        assert_eq!((back.id.as_str(), back.name.as_str()), ("ada.lövelace", "Ada  Lövelace"));
        let sign_in = SignIn::Header {
            name: header::HeaderName::from_static("x-forwarded-user"),
            groups: Some(header::HeaderName::from_static("x-forwarded-groups")),
        };
        assert_eq!(Visit::of(&browser(&visit), &sign_in).person, None, "a cookie proves nothing");
        let proxied =
            headers(&[("x-forwarded-user", "jane.doe"), ("x-forwarded-groups", "cab, qa,")]);
        let jane = Visit::of(&proxied, &sign_in).person.unwrap();
        assert_eq!((jane.id.as_str(), jane.groups), ("jane.doe", vec!["cab".into(), "qa".into()]));
    }

    #[test]
    fn only_our_own_pages_may_post() {
        assert!(same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!same_origin(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!same_origin(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(same_origin(&headers(&[("origin", "https://a.example"), ("host", "a.example")])));
        assert!(!same_origin(&headers(&[("origin", "null"), ("host", "a.example")])));
        assert!(!same_origin(&headers(&[("origin", "https://b.example"), ("host", "a.example")])));
    }

    #[test]
    fn a_broken_or_doubled_cookie_is_no_cookie() {
        for cookie in ["countersign=abc.", "countersign", "countersign=x; countersign=y"] {
            assert!(Visit::of(&headers(&[("cookie", cookie)]), &SignIn::Name).new, "{cookie}");
        }
    }
}
