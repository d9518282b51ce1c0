//! `countersign demo`: everything, with a simulated GitLab beside it.

use std::{io::Write, net::SocketAddr};

use anyhow::{Context, Result};
use gitlab_sim::{GitLabSim, Options};
use kit::{lifecycle::Signals, telemetry::Telemetry};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    run::{self, Outcome},
    settings::{Role, Settings},
};

/// Ports a newcomer can remember; others are taken when they are in use.
const PORT: u16 = 8080;
const GITLAB_PORT: u16 = 8929;

/// What its people may do.
const RIGHTS: &str = r#"[
    { right = "approver", groups = ["change-managers", "qa"] },
    { right = "viewer", groups = ["developers"] },
    { right = "operator", groups = ["platform"] },
]"#;

/// Those whom a visitor can be.
pub(crate) fn people() -> Vec<ui::Somebody> {
    let somebody = |id: &str, name: &str, what: &str, group: &str| ui::Somebody {
        id: id.to_owned(),
        name: name.to_owned(),
        what: what.to_owned(),
        groups: vec![group.to_owned()],
    };
    vec![
        somebody(
            "grace",
            "Grace Hopper",
            "change manager: approves and rejects",
            "change-managers",
        ),
        somebody("ada", "Ada Lovelace", "QA lead: approves and rejects", "qa"),
        somebody("dennis", "Dennis Ritchie", "developer: may look", "developers"),
        somebody(
            "radia",
            "Radia Perlman",
            "platform engineer: looks after what failed",
            "platform",
        ),
    ]
}

/// Runs the demo until asked to stop; it leaves nothing behind.
pub fn demo() -> Result<Outcome> {
    run::runtime()?.block_on(async {
        let signals = Signals::catch()?;
        let folder = tempfile::Builder::new().prefix("countersign-demo-").tempdir()?;
        let listener = listen_near(PORT).await?;
        let address = listener.local_addr()?;
        let sim = gitlab().await?;
        let secret = Uuid::new_v4().to_string();
        let hook = format!("http://{address}/approval-apps/status_check");
        // GitLab's first calls wait in the open port until there is somebody to take them.
        let world = gitlab_sim::demo::populate(&sim, &hook, Some(&secret));
        let token = world.token.value();
        let settings = settings(folder.path(), sim.url(), token, &secret, address)?;
        let telemetry = Telemetry::start(&settings.telemetry, "demo")?;
        let running = run::start(Role::All, settings, Some(listener), &telemetry).await?;

        let stop = running.lifecycle().soft();
        tokio::spawn(gitlab_sim::demo::keep_lively(sim.clone(), stop));
        greet(address, &sim);
        let outcome = running.until_stopped(signals).await;
        sim.stop().await;
        telemetry.finish();
        Ok(outcome)
    })
}

async fn gitlab() -> Result<GitLabSim> {
    let options = |port| Options { port, history_limit: 1_000, ..Options::default() };
    match GitLabSim::start(options(GITLAB_PORT)).await {
        Ok(sim) => Ok(sim),
        Err(_) => GitLabSim::start(options(0)).await.context("the simulated GitLab cannot start"),
    }
}

async fn listen_near(port: u16) -> Result<TcpListener> {
    let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
    match kit::http::bind(loopback(port)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(kit::http::bind(loopback(0)).await?),
    }
}

/// The settings of a real start, so that the demo shows the product and nothing else.
fn settings(
    folder: &std::path::Path,
    gitlab: &str,
    token: &str,
    secret: &str,
    address: SocketAddr,
) -> Result<Settings> {
    let mut environment: Vec<(String, String)> =
        std::env::vars().filter(|(name, _)| name == "NATS_SERVER_BIN").collect();
    let own = [
        ("COUNTERSIGN_GITLAB_URL", gitlab.to_owned()),
        ("COUNTERSIGN_GITLAB_TOKEN", token.to_owned()),
        ("COUNTERSIGN_HOOK_SECRET", secret.to_owned()),
        ("COUNTERSIGN_LISTEN", address.to_string()),
        ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ("COUNTERSIGN_DATA_DIR", folder.display().to_string()),
        ("COUNTERSIGN_LOG", "warn".to_owned()),
        ("COUNTERSIGN_UI__SIGN_IN", "demo".to_owned()),
        ("COUNTERSIGN_POLICY__RIGHT", RIGHTS.to_owned()),
        ("COUNTERSIGN_SERVER__PUBLIC_URL", format!("http://{address}")),
        ("COUNTERSIGN_NOTE__CHECKS", "[\"*\"]".to_owned()),
    ];
    environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Ok(crate::load(None, &environment)?.settings(Role::All)?)
}

fn greet(address: SocketAddr, sim: &GitLabSim) {
    let gitlab = sim.url();
    let text = format!(
        "\nCountersign is running with a simulated GitLab.\n\n  \
         1. Pick who you are and decide:  http://{address}/approval-apps/\n  \
         2. The merge requests are here:  {gitlab}/\n\n\
         Approve one in the first window and see its status check turn green in the second.\n\
         Nothing is kept. Stop with Ctrl-C.\n"
    );
    // Nobody may be reading any more; that is no reason to stop.
    let _unread = writeln!(std::io::stdout(), "{text}");
}
