//! A hook from outside: is it reached, without a detour, and does it know the secret.

use gitlab::ProbeAnswer;
use secrecy::{ExposeSecret, SecretString};

use super::finding::Area;
use crate::Config;

pub(super) async fn look(config: &Config, name: &str, secret: Option<SecretString>) -> Area {
    let mut area = Area::new(format!("hook {name}"));
    let url = match config.hook_url(name) {
        Ok(url) => url,
        Err(error) => {
            area.unknown(error.to_string(), "then the hook is called as GitLab would call it.");
            return area;
        }
    };
    let Some(secret) = secret else {
        area.unknown("its secret is not in this configuration", "run doctor where ingress has it.");
        return area;
    };
    if url.starts_with("http://") {
        area.warning(
            format!("{url} is not encrypted: who listens reads titles and names"),
            "put a proxy with TLS before it, and set server.public_url to https://.",
        );
    }
    match gitlab::probe(&url, secret.expose_secret().as_bytes()).await {
        ProbeAnswer::Right => area.ok(format!("{url} takes a call signed with its secret")),
        ProbeAnswer::WrongSecret => area.wrong(
            format!("{url} has another secret than this configuration"),
            "give both the same: hook.*.secret, and the shared secret of the status check in GitLab.",
        ),
        ProbeAnswer::Redirect { to } => area.wrong(
            format!("{url} sends callers on to {to}; GitLab then arrives without a body"),
            "let the status check call the last address itself, and set server.public_url to it.",
        ),
        ProbeAnswer::Other { status } => area.wrong(
            format!("something else answers at {url} with {status}"),
            "look at server.public_url, and at what the proxy does with this path.",
        ),
        ProbeAnswer::Unreachable { cause } => area.wrong(
            format!("{url} is not reached from here: {cause}"),
            "look at server.public_url, DNS, the proxy and the firewall; from GitLab it may differ.",
        ),
    }
    area
}
