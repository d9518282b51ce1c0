//! Three nats-servers that hold each stream together, with the configuration of deploy/kubernetes: TLS everywhere, a user
//! with the smallest rights for each role.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use bus::embedded::free_port;
use kit::child::Guarded;

use super::certificates;
use crate::{Inspector, process::tool, until};

const PASSWORD: &str = "password-of-the-bus";
const SERVERS: usize = 3;
const DEPLOYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/kubernetes/components/nats");

/// One server.
struct Server {
    port: u16,
    config: PathBuf,
    process: Option<Guarded>,
}

/// The servers.
pub(super) struct NatsCluster {
    servers: Vec<Server>,
    authority: PathBuf,
}

impl NatsCluster {
    pub(super) async fn start(folder: &Path) -> Self {
        let certificates = folder.join("nats-tls");
        certificates::write(&certificates);
        let routes: Vec<u16> = (0..SERVERS).map(|_| free_port().unwrap()).collect();
        let mut servers = Vec::new();
        for number in 0..SERVERS {
            let (port, own) = (free_port().unwrap(), folder.join(format!("nats-{number}")));
            std::fs::create_dir_all(&own).unwrap();
            let config = own.join("nats.conf");
            std::fs::write(&config, deployed_here(&own, port, number, &routes)).unwrap();
            std::fs::write(own.join("accounts.conf"), accounts()).unwrap();
            let mut server = Server { port, config, process: None };
            server.start();
            servers.push(server);
        }
        let cluster = Self { servers, authority: certificates.join("ca.crt") };
        until("the nats-servers to have a leader", async || {
            let Ok(bus) = cluster.try_inspector().await else { return false };
            bus.jetstream().query_account().await.is_ok()
        })
        .await;
        cluster
    }

    /// All addresses, as a role is given them.
    pub(super) fn url(&self, role: &str) -> String {
        let url = |it: &Server| format!("tls://{role}:{PASSWORD}@127.0.0.1:{}", it.port);
        self.servers.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// The certificate that a role must trust.
    pub(super) fn authority(&self) -> &Path {
        &self.authority
    }

    pub(super) async fn inspector(&self) -> Inspector {
        self.try_inspector().await.unwrap()
    }

    async fn try_inspector(&self) -> Result<Inspector, async_nats::ConnectError> {
        let mut last = None;
        for server in &self.servers {
            let url = format!("tls://127.0.0.1:{}", server.port);
            match Inspector::over_tls(PASSWORD, &self.authority, &url).await {
                Ok(inspector) => return Ok(inspector),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap())
    }

    pub(super) async fn loses_the_leader_of(&mut self, stream: &str) {
        let leader = self.inspector().await.leader_of(stream).await.unwrap();
        let number: usize = leader.trim_start_matches("nats-").parse().unwrap();
        let died = self.servers[number].process.take().unwrap();
        died.stop(libc::SIGKILL, Duration::from_secs(5)).unwrap();
        until("another leader", async || {
            let Ok(bus) = self.try_inspector().await else { return false };
            bus.leader_of(stream).await.is_some_and(|now| now != leader)
        })
        .await;
        self.servers[number].start();
    }
}

/// The deployed configuration with the places of this machine.
fn deployed_here(own: &Path, port: u16, number: usize, routes: &[u16]) -> String {
    let mut text = std::fs::read_to_string(format!("{DEPLOYED}/nats.conf")).unwrap();
    let folder = own.display().to_string();
    let mut places = vec![
        ("$POD_NAME".to_owned(), format!("nats-{number}")),
        ("0.0.0.0:4222".to_owned(), format!("127.0.0.1:{port}")),
        ("0.0.0.0:8222".to_owned(), "127.0.0.1:-1".to_owned()),
        ("0.0.0.0:6222".to_owned(), format!("127.0.0.1:{}", routes[number])),
        ("/var/run/nats".to_owned(), folder.clone()),
        ("\"/data\"".to_owned(), format!("\"{folder}/store\"")),
        ("/etc/nats-tls".to_owned(), format!("{folder}/../nats-tls")),
    ];
    for (other, route) in routes.iter().enumerate() {
        places.push((format!("nats-{other}.nats:6222"), format!("127.0.0.1:{route}")));
    }
    for (deployed, here) in places {
        assert!(text.contains(&deployed), "nats.conf does not say {deployed}");
        text = text.replace(&deployed, &here);
    }
    format!("log_file: {:?}\n{text}", own.join("nats.log"))
}

/// The deployed accounts, and an owner who may look at everything.
fn accounts() -> String {
    let text = std::fs::read_to_string(format!("{DEPLOYED}/accounts.conf")).unwrap();
    let owner = format!("users: [\n{{ user: countersign, password: {PASSWORD:?} }}\n");
    assert!(text.contains("users: [\n"), "{text}");
    text.replace("users: [\n", &owner)
}

impl Server {
    fn start(&mut self) {
        let mut command = Command::new(tool("NATS_SERVER_BIN", "nats-server"));
        for role in ["INGRESS", "RECORDER", "DECISION", "UI"] {
            command.env(format!("BUS_PASSWORD_{role}"), PASSWORD);
        }
        command.arg("--config").arg(&self.config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(Guarded::spawn(command).unwrap());
    }
}
