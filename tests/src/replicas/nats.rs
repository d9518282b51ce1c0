//! Three nats-servers that hold each stream together.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use bus::embedded::free_port;
use kit::child::Guarded;

use crate::{Inspector, process::tool, until};

const PASSWORD: &str = "password-of-the-bus";
const SERVERS: usize = 3;

/// One server.
struct Server {
    port: u16,
    config: PathBuf,
    process: Option<Guarded>,
}

/// The servers.
pub(super) struct NatsCluster {
    servers: Vec<Server>,
}

impl NatsCluster {
    pub(super) async fn start(folder: &Path) -> Self {
        let routes: Vec<u16> = (0..SERVERS).map(|_| free_port().unwrap()).collect();
        let addresses: Vec<String> =
            routes.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
        let mut servers = Vec::new();
        for (number, route) in routes.iter().enumerate() {
            let (port, own) = (free_port().unwrap(), folder.join(format!("nats-{number}")));
            std::fs::create_dir_all(&own).unwrap();
            let config = own.join("nats.conf");
            let text = format!(
                "server_name: n{number}\nlisten: \"127.0.0.1:{port}\"\nlog_file: {log:?}\n\
                 jetstream {{ store_dir: {store:?}, sync_interval: always, max_file_store: 1TB }}\n\
                 cluster {{ name: countersign, listen: \"127.0.0.1:{route}\", routes: [{routes}] }}\n\
                 authorization {{ user: countersign, password: {PASSWORD:?} }}\n",
                log = own.join("nats.log"),
                store = own.join("store"),
                routes = addresses.join(", "),
            );
            std::fs::write(&config, text).unwrap();
            let mut server = Server { port, config, process: None };
            server.start();
            servers.push(server);
        }
        let cluster = Self { servers };
        until("the nats-servers to have a leader", async || {
            let Ok(bus) = cluster.try_inspector().await else { return false };
            bus.jetstream().query_account().await.is_ok()
        })
        .await;
        cluster
    }

    /// All addresses, as a role is given them.
    pub(super) fn url(&self) -> String {
        let url = |it: &Server| format!("nats://countersign:{PASSWORD}@127.0.0.1:{}", it.port);
        self.servers.iter().map(url).collect::<Vec<_>>().join(",")
    }

    pub(super) async fn inspector(&self) -> Inspector {
        self.try_inspector().await.unwrap()
    }

    async fn try_inspector(&self) -> Result<Inspector, async_nats::ConnectError> {
        let mut last = None;
        for server in &self.servers {
            let url = format!("nats://127.0.0.1:{}", server.port);
            match Inspector::with_password(Some(PASSWORD), &url).await {
                Ok(inspector) => return Ok(inspector),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap())
    }

    pub(super) async fn loses_the_leader_of(&mut self, stream: &str) {
        let leader = self.inspector().await.leader_of(stream).await.unwrap();
        let number: usize = leader.trim_start_matches('n').parse().unwrap();
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

impl Server {
    fn start(&mut self) {
        let mut command = Command::new(tool("NATS_SERVER_BIN", "nats-server"));
        command.arg("--config").arg(&self.config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(Guarded::spawn(command).unwrap());
    }
}
