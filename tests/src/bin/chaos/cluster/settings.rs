//! The settings of each process.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
};

use anyhow::{Context, Result};
use bus::{
    Names, Permissions,
    embedded::{Options, User},
};

use super::member::{Member, Recipe};
use crate::{plan, proxy::Proxy};

/// The shared secret of the status check.
pub(crate) const HOOK_SECRET: &str = "canary-hook-secret-5b1f0c9e";
/// The password of the roles at the bus.
pub(crate) const BUS_PASSWORD: &str = "canary-bus-password-77d2a1";
/// What the roles show to recorder.
pub(crate) const RECORDER_SECRET: &str = "canary-recorder-secret-3f90d2";
/// The password of the outside system at the bus.
pub(crate) const SOURCE_PASSWORD: &str = "canary-source-password-e01b";

/// Requests of one sweep to GitLab in a second.
pub(crate) const SWEEP_PER_SECOND: u64 = 50;

/// Ports below those that the kernel gives to outgoing connections: a process that was killed must
/// find its own free again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Where each process serves what others connect to.
#[derive(Debug)]
pub(super) struct Ports(BTreeMap<&'static str, SocketAddr>);

impl Ports {
    /// Finds free ones.
    pub(super) fn free() -> Result<Self> {
        let names = [
            "nats",
            "recorder-1",
            "recorder-2",
            "ingress-1",
            "ingress-2",
            "decision-1",
            "decision-2",
            "ui-1",
        ];
        // Two runs at once begin at different places.
        let range = u32::from(PORTS.end - PORTS.start);
        let offset = u16::try_from(std::process::id() * 16 % range).unwrap_or_default();
        let mut candidates = (PORTS.start + offset..PORTS.end).chain(PORTS);
        let mut ports = BTreeMap::new();
        for name in names {
            let free =
                candidates.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
            let port = free.context("no port is free")?;
            ports.insert(name, SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
        Ok(Self(ports))
    }

    pub(super) fn of(&self, name: &str) -> SocketAddr {
        *self.0.get(name).expect("a name of a process")
    }
}

/// What the settings are made from.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) gitlab_token: &'a str,
    pub(super) database_url: &'a str,
    pub(super) folder: &'a Path,
    pub(super) approvals: u32,
    pub(super) ports: &'a Ports,
    pub(super) links: &'a BTreeMap<String, Proxy>,
}

impl Around<'_> {
    pub(super) fn member(&self, name: &str) -> Member {
        let address = self.ports.of(name);
        if name == plan::BUS {
            let folder = self.folder.join(plan::BUS_DISK);
            let log = folder.join("nats-server.log");
            return Member::new(name, address, log, Recipe::Bus(Box::new(bus(&folder, address))));
        }
        let role = ["recorder", "ingress", "decision", "ui"]
            .into_iter()
            .find(|role| name.starts_with(role))
            .expect("a role of the product");
        let log = self.folder.join(format!("{name}.log"));
        let settings = self.settings(name, role, address);
        Member::new(name, address, log, Recipe::Role { role, settings })
    }

    /// Each role gets what it needs and no more.
    fn settings(&self, name: &str, role: &str, address: SocketAddr) -> Vec<(String, String)> {
        let through = |to: &str| self.links.get(&format!("{name} -> {to}")).map(Proxy::address);
        let mut settings = Vec::new();
        let mut set = |key: &str, value: String| settings.push((key.to_owned(), value));
        let bus = through("nats").expect("every role knows the bus");
        set("COUNTERSIGN_NATS_URL", format!("nats://countersign:{BUS_PASSWORD}@{bus}"));
        set("COUNTERSIGN_DATA_DIR", self.folder.join(name).display().to_string());
        set("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned());
        set("COUNTERSIGN_BUS__ACK_WAIT_MS", "1000".to_owned());
        set("COUNTERSIGN_BUS__PUBLISH_TIMEOUT_MS", "1000".to_owned());
        set("COUNTERSIGN_BUS__STREAM_BYTES_MAX", (32 * 1024 * 1024).to_string());
        let ours = ["countersign", "ingress", "recorder", "decision", "ui", "bus", "gitlab", "kit"];
        let log = ours.map(|room| format!("{room}=debug")).join(",");
        set("COUNTERSIGN_LOG", format!("info,{log}"));
        set("COUNTERSIGN_RECORDER__SECRET", RECORDER_SECRET.to_owned());
        set("COUNTERSIGN_RECORDER__LOG_KEY", tests::LOG_KEY.to_owned());
        match role {
            "recorder" => {
                set("COUNTERSIGN_RECORDER__LISTEN", address.to_string());
                let database = match through("postgres") {
                    Some(proxy) => {
                        let host = host_of(self.database_url);
                        self.database_url.replace(host, &proxy.to_string())
                    }
                    None => self.database_url.to_owned(),
                };
                set("COUNTERSIGN_DATABASE_URL", database);
                set("COUNTERSIGN_RECORDER__READ_BACK_MS", "[100, 4000]".to_owned());
                set("COUNTERSIGN_RECORDER__CLOCK_MS", "500".to_owned());
                set("COUNTERSIGN_RECORDER__RESEND_AFTER_MS", "15000".to_owned());
                set("COUNTERSIGN_POLICY__APPROVALS", self.approvals.to_string());
                set("COUNTERSIGN_SOURCE__SERVICENOW__PASSWORD", SOURCE_PASSWORD.to_owned());
            }
            "ingress" => {
                set("COUNTERSIGN_LISTEN", address.to_string());
                set("COUNTERSIGN_HOOK_SECRET", super::HOOK_SECRET.to_owned());
            }
            "decision" => {
                // A process that is started again is known by it, and has its lease back.
                set("COUNTERSIGN_SERVER__ADMIN_LISTEN", address.to_string());
                let gitlab = through("gitlab").expect("decision knows GitLab");
                set("COUNTERSIGN_GITLAB_URL", format!("http://{gitlab}"));
                set("COUNTERSIGN_GITLAB_TOKEN", self.gitlab_token.to_owned());
                set("COUNTERSIGN_DECISION__FIRST_WAIT_MS", "50".to_owned());
                set("COUNTERSIGN_DECISION__REQUESTS_PER_SECOND", "400".to_owned());
                set("COUNTERSIGN_DECISION__SWEEP_PER_SECOND", SWEEP_PER_SECOND.to_string());
            }
            _ => {
                set("COUNTERSIGN_LISTEN", address.to_string());
                set("COUNTERSIGN_UI__SIGN_IN", "name".to_owned());
            }
        }
        if let Some(recorder) = through("recorder") {
            set("COUNTERSIGN_RECORDER__URL", format!("http://{recorder}"));
        }
        settings
    }
}

fn bus(folder: &Path, address: SocketAddr) -> Options {
    let user = |name: &str, password: &str, only| User {
        name: name.to_owned(),
        password: password.to_owned(),
        only,
    };
    let servicenow = Permissions::of_source(&Names::default(), "servicenow");
    Options {
        program: tests::tool("NATS_SERVER_BIN", "nats-server"),
        folder: folder.to_owned(),
        port: address.port(),
        users: vec![
            user("countersign", BUS_PASSWORD, None),
            user("servicenow", SOURCE_PASSWORD, Some(servicenow)),
        ],
        sync_always: true,
    }
}

/// Host and port of an address.
pub(super) fn host_of(url: &str) -> &str {
    let rest = url.split_once('@').map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}
