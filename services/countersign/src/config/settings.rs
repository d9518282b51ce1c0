//! From what is written to what each role gets: checked, and only what the role needs.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use bus::Names;
use evidence::LogKey;
use kit::{changing::Changing, config::ConfigError};
use proto::RecorderSecret;
use secrecy::{ExposeSecret, SecretString};

use super::{Config, Profile, sign_in::name_of_header};
use crate::local::made_up;
use crate::settings::{BusSettings, Role, Settings};

pub(super) type Result<T> = std::result::Result<T, ConfigError>;

pub(super) fn wrong<T>(sentence: impl Into<String>) -> Result<T> {
    Err(ConfigError(sentence.into()))
}

impl Config {
    /// What a role needs, checked before any port is opened.
    pub fn settings(self, role: Role) -> Result<Settings> {
        let all = role == Role::All;
        let listen = address("server.listen", &self.server.listen)?;
        let bus = self.bus_settings(role)?;
        let secret = self.secret_of_recorder(role)?;
        Ok(Settings {
            listen,
            admin_listen: address("server.admin_listen", &self.server.admin_listen)?,
            data_dir: self.server.data_dir.clone(),
            ingress: (all || role == Role::Ingress).then(|| self.ingress()).transpose()?,
            recorder: (all || role == Role::Recorder)
                .then(|| self.recorder(role, secret.clone()))
                .transpose()?,
            decision: (all || role == Role::Decision)
                .then(|| self.decision(secret.clone()))
                .transpose()?,
            ui: (all || role == Role::Ui).then(|| self.ui(role, listen, secret)).transpose()?,
            bus,
            telemetry: self.telemetry,
        })
    }

    fn ingress(&self) -> Result<ingress::Config> {
        let mut hooks = Vec::new();
        for (name, hook) in &self.hook {
            if !plain(name) {
                return wrong(format!("hook.{name}: a name is made of letters, digits, - and _"));
            }
            hooks.push(ingress::Hook {
                name: name.clone(),
                gitlab: hook.gitlab.clone(),
                secrets: Changing::new(hook.secrets()),
                allow_unsigned: hook.allow_unsigned,
            });
        }
        let spool = match self.ingress.spool_dir.as_os_str().is_empty() {
            true => self.server.data_dir.join("spool"),
            false => self.ingress.spool_dir.clone(),
        };
        let config = ingress::Config {
            hooks,
            spool,
            spool_bytes_max: self.ingress.spool_bytes_max,
            body_bytes_in_flight_max: self.ingress.body_bytes_in_flight_max,
        };
        config.check().map_err(|error| ConfigError(error.to_string()))?;
        Ok(config)
    }

    fn decision(&self, secret: RecorderSecret) -> Result<decision::Config> {
        if self.gitlab.is_empty() {
            return wrong(
                "no GitLab is configured: set COUNTERSIGN_GITLAB_URL, COUNTERSIGN_GITLAB_TOKEN \
                 and COUNTERSIGN_HOOK_SECRET, or try `countersign demo`",
            );
        }
        let mut gitlabs = Vec::new();
        for (name, gitlab) in &self.gitlab {
            if !plain(name) {
                return wrong(format!("gitlab.{name}: a name is made of letters, digits, - and _"));
            }
            if !is_set(&gitlab.token) {
                return wrong(format!(
                    "gitlab.{name}.token is not set: it needs a token with the scope api and the \
                     role Developer (COUNTERSIGN_GITLAB_TOKEN for the instance main)"
                ));
            }
            gitlabs.push(decision::GitLab {
                name: name.clone(),
                url: gitlab.url.clone(),
                token: Changing::new(gitlab.token.clone()),
                answers: match gitlab.profile {
                    Profile::GitLab => decision::Answers::Last,
                    Profile::Deckhouse => decision::Answers::First,
                },
                projects: gitlab.projects.clone(),
            });
        }
        for (name, hook) in &self.hook {
            if !self.gitlab.contains_key(&hook.gitlab) {
                let missing = &hook.gitlab;
                return wrong(format!("hook.{name}.gitlab: there is no gitlab.{missing}"));
            }
        }
        let (all, sweep) = (self.decision.requests_per_second, self.decision.sweep_per_second);
        if !(all > 0.0 && all.is_finite()) {
            return wrong("decision.requests_per_second must be above 0");
        }
        if !(0.0..=all).contains(&sweep) {
            return wrong(
                "decision.sweep_per_second must be from 0 to decision.requests_per_second",
            );
        }
        Ok(decision::Config {
            gitlabs,
            requests_per_second: all,
            sweep_per_second: sweep,
            public_url: self.public_url().map(ToOwned::to_owned),
            recorder_url: self.recorder.url.clone(),
            recorder_secret: secret,
            holder: String::new(),
            first_wait: Duration::from_millis(self.decision.first_wait_ms),
            version: env!("CARGO_PKG_VERSION"),
        })
    }

    /// What is shown to recorder. One process makes it up for itself.
    fn secret_of_recorder(&self, role: Role) -> Result<RecorderSecret> {
        let written = self.recorder.secret.expose_secret();
        let secret = match (written, role) {
            ("", Role::All | Role::Ingress) => RecorderSecret::new(&made_up()),
            ("", _) => {
                return wrong(
                    "recorder.secret is not set (COUNTERSIGN_RECORDER__SECRET): recorder and every \
                     role that asks it need the same one",
                );
            }
            (written, _) => RecorderSecret::new(written),
        };
        secret.ok_or_else(|| {
            ConfigError("recorder.secret must be 16 to 200 visible ASCII characters".to_owned())
        })
    }

    /// Where health and metrics are served.
    pub(crate) fn admin_address(&self) -> Result<SocketAddr> {
        address("server.admin_listen", &self.server.admin_listen)
    }

    /// What the simulated GitLab takes as a token, and signs its calls with.
    pub(crate) fn of_simulated_gitlab(&self) -> Result<(SecretString, SecretString)> {
        let token = self.gitlab.get("main").map(|it| &it.token).filter(|it| is_set(it));
        match (token, self.hook_secret("default")) {
            (Some(token), Some(secret)) => Ok((token.clone(), secret)),
            _ => wrong(
                "the simulated GitLab needs COUNTERSIGN_GITLAB_TOKEN and COUNTERSIGN_HOOK_SECRET: the same \
                 that decision and ingress have",
            ),
        }
    }

    /// How everything on the bus is called.
    pub(crate) fn names(&self) -> Names {
        Names::new(&self.bus.subject_root, &self.bus.stream_prefix)
    }

    fn recorder(&self, role: Role, secret: RecorderSecret) -> Result<recorder::Config> {
        let sources = self.systems()?;
        let grpc_listen = match role {
            // Within one process nobody else needs to find it.
            Role::All => SocketAddr::from(([127, 0, 0, 1], 0)),
            _ => address("recorder.listen", &self.recorder.listen)?,
        };
        let policy = self.policy()?;
        Ok(recorder::Config {
            database: self.database()?,
            migrate: match self.database.migrate {
                true => recorder::Migrate::Yes,
                false => recorder::Migrate::No,
            },
            grpc_listen,
            secret,
            sources,
            read_back_after: self
                .recorder
                .read_back_ms
                .iter()
                .copied()
                .map(Duration::from_millis)
                .collect(),
            policy_of_check: self.policy_of_check(&policy)?,
            policy_hash: self.policy_hash(),
            policy_text: self.policy_text(),
            log_key: self.log_key(role)?,
            note_checks: self.note_checks()?,
            rights: self.rights()?,
            policy,
            look_at_the_clock_every: Duration::from_millis(self.recorder.clock_ms),
        })
    }

    /// The status checks about which a note is kept in the merge request.
    fn note_checks(&self) -> Result<Vec<approval::Pattern>> {
        let checks = &self.note.checks;
        if !checks.is_empty() && self.public_url().is_none() {
            return wrong(
                "note.checks needs server.public_url: a note leads to the page that says why",
            );
        }
        let read = checks.iter().map(|text| approval::Pattern::parse(text));
        read.collect::<std::result::Result<_, _>>()
            .map_err(|error| ConfigError(format!("note.checks: {error}")))
    }

    /// What signs the checkpoints of the audit record; `up` has its own when none is written.
    fn log_key(&self, role: Role) -> Result<Option<Arc<LogKey>>> {
        let written = self.recorder.log_key.expose_secret();
        let text = match (written, role) {
            ("", Role::All) => return Ok(None),
            ("", _) => {
                return wrong(
                    "recorder.log_key is not set (COUNTERSIGN_RECORDER__LOG_KEY): `countersign audit \
                     key` makes one",
                );
            }
            (written, _) => written,
        };
        let key = LogKey::read(text).map_err(|error| {
            ConfigError(format!("recorder.log_key is not the key of a log: {error}"))
        })?;
        Ok(Some(Arc::new(key)))
    }

    /// Where the memory is.
    pub(crate) fn database(&self) -> Result<recorder::Database> {
        let url = self.database.url.expose_secret();
        if url.is_empty() {
            let file = self.server.data_dir.join("countersign.db");
            return Ok(recorder::Database::Sqlite(file));
        }
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(recorder::Database::Sqlite(path.trim_start_matches("//").into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(recorder::Database::Postgres(url.to_owned()));
        }
        wrong("database.url must begin with postgres:// or sqlite:")
    }

    fn ui(&self, role: Role, listen: SocketAddr, secret: RecorderSecret) -> Result<ui::Config> {
        let sign_in = self.sign_in(role, listen)?;
        let rates = self.source.iter().map(|(name, it)| (name.clone(), it.decisions_a_minute));
        Ok(ui::Config {
            recorder_url: self.recorder.url.clone(),
            recorder_secret: secret,
            sign_in,
            address_header: name_of_header("ui.address_header", &self.ui.address_header)?,
            decisions_a_minute: rates.collect(),
        })
    }

    pub(super) fn bus_settings(&self, role: Role) -> Result<BusSettings> {
        let bus = &self.bus;
        let urls: Vec<String> = bus
            .url
            .expose_secret()
            .split(',')
            .map(|url| url.trim().to_owned())
            .filter(|url| !url.is_empty())
            .collect();
        if urls.is_empty() && role != Role::All {
            return wrong("bus.url is not set (COUNTERSIGN_NATS_URL): one role alone needs a bus");
        }
        if !matches!(bus.replicas, 1 | 3 | 5) {
            return wrong("bus.replicas must be 1, 3 or 5");
        }
        let path = |text: &str| (!text.is_empty()).then(|| text.into());
        Ok(BusSettings {
            config: bus::Config {
                urls,
                credentials: path(&bus.credentials_path),
                root_certificates: path(&bus.root_certificates_path),
                names: self.names(),
                replicas: bus.replicas,
                manage_streams: bus.manage_streams,
                stream_bytes_max: bus.stream_bytes_max,
                publish_timeout: Duration::from_millis(bus.publish_timeout_ms),
                ack_wait: Duration::from_millis(bus.ack_wait_ms),
                attempts_max: bus.attempts_max.get(),
                stall_after: Duration::from_millis(bus.stall_after_ms),
            },
            nats_server: bus.nats_server.clone(),
            embedded_port: bus.embedded_port,
            sources: self
                .source
                .iter()
                .filter(|(_, source)| is_set(&source.password))
                .map(|(name, source)| (name.clone(), source.password.clone()))
                .collect(),
        })
    }
}

pub(super) fn is_set(secret: &SecretString) -> bool {
    !secret.expose_secret().is_empty()
}

/// A name that can stand in a subject and in an address.
pub(super) fn plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn address(key: &str, text: &str) -> Result<SocketAddr> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        ConfigError(format!("{key} must be an address and a port, such as 127.0.0.1:8080"))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::load;

    pub(crate) const ENOUGH: [(&str, &str); 3] = [
        ("COUNTERSIGN_GITLAB_URL", "https://gitlab.example"),
        ("COUNTERSIGN_GITLAB_TOKEN", "token-of-the-test"),
        ("COUNTERSIGN_HOOK_SECRET", "secret-of-the-test"),
    ];

    pub(crate) fn trouble(role: Role, more: &[(&str, &str)], without: &str) -> Option<String> {
        let environment: Vec<_> = ENOUGH
            .iter()
            .filter(|(name, _)| *name != without)
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = load(None, &environment).and_then(|config| config.settings(role));
        settings.err().map(|error| error.to_string())
    }

    #[test]
    fn three_variables_are_enough() {
        assert_eq!(trouble(Role::All, &[], ""), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let no_url = trouble(Role::All, &[], "COUNTERSIGN_GITLAB_URL").unwrap_or_default();
        assert!(no_url.contains("missing field `url`"), "{no_url}");
        let no_token = trouble(Role::All, &[], "COUNTERSIGN_GITLAB_TOKEN").unwrap_or_default();
        assert!(no_token.starts_with("gitlab.main.token is not set"), "{no_token}");
        let no_secret = trouble(Role::All, &[], "COUNTERSIGN_HOOK_SECRET").unwrap_or_default();
        assert!(no_secret.starts_with("the hook default has no secret"), "{no_secret}");
        let no_bus = trouble(Role::Ingress, &[], "").unwrap_or_default();
        assert!(no_bus.starts_with("bus.url is not set"), "{no_bus}");
    }

    #[test]
    fn a_role_needs_only_its_own_secrets() {
        let bus = ("COUNTERSIGN_NATS_URL", "nats://127.0.0.1:4222");
        let secret = ("COUNTERSIGN_RECORDER__SECRET", "secret-of-the-test");
        let no_key = trouble(Role::Recorder, &[bus, secret], "").unwrap_or_default();
        assert!(no_key.starts_with("recorder.log_key is not set"), "{no_key}");
        for role in [Role::Ui, Role::Decision] {
            assert_eq!(trouble(role, &[bus, secret], "COUNTERSIGN_HOOK_SECRET"), None);
            let no_secret = trouble(role, &[bus], "").unwrap_or_default();
            assert!(no_secret.starts_with("recorder.secret is not set"), "{no_secret}");
        }
        assert_eq!(trouble(Role::Ui, &[bus, secret], "COUNTERSIGN_GITLAB_TOKEN"), None);
        assert_eq!(trouble(Role::Ingress, &[bus], "COUNTERSIGN_GITLAB_TOKEN"), None);
        let short = trouble(Role::All, &[(secret.0, "short")], "").unwrap_or_default();
        assert_eq!(short, "recorder.secret must be 16 to 200 visible ASCII characters");
    }

    #[test]
    fn secrets_are_not_in_the_debug_output() {
        let environment = ENOUGH.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = load(None, &environment).and_then(|config| config.settings(Role::All));
        let text = format!("{settings:?}");
        assert!(!text.contains("of-the-test"), "{text}");
    }
}
