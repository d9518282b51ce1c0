//! Our cookies: of a session, and of an attempt to sign in at a provider.

use axum::http::{HeaderMap, HeaderValue, header};
use identity::Attempt;

/// Browsers take a cookie with this prefix only over TLS, for this host and without a domain.
const HOST_PREFIX: &str = "__Host-";
/// A session's. Over plain HTTP on this machine browsers would refuse the prefix.
const SESSION: (&str, &str) = ("__Host-countersign", "countersign-session");
/// An attempt's.
const ATTEMPT: (&str, &str) = ("__Host-countersign-attempt", "countersign-attempt");
/// How long somebody may take at the provider, in seconds.
const ATTEMPT_SECONDS: u32 = 600;

/// Whether this browser speaks plain HTTP to us on this machine.
fn is_plain(headers: &HeaderMap, allowed: bool) -> bool {
    let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = of("host").unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    allowed
        && matches!(name, "127.0.0.1" | "localhost" | "[::1]")
        && !of("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

/// The value of the one cookie of this name; two of one name are not ours.
fn read<'h>(headers: &'h HeaderMap, plain: bool, (strict, loose): (&str, &str)) -> Option<&'h str> {
    let wanted = if is_plain(headers, plain) { loose } else { strict };
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = all
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted);
    let (_, value) = ours.next()?;
    ours.next().is_none().then_some(value)
}

fn write(
    headers: &HeaderMap,
    plain: bool,
    (strict, loose): (&str, &str),
    value: &str,
    lasts: &str,
) -> Option<HeaderValue> {
    let name = if is_plain(headers, plain) { loose } else { strict };
    let secure = if name.starts_with(HOST_PREFIX) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/{secure}; HttpOnly; SameSite=Lax{lasts}");
    HeaderValue::try_from(text).ok()
}

/// The secret in the session's cookie.
pub(crate) fn secret(headers: &HeaderMap, plain: bool) -> Option<String> {
    let secret = read(headers, plain, SESSION)?;
    let whole = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| secret.to_owned())
}

/// The cookie of a session; without a secret, the end of it. It goes with the browser: recorder
/// knows when it is over.
pub(crate) fn session(
    headers: &HeaderMap,
    plain: bool,
    secret: Option<&str>,
) -> Option<HeaderValue> {
    let lasts = if secret.is_none() { "; Max-Age=0" } else { "" };
    write(headers, plain, SESSION, secret.unwrap_or_default(), lasts)
}

/// The cookie of an attempt, and where it leads; without one, the end of it.
pub(crate) fn attempt(
    headers: &HeaderMap,
    plain: bool,
    attempt: Option<(&Attempt, &str)>,
) -> Option<HeaderValue> {
    let Some((Attempt { state, nonce, verifier }, next)) = attempt else {
        return write(headers, plain, ATTEMPT, "", "; Max-Age=0");
    };
    let value = format!("{state}.{nonce}.{verifier}.{}", hex::encode(next));
    write(headers, plain, ATTEMPT, &value, &format!("; Max-Age={ATTEMPT_SECONDS}"))
}

/// The attempt that this browser began, and where it leads.
pub(crate) fn begun_attempt(headers: &HeaderMap, plain: bool) -> Option<(Attempt, String)> {
    let mut parts = read(headers, plain, ATTEMPT)?.split('.').map(ToOwned::to_owned);
    let (state, nonce, verifier) = (parts.next()?, parts.next()?, parts.next()?);
    let next = String::from_utf8(hex::decode(parts.next()?).ok()?).ok()?;
    let whole = [&state, &nonce, &verifier].iter().all(|part| !part.is_empty());
    let attempt = Attempt { state, nonce, verifier };
    (whole && parts.next().is_none()).then_some((attempt, next))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_cookie_is_for_tls_unless_it_stays_on_this_machine() {
        let proxied = headers(&[("host", "approvals.example.com")]);
        let text = |headers: &HeaderMap, plain| {
            session(headers, plain, Some("x")).unwrap().to_str().unwrap().to_owned()
        };
        let strict = "__Host-countersign=x; Path=/; Secure; HttpOnly; SameSite=Lax";
        assert_eq!(text(&proxied, true), strict);
        let here = headers(&[("host", "127.0.0.1:8080")]);
        assert_eq!(text(&here, false), strict);
        assert_eq!(text(&here, true), "countersign-session=x; Path=/; HttpOnly; SameSite=Lax");
        let behind = headers(&[("host", "127.0.0.1:8080"), ("x-forwarded-proto", "https")]);
        assert_eq!(text(&behind, true), strict);
    }

    #[test]
    fn an_attempt_comes_back_whole_or_not_at_all() {
        let part = |text: &str| text.to_owned();
        let begun = Attempt { state: part("s-_"), nonce: part("n"), verifier: part("v") };
        let set = attempt(&headers(&[]), false, Some((&begun, "/approval-apps/r/7"))).unwrap();
        let cookie = set.to_str().unwrap().split(';').next().unwrap().to_owned();
        let back = begun_attempt(&headers(&[("cookie", &cookie)]), false);
        assert_eq!(back, Some((begun, part("/approval-apps/r/7"))));
        for wrong in ["", "a.b.c", "a.b.c.zz", "a..c.00", "a.b.c.00.d"] {
            let cookie = format!("__Host-countersign-attempt={wrong}");
            assert_eq!(begun_attempt(&headers(&[("cookie", &cookie)]), false), None, "{wrong}");
        }
        let twice = format!("{cookie}; {cookie}");
        assert_eq!(begun_attempt(&headers(&[("cookie", &twice)]), false), None);
    }
}
