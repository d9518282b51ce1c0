//! What `register` and `doctor` need of the configuration.

use gitlab::{Client, ClientConfig};
use kit::{config::ConfigError, pages::HOOK};
use secrecy::SecretString;

use crate::settings::Role;

use super::{
    Config,
    settings::{Result, is_set, wrong},
};

impl Config {
    /// The name of the instance that calls a hook.
    pub(crate) fn gitlab_of_hook(&self, hook: &str) -> Result<String> {
        match self.hook.get(hook) {
            Some(found) => Ok(found.gitlab.clone()),
            // The first set-up has no secret yet, and so no hook.
            None if hook == "default" => Ok("main".to_owned()),
            None => wrong(format!("there is no hook.{hook}")),
        }
    }

    /// The names of the instances.
    pub(crate) fn gitlab_names(&self) -> Vec<String> {
        self.gitlab.keys().cloned().collect()
    }

    /// Ids of the projects that are swept although no check of theirs has called.
    pub(crate) fn swept_projects(&self, gitlab: &str) -> Vec<i64> {
        self.gitlab.get(gitlab).map(|it| it.projects.clone()).unwrap_or_default()
    }

    /// Speaks to an instance, with another token than its own when there is one.
    pub(crate) fn client(&self, name: &str, token: Option<SecretString>) -> Result<Client> {
        let Some(gitlab) = self.gitlab.get(name) else {
            return wrong(format!(
                "there is no gitlab.{name}: set its url (COUNTERSIGN_GITLAB_URL for the instance main)"
            ));
        };
        let token = token.unwrap_or_else(|| gitlab.token.clone());
        if !is_set(&token) {
            return wrong(format!(
                "gitlab.{name}.token is not set (COUNTERSIGN_GITLAB_TOKEN for the instance main)"
            ));
        }
        let config = ClientConfig::new(gitlab.url.clone(), token, env!("CARGO_PKG_VERSION"));
        Client::new(config).map_err(|error| ConfigError(format!("gitlab.{name}: {error}")))
    }

    /// Where GitLab reaches us from outside; none when it is not said.
    pub(crate) fn public_url(&self) -> Option<&str> {
        Some(self.server.public_url.trim_end_matches('/')).filter(|url| !url.is_empty())
    }

    /// The address of a hook from outside.
    pub(crate) fn hook_url(&self, hook: &str) -> Result<String> {
        let Some(public_url) = self.public_url() else {
            return wrong(
                "server.public_url is not set: it says where GitLab reaches us, such as \
                 https://approvals.example.com",
            );
        };
        Ok(match hook {
            "default" => format!("{public_url}{HOOK}"),
            hook => format!("{public_url}{HOOK}/{hook}"),
        })
    }

    /// The hooks with their secret, when they have one.
    pub(crate) fn hooks(&self) -> Vec<(String, Option<SecretString>)> {
        let secret = |name: &String| (name.clone(), self.hook_secret(name));
        self.hook.keys().map(secret).collect()
    }

    /// What GitLab signs with for a hook.
    pub(crate) fn hook_secret(&self, hook: &str) -> Option<SecretString> {
        self.hook.get(hook)?.secrets().into_iter().next()
    }

    /// The bus as somebody who only looks uses it; none where `up` runs its own.
    pub(crate) fn bus_for_looking(&self) -> Result<Option<bus::Config>> {
        let settings = self.bus_settings(Role::All)?.config;
        Ok(Some(bus::Config { manage_streams: false, ..settings }).filter(|it| !it.urls.is_empty()))
    }

    /// Every stream of this configuration.
    pub(crate) fn streams(&self) -> Result<Vec<bus::Stream>> {
        let sources = [&[bus::UI_SOURCE.to_owned()][..], &self.sources()?].concat();
        Ok(recorder::streams(&sources))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use crate::{Role, load};

    #[test]
    fn the_first_line_is_the_secret_and_the_others_are_right_too() {
        let set = [
            ("COUNTERSIGN_HOOK_SECRET", "new\r\n  \nold\n"),
            ("COUNTERSIGN_NATS_URL", "nats://127.0.0.1"),
        ];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = load(None, &set).unwrap_or_else(|error| unreachable!("{error}"));
        let first = config.hook_secret("default").unwrap_or_default();
        assert_eq!(first.expose_secret(), "new", "what GitLab is given");
        let hooks = config.settings(Role::Ingress).ok().and_then(|it| it.ingress);
        let taken = hooks.map(|it| it.hooks[0].secrets.now()).unwrap_or_default();
        let taken: Vec<&str> = taken.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(taken, ["new", "old"]);
    }
}
