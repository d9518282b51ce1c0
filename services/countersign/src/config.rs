//! The configuration as it is written, and what each role gets of it.

mod break_glass;
mod freezes;
mod onboarding;
mod policy;
mod reference;
mod rights;
mod rules;
mod settings;
mod sign_in;
mod sources;

use std::{collections::BTreeMap, num::NonZeroU32, path::Path};

pub(crate) use policy::{duration, hash_of, recorded};

use kit::config::{ConfigError, Layers, ShortName};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Names that are enough for a first real use.
const SHORT_NAMES: &[ShortName] = &[
    ("COUNTERSIGN_GITLAB_URL", &["gitlab", "main", "url"]),
    ("COUNTERSIGN_GITLAB_TOKEN", &["gitlab", "main", "token"]),
    ("COUNTERSIGN_HOOK_SECRET", &["hook", "default", "secret"]),
    ("COUNTERSIGN_LISTEN", &["server", "listen"]),
    ("COUNTERSIGN_DATA_DIR", &["server", "data_dir"]),
    ("COUNTERSIGN_NATS_URL", &["bus", "url"]),
    ("COUNTERSIGN_DATABASE_URL", &["database", "url"]),
    ("COUNTERSIGN_LOG", &["telemetry", "log"]),
    ("NATS_SERVER_BIN", &["bus", "nats_server"]),
];

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    server: Server,
    gitlab: BTreeMap<String, GitLab>,
    hook: BTreeMap<String, Hook>,
    source: BTreeMap<String, Source>,
    policy: Policy,
    note: Note,
    ingress: Ingress,
    ui: Ui,
    recorder: Recorder,
    decision: Decision,
    database: Database,
    bus: Bus,
    telemetry: kit::telemetry::Config,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    listen: String,
    admin_listen: String,
    data_dir: std::path::PathBuf,
    public_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GitLab {
    url: String,
    #[serde(default)]
    token: SecretString,
    #[serde(default)]
    profile: Profile,
    #[serde(default)]
    projects: Vec<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Profile {
    #[default]
    GitLab,
    Deckhouse,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hook {
    #[serde(default = "main_gitlab")]
    gitlab: String,
    #[serde(default)]
    secret: SecretString,
    #[serde(default)]
    more_secrets: Vec<SecretString>,
    #[serde(default)]
    allow_unsigned: bool,
}

impl Hook {
    /// Everything that may sign a call; the first is what GitLab is given.
    fn secrets(&self) -> Vec<SecretString> {
        let lines = self.secret.expose_secret().lines().filter(|line| !line.trim().is_empty());
        let lines = lines.map(SecretString::from);
        lines.chain(self.more_secrets.iter().cloned()).filter(settings::is_set).collect()
    }
}

fn main_gitlab() -> String {
    "main".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ingress {
    spool_dir: std::path::PathBuf,
    spool_bytes_max: u64,
    body_bytes_in_flight_max: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    public_keys: Vec<String>,
    #[serde(default)]
    signature: Signature,
    #[serde(default = "six_hundred")]
    decisions_a_minute: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Signature {
    #[default]
    Optional,
    Required,
}

fn six_hundred() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(599)
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    approvals: NonZeroU32,
    people: Vec<String>,
    groups: Vec<String>,
    reason_required: bool,
    pending: Pending,
    heartbeat_every: String,
    heartbeat_lasts: String,
    decide_within: String,
    approval_lasts: String,
    remind_after: Vec<String>,
    foreign_passed: ForeignPassed,
    check: BTreeMap<String, CheckPolicy>,
    rule: Vec<rules::Rule>,
    right: Vec<rights::Right>,
    person: Vec<rules::Person>,
    freeze: Vec<freezes::Freeze>,
    #[serde(default)]
    break_glass: Option<break_glass::BreakGlass>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Pending {
    Quiet,
    Heartbeat,
    FailFirst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ForeignPassed {
    Answer,
    Report,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CheckPolicy {
    pending: Pending,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    checks: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ui {
    sign_in: SignInBy,
    open_to_network: bool,
    address_header: String,
    user_header: String,
    groups_header: String,
    oidc: Oidc,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Oidc {
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    scopes: Vec<String>,
    id_claim: String,
    name_claim: String,
    email_claim: String,
    groups_claim: String,
    recheck_s: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SignInBy {
    Local,
    Oidc,
    Name,
    Header,
    Demo,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorder {
    listen: String,
    url: String,
    secret: SecretString,
    log_key: SecretString,
    read_back_ms: Vec<u64>,
    clock_ms: u64,
    resend_after_ms: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    first_wait_ms: u64,
    requests_per_second: f64,
    sweep_per_second: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    url: SecretString,
    migrate: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bus {
    url: SecretString,
    credentials_path: String,
    root_certificates_path: String,
    subject_root: String,
    stream_prefix: String,
    replicas: usize,
    manage_streams: bool,
    stream_bytes_max: i64,
    publish_timeout_ms: u64,
    ack_wait_ms: u64,
    attempts_max: NonZeroU32,
    stall_after_ms: u64,
    nats_server: std::path::PathBuf,
    embedded_port: u16,
}

impl Config {
    /// The commented defaults: the documentation of every setting.
    const DEFAULTS: &'static str = include_str!("../countersign.default.toml");

    /// Every setting with its default and its explanation: as a file, or as a page of Markdown.
    #[must_use]
    pub fn reference(page: bool) -> String {
        if page { reference::page(Self::DEFAULTS) } else { Self::DEFAULTS.to_owned() }
    }

    /// The same with the policy of another one.
    pub(crate) fn with_policy_of(self, other: Self) -> Self {
        Self { policy: other.policy, ..self }
    }

    /// Where `countersign up` keeps its data.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.server.data_dir
    }

    /// Where the other roles find recorder when it runs by itself.
    pub(crate) fn recorder_url(&self) -> &str {
        &self.recorder.url
    }

    /// What it is shown then.
    pub(crate) fn recorder_secret(&self) -> &SecretString {
        &self.recorder.secret
    }
}

/// Reads the configuration from its layers.
pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> Result<Config, ConfigError> {
    let layers = Layers { defaults: Config::DEFAULTS, file, environment, short_names: SHORT_NAMES };
    layers.load()
}
