//! What ingress needs to know.

use std::{collections::HashSet, path::PathBuf};

use kit::changing::Changing;
use secrecy::SecretString;

use crate::body::BODY_BYTES_MAX;

/// One address that GitLab calls.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The last part of the address; `default` also answers at the address without one.
    pub name: String,
    /// The GitLab instance that calls it.
    pub gitlab: String,
    /// Any of these signs a call; several during a rotation. They can be replaced while it runs.
    pub secrets: Changing<Vec<SecretString>>,
    /// Whether calls without a secret are taken; never for production.
    pub allow_unsigned: bool,
}

/// What ingress needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The addresses that GitLab calls.
    pub hooks: Vec<Hook>,
    /// The folder for events that the bus does not take.
    pub spool: PathBuf,
    /// Most bytes in it.
    pub spool_bytes_max: u64,
    /// Most bytes of bodies in memory at once; at least one of the largest, 25 MiB.
    pub body_bytes_in_flight_max: usize,
}

/// When the configuration must not be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// When a hook could be called by anyone.
    #[error(
        "the hook {0} has no secret: set one (COUNTERSIGN_HOOK_SECRET for the hook default), \
         or allow_unsigned = true to take calls from anyone"
    )]
    NoSecret(String),
    /// When the largest body would never find room.
    #[error("ingress.body_bytes_in_flight_max must be at least 26214400: the largest body")]
    Budget,
    /// When two hooks have the same name.
    #[error("the hook {0} is configured twice")]
    Twice(String),
}

impl Config {
    /// Finds what must not be served, before any port is opened.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.body_bytes_in_flight_max < BODY_BYTES_MAX {
            return Err(ConfigError::Budget);
        }
        let mut names = HashSet::new();
        for hook in &self.hooks {
            if hook.secrets.now().is_empty() && !hook.allow_unsigned {
                return Err(ConfigError::NoSecret(hook.name.clone()));
            }
            if !names.insert(&hook.name) {
                return Err(ConfigError::Twice(hook.name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(secrets: &[&str], allow_unsigned: bool) -> Hook {
        Hook {
            name: "default".into(),
            gitlab: "main".into(),
            secrets: Changing::new(secrets.iter().map(|it| SecretString::from(*it)).collect()),
            allow_unsigned,
        }
    }

    fn trouble(hooks: Vec<Hook>) -> Option<String> {
        let config = Config {
            hooks,
            spool: PathBuf::new(),
            spool_bytes_max: 0,
            body_bytes_in_flight_max: BODY_BYTES_MAX,
        };
        config.check().err().map(|error| error.to_string())
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
