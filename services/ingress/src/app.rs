//! How ingress starts.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use bus::{Bus, Stream, StreamError, ensure_streams};
use kit::admin::Health;
use secrecy::SecretString;

use crate::{page, receive};

/// One address that GitLab calls.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The last part of the address; `default` also answers at the address without one.
    pub name: String,
    /// The GitLab instance that calls it.
    pub gitlab: String,
    /// Any of these signs a call; several during a rotation.
    pub secrets: Vec<SecretString>,
    /// Whether calls without a secret are taken; never for production.
    pub allow_unsigned: bool,
}

/// What ingress needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The addresses that GitLab calls.
    pub hooks: Vec<Hook>,
}

/// When ingress cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When a hook could be called by anyone.
    #[error(
        "the hook {0} has no secret: set one (COUNTERSIGN_HOOK_SECRET for the hook default), \
         or allow_unsigned = true to take calls from anyone"
    )]
    NoSecret(String),
    /// When two hooks have the same name.
    #[error("the hook {0} is configured twice")]
    Twice(String),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

impl Config {
    /// Finds what must not be served, before any port is opened.
    pub fn check(&self) -> Result<(), StartError> {
        let mut names = HashMap::new();
        for hook in &self.hooks {
            if hook.secrets.is_empty() && !hook.allow_unsigned {
                return Err(StartError::NoSecret(hook.name.clone()));
            }
            if names.insert(&hook.name, ()).is_some() {
                return Err(StartError::Twice(hook.name.clone()));
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) health: Health,
    pub(crate) hooks: Arc<HashMap<String, Hook>>,
}

/// Starts ingress; returns its routes.
pub async fn start(config: Config, bus: Bus, health: &Health) -> Result<Router, StartError> {
    config.check()?;
    ensure_streams(&bus, &[Stream::Intake, Stream::Dead]).await?;
    for hook in config.hooks.iter().filter(|hook| hook.secrets.is_empty()) {
        tracing::warn!(hook = hook.name, "this hook takes calls from anyone: it has no secret");
    }
    let hooks = config.hooks.into_iter().map(|hook| (hook.name.clone(), hook)).collect();
    let app = App { bus, health: health.clone(), hooks: Arc::new(hooks) };
    health.well("ingress");
    Ok(routes(app))
}

fn routes(app: App) -> Router {
    // With and without a trailing slash: a redirect would turn GitLab's POST into a GET.
    let hook = || -> MethodRouter<App> { get(page::show).post(receive::receive) };
    Router::new()
        .route("/approval-apps/status_check", hook())
        .route("/approval-apps/status_check/", hook())
        .route("/approval-apps/status_check/{hook}", hook())
        .route("/approval-apps/status_check/{hook}/", hook())
        .with_state(app)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(secrets: &[&str], allow_unsigned: bool) -> Hook {
        Hook {
            name: "default".into(),
            gitlab: "main".into(),
            secrets: secrets.iter().map(|secret| SecretString::from(*secret)).collect(),
            allow_unsigned,
        }
    }

    fn trouble(hooks: Vec<Hook>) -> Option<String> {
        Config { hooks }.check().err().map(|error| error.to_string())
    }

    #[test]
    fn a_hook_without_a_secret_is_refused_unless_it_is_meant_so() {
        assert_eq!(trouble(vec![hook(&["s"], false)]), None);
        assert_eq!(trouble(vec![hook(&[], true)]), None);
        let refused = trouble(vec![hook(&[], false)]).unwrap_or_default();
        assert!(refused.starts_with("the hook default has no secret: set one"), "{refused}");
        let twice = trouble(vec![hook(&["s"], false), hook(&["t"], false)]);
        assert_eq!(twice.as_deref(), Some("the hook default is configured twice"));
    }
}
