//! Secrets that are replaced while a process runs: the configuration is read again and again, and what stands in
//! its files is taken over.

use std::time::Duration;

use kit::{changing::Changing, config::ConfigError};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// How often the configuration is read again.
const EVERY: Duration = Duration::from_secs(5);

/// The secrets of a process that can be replaced, by the names of what they belong to.
#[derive(Debug, Default)]
pub(crate) struct Renewable {
    hooks: Vec<(String, Changing<Vec<SecretString>>)>,
    tokens: Vec<(String, Changing<SecretString>)>,
}

impl Renewable {
    pub(crate) fn of(settings: &Settings) -> Self {
        let hooks = settings.ingress.iter().flat_map(|it| &it.hooks);
        let gitlabs = settings.decision.iter().flat_map(|it| &it.gitlabs);
        Self {
            hooks: hooks.map(|hook| (hook.name.clone(), hook.secrets.clone())).collect(),
            tokens: gitlabs.map(|gitlab| (gitlab.name.clone(), gitlab.token.clone())).collect(),
        }
    }

    /// Takes over what is another secret now; what is there no more stays until the next start.
    fn renew(&self, other: &Self) {
        for (name, secrets) in &self.hooks {
            let new = other.hooks.iter().find(|(other, _)| other == name).map(|(_, it)| it.now());
            if let Some(new) = new.filter(|new| !same(new, &secrets.now())) {
                tracing::info!(
                    hook = name,
                    secrets = new.len(),
                    "other secrets are taken from now on"
                );
                secrets.set(new);
            }
        }
        for (name, token) in &self.tokens {
            let new = other.tokens.iter().find(|(other, _)| other == name).map(|(_, it)| it.now());
            let differs = |new: &SecretString| new.expose_secret() != token.now().expose_secret();
            if let Some(new) = new.filter(differs) {
                token.set(new);
            }
        }
    }

    /// Reads again and again until `stop`. A configuration that is wrong meanwhile changes nothing.
    pub(crate) async fn keep(
        self,
        read: impl Fn() -> Result<Settings, ConfigError>,
        stop: CancellationToken,
    ) {
        let mut wrong = false;
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            match read() {
                Ok(settings) => {
                    self.renew(&Self::of(&settings));
                    wrong = false;
                }
                Err(error) if !std::mem::replace(&mut wrong, true) => {
                    tracing::warn!(%error, "the configuration is wrong by now; secrets stay as they are");
                }
                Err(_) => {}
            }
        }
    }
}

fn same(one: &[SecretString], other: &[SecretString]) -> bool {
    let texts = |of: &[SecretString]| -> Vec<String> {
        of.iter().map(|secret| secret.expose_secret().to_owned()).collect()
    };
    texts(one) == texts(other)
}
