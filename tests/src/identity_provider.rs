//! An OpenID provider: the certified `oidc-provider`, with people of our own.

use std::{
    io::{BufRead, BufReader, Lines},
    path::PathBuf,
    process::{ChildStdout, Command, Stdio},
    time::Duration,
};

use kit::child::Guarded;
use reqwest::Client;
use serde_json::json;

use crate::process::tool;

/// Where browsers find Countersign behind its proxy.
pub(crate) const PROXY: &str = "https://approvals.example.com";

/// A running OpenID provider; it ends with this value.
#[derive(Debug)]
pub struct IdentityProvider {
    child: Guarded,
    /// It ends when nobody reads what it says.
    _said: Lines<BufReader<ChildStdout>>,
    issuer: String,
    client: Client,
}

impl IdentityProvider {
    /// Starts one that knows nobody.
    #[must_use]
    pub fn starts() -> Self {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let installed = std::env::var_os("OIDC_PROVIDER").map(PathBuf::from);
        let mut command = Command::new(tool("NODE_BIN", "node"));
        command
            .arg(here.join("identity-provider/provider.mjs"))
            .arg(installed.unwrap_or_else(|| here.join("../.tools/identity-provider")))
            .arg(format!("{PROXY}/approval-apps/sign-in/callback"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = Guarded::spawn(command).unwrap();
        let mut lines = BufReader::new(child.take_stdout().unwrap()).lines();
        // Warnings about being no production server come first.
        let issuer = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("http"));
        let issuer = issuer.expect("the provider starts: run `make setup`");
        Self { child, _said: lines, issuer, client: Client::new() }
    }

    /// A configuration in which people sign in here. Those of the group cab approve, and those of the
    /// group dev may look.
    #[must_use]
    pub fn config(&self, recheck_seconds: u32) -> String {
        let issuer = &self.issuer;
        format!(
            r#"
            [server]
            public_url = "{PROXY}"
            [ui]
            sign_in = "oidc"
            [ui.oidc]
            issuer = "{issuer}"
            client_id = "countersign"
            client_secret = "secret-of-the-client"
            scopes = ["profile", "email", "groups"]
            recheck_s = {recheck_seconds}
            [[policy.right]]
            right = "approver"
            groups = ["cab"]
            [[policy.right]]
            right = "viewer"
            groups = ["dev"]
            "#
        )
    }

    /// Its address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// It knows somebody, from now on with these groups.
    pub async fn knows(&self, login: &str, name: &str, groups: &[&str]) {
        let person =
            json!({ "name": name, "email": format!("{login}@example.com"), "groups": groups });
        let request = self.client.put(format!("{}/people/{login}", self.issuer));
        request.json(&person).send().await.unwrap().error_for_status().unwrap();
    }

    /// It lets somebody in no more.
    pub async fn forgets(&self, login: &str) {
        let request = self.client.delete(format!("{}/people/{login}", self.issuer));
        request.send().await.unwrap().error_for_status().unwrap();
    }

    /// Nobody answers there any more.
    pub fn is_lost(self) {
        self.child.stop(libc::SIGKILL, Duration::from_secs(5)).unwrap();
    }
}
