//! Where a browser is: on the connection, or behind a proxy that says so.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use kit::http::Peer;

use crate::app::App;

/// The address of the browser that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BrowserAddress(pub(crate) IpAddr);

impl FromRequestParts<App> for BrowserAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let named = app.address_header.as_ref().and_then(|name| last_in(&parts.headers, name));
        let peer = || parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        let address = named.or_else(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self(address.to_canonical()))
    }
}

/// The last address: the one that the proxy before us has added. Whatever stands before it may have come from the
/// browser.
fn last_in(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let text = value.rsplit(',').next()?.trim();
    // Some proxies say the port, too.
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Option<String> {
        let name = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, HeaderValue::from_static(value));
        }
        last_in(&headers, &name).map(|address| address.to_string())
    }

    #[test]
    fn the_last_address_counts() {
        assert_eq!(read(&["10.0.0.1"]).as_deref(), Some("10.0.0.1"));
        assert_eq!(read(&["10.0.0.1, 10.0.0.2"]).as_deref(), Some("10.0.0.2"));
        assert_eq!(read(&["10.0.0.1", "10.0.0.3:4711"]).as_deref(), Some("10.0.0.3"));
        assert_eq!(read(&["[2001:db8::1]:80"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(read(&["2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(read(&["unknown"]), None);
        assert_eq!(read(&[]), None);
    }
}
