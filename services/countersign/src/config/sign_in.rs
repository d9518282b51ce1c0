//! How people sign in, as it is written, and as the browser's side takes it.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use kit::config::ConfigError;

use super::{
    Config, SignInBy,
    settings::{Result, is_set, wrong},
};
use crate::settings::Role;

/// Where a provider sends browsers back to, below `server.public_url`.
const CALLBACK: &str = "/approval-apps/sign-in/callback";
/// Longest time between two looks at the provider, in seconds: who is disabled there is out within
/// twice as long.
const RECHECK_SECONDS_MAX: u64 = 150;

impl Config {
    /// How people sign in.
    pub(super) fn sign_in(&self, role: Role, listen: SocketAddr) -> Result<ui::SignIn> {
        let here = listen.ip().is_loopback();
        let plain = here && !self.server.public_url.starts_with("https://");
        let believed = here || self.ui.open_to_network;
        match self.ui.sign_in {
            SignInBy::Local => Ok(ui::SignIn::Local { plain }),
            SignInBy::Oidc => self.oidc(role, plain),
            SignInBy::Header => self.header(),
            SignInBy::Name if believed => Ok(ui::SignIn::Name),
            SignInBy::Demo if believed => Ok(ui::SignIn::Picker(crate::demo::people())),
            SignInBy::Name | SignInBy::Demo => wrong(format!(
                "with this ui.sign_in anybody who reaches {listen} could approve under any name: \
                 listen on 127.0.0.1, or let people sign in with ui.sign_in = \"local\" or \
                 \"oidc\", or with \"header\" behind a proxy that signs them in"
            )),
        }
    }

    fn header(&self) -> Result<ui::SignIn> {
        let Some(name) = name_of_header("ui.user_header", &self.ui.user_header)? else {
            return wrong("ui.user_header is not set; ui.sign_in = \"header\" needs it");
        };
        let groups = name_of_header("ui.groups_header", &self.ui.groups_header)?;
        Ok(ui::SignIn::Header { name, groups })
    }

    fn oidc(&self, role: Role, plain: bool) -> Result<ui::SignIn> {
        let oidc = &self.ui.oidc;
        let public_url = self.public_url().unwrap_or_default();
        for (key, text) in [
            ("ui.oidc.issuer", oidc.issuer.as_str()),
            ("ui.oidc.client_id", oidc.client_id.as_str()),
            ("server.public_url", public_url),
        ] {
            if text.is_empty() {
                return wrong(format!("{key} is not set; ui.sign_in = \"oidc\" needs it"));
            }
        }
        // One process has the rights; a role of its own cannot see them.
        if role == Role::All && self.policy.right.is_empty() {
            return wrong(format!(
                "everybody whom {} knows could approve: say who may what with [[policy.right]]",
                oidc.issuer
            ));
        }
        if !(1..=RECHECK_SECONDS_MAX).contains(&oidc.recheck_s) {
            return wrong(format!("ui.oidc.recheck_s must be 1 to {RECHECK_SECONDS_MAX}"));
        }
        let provider = identity::Config {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_secret: Some(oidc.client_secret.clone()).filter(is_set),
            redirect_url: format!("{public_url}{CALLBACK}"),
            scopes: oidc.scopes.clone(),
            claims: identity::ClaimNames {
                id: oidc.id_claim.clone(),
                name: oidc.name_claim.clone(),
                email: oidc.email_claim.clone(),
                groups: oidc.groups_claim.clone(),
            },
        };
        if let Err(error) = identity::Provider::new(provider.clone()) {
            return wrong(format!("ui.oidc: {error}"));
        }
        let recheck = Duration::from_secs(oidc.recheck_s);
        Ok(ui::SignIn::Provider { plain, provider: Box::new(provider), recheck })
    }
}

/// The name of a header; none where the setting is empty.
pub(super) fn name_of_header<T: FromStr>(key: &str, text: &str) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = text.parse();
    name.map(Some).map_err(|_| ConfigError(format!("{key} is not the name of a header")))
}

#[cfg(test)]
mod tests {
    use super::super::settings::tests::trouble;
    use crate::Role;

    #[test]
    fn typed_names_are_for_one_machine_only() {
        let open = [("COUNTERSIGN_LISTEN", "0.0.0.0:8080"), ("COUNTERSIGN_UI__SIGN_IN", "name")];
        let refused = trouble(Role::All, &open, "").unwrap_or_default();
        assert!(refused.contains("anybody who reaches 0.0.0.0:8080 could approve"), "{refused}");
        let proxied = [open[0], ("COUNTERSIGN_UI__SIGN_IN", "header")];
        assert_eq!(trouble(Role::All, &proxied, ""), None);
        assert_eq!(trouble(Role::All, &open[..1], ""), None, "people sign in");
    }

    #[test]
    fn headers_have_names() {
        let header = [("COUNTERSIGN_UI__SIGN_IN", "header")];
        let none = [header[0], ("COUNTERSIGN_UI__USER_HEADER", "")];
        let said = trouble(Role::All, &none, "").unwrap_or_default();
        assert_eq!(said, "ui.user_header is not set; ui.sign_in = \"header\" needs it");
        let wrong = [("COUNTERSIGN_UI__ADDRESS_HEADER", "where from")];
        let said = trouble(Role::All, &wrong, "").unwrap_or_default();
        assert_eq!(said, "ui.address_header is not the name of a header");
    }

    #[test]
    fn a_provider_is_described_and_rights_are_written() {
        const SET: [(&str, &str); 4] = [
            ("COUNTERSIGN_UI__SIGN_IN", "oidc"),
            ("COUNTERSIGN_SERVER__PUBLIC_URL", "https://approvals.example.com"),
            ("COUNTERSIGN_UI__OIDC__ISSUER", "https://id.example.com"),
            ("COUNTERSIGN_UI__OIDC__CLIENT_ID", "countersign"),
        ];
        let said = |more: &[(&str, &str)]| trouble(Role::All, more, "").unwrap_or_default();
        assert_eq!(said(&SET[..2]), "ui.oidc.issuer is not set; ui.sign_in = \"oidc\" needs it");
        let open = said(&SET);
        assert!(open.starts_with("everybody whom https://id.example.com knows could"), "{open}");
        let right = ("COUNTERSIGN_POLICY__RIGHT", "[{ right = \"approver\", groups = [\"cab\"] }]");
        assert_eq!(said(&[&SET[..], &[right]].concat()), "");
        let slow = ("COUNTERSIGN_UI__OIDC__RECHECK_S", "151");
        let said_slow = said(&[&SET[..], &[right, slow]].concat());
        assert_eq!(said_slow, "ui.oidc.recheck_s must be 1 to 150");
        let plain = ("COUNTERSIGN_UI__OIDC__ISSUER", "http://id.example.com");
        let said_plain = said(&[&SET[..2], &[plain, SET[3], right]].concat());
        assert!(said_plain.starts_with("ui.oidc: the issuer must be an https address"));
    }
}
