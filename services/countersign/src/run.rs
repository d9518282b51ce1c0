//! Running one role, or all of them in one process.

use std::{
    io::Write,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use axum::Router;
use bus::{Awaited, Bus};
use kit::{
    admin::{self, Health},
    config::ConfigError,
    lifecycle::{End, Lifecycle, Signals},
    telemetry::Telemetry,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    local::{DataFolder, OwnServer},
    pulse::Process,
    renewal::Renewable,
    settings::{Role, Settings},
};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked to.
    Stopped,
    /// A part of it failed.
    Failed,
}

/// What is running and where.
pub(crate) struct Running {
    lifecycle: Lifecycle,
    bus: Awaited,
    /// Address of the pages and the hook, when this process serves any.
    pub(crate) address: Option<SocketAddr>,
    admin: SocketAddr,
    server: Option<OwnServer>,
    _data: Option<DataFolder>,
}

/// Runs until asked to stop.
pub fn run(
    role: Role,
    settings: Settings,
    again: impl Fn() -> Result<Settings, ConfigError> + Send + Sync + 'static,
) -> Result<Outcome> {
    runtime()?.block_on(async {
        let telemetry = Telemetry::start(&settings.telemetry, role.name())?;
        let result = run_observed(role, settings, again, &telemetry).await;
        telemetry.finish();
        result
    })
}

/// A runtime whose threads are as many as the machine's cores.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    // Without it neither TLS library can be chosen; a second start finds it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn run_observed(
    role: Role,
    settings: Settings,
    again: impl Fn() -> Result<Settings, ConfigError> + Send + Sync + 'static,
    telemetry: &Telemetry,
) -> Result<Outcome> {
    let begun = Instant::now();
    let mut signals = Signals::catch()?;
    let listener = match role {
        Role::All | Role::Ingress | Role::Ui => Some(kit::http::bind(settings.listen).await?),
        Role::Recorder | Role::Decision => None,
    };
    let hook = settings.ingress.is_some();
    let data = settings.data_dir.clone();
    let renewable = Renewable::of(&settings);
    let running = tokio::select! {
        running = start(role, settings, listener, telemetry) => running?,
        () = signals.next() => {
            tracing::info!("asked to stop before the start was done");
            return Ok(Outcome::Stopped);
        }
    };
    tokio::spawn(renewable.keep(again, running.lifecycle.soft()));
    running.greet(role, hook, &data, begun.elapsed());
    Ok(running.until_stopped(signals).await)
}

/// Starts what the settings name.
pub(crate) async fn start(
    role: Role,
    mut settings: Settings,
    listener: Option<TcpListener>,
    telemetry: &Telemetry,
) -> Result<Running> {
    let (lifecycle, health) = (Lifecycle::default(), Health::default());
    let data = match role {
        Role::All => Some(DataFolder::open(&settings.data_dir)?),
        _ => None,
    };
    let server = own_server(role, &mut settings, &lifecycle).await?;
    let admin_listener = kit::http::bind(settings.admin_listen).await?;
    let admin = admin_listener.local_addr()?;
    let process = Process {
        role: role.name(),
        replica: kit::replica::name(admin),
        health: health.clone(),
        metrics: telemetry.metrics.clone(),
    };
    let bus = find_bus(process, role, &settings, &lifecycle).await?;
    let present = || bus.get().cloned().context("the bus is needed to start");
    let mut recorder_url = None;
    if let Some(mut config) = settings.recorder {
        if let (None, Some(data)) = (&config.log_key, &data) {
            config.log_key = Some(Arc::new(data.log_key()?));
        }
        let secret = config.secret.clone();
        let address = recorder::start(config, present()?, &lifecycle, &health).await?;
        if let Some(data) = &data {
            data.announce(address, &secret)?;
        }
        recorder_url = Some(format!("http://{address}"));
    }
    if let Some(mut config) = settings.decision {
        config.recorder_url = recorder_url.clone().unwrap_or(config.recorder_url);
        config.holder = kit::replica::name(admin);
        decision::start(config, present()?, &lifecycle, &health).await?;
    }
    let mut routes = Router::new();
    if let Some(mut config) = settings.ui {
        config.recorder_url = recorder_url.unwrap_or(config.recorder_url);
        routes = routes.merge(ui::start(config, present()?, &lifecycle, &health).await?);
    }
    if let Some(config) = settings.ingress {
        routes = routes.merge(ingress::start(config, bus.clone(), &lifecycle, &health).await?);
    }
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    if let Some(listener) = listener {
        lifecycle.spawn(
            "HTTP",
            kit::http::serve(listener, kit::http::observed(routes), lifecycle.soft()),
        );
    }
    let admin_routes = admin::router(health, telemetry.metrics.clone());
    lifecycle.spawn("admin", kit::http::serve(admin_listener, admin_routes, lifecycle.soft()));
    Ok(Running { lifecycle, bus, address, admin, server, _data: data })
}

/// Connects to the bus. Ingress by itself goes on without one: it has its spool.
async fn find_bus(
    process: Process,
    role: Role,
    settings: &Settings,
    lifecycle: &Lifecycle,
) -> Result<Awaited> {
    let config = settings.bus.config.clone();
    let needed = role != Role::Ingress;
    let bus = match needed {
        true => Bus::connect(config.clone(), role.name()).await.map(Awaited::here),
        false => Awaited::look(config.clone(), role.name()).await,
    };
    let bus = bus.context("the bus is needed to start")?;
    let (awaited, health, stop) = (bus.clone(), process.health.clone(), lifecycle.soft());
    tokio::spawn(async move {
        awaited.join(&config, role.name(), &ingress::STREAMS, &health, &stop).await;
        if let Some(bus) = awaited.get().cloned() {
            tokio::join!(
                process.beat(bus.clone(), stop.clone()),
                watch_bus(bus, needed, health, stop)
            );
        }
    });
    Ok(bus)
}

/// Says whether the bus is connected, so that a process that nobody calls any more because it was
/// not ready becomes ready again by itself.
async fn watch_bus(bus: Bus, needed: bool, health: Health, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match (bus.denied(), bus.is_connected() || !needed) {
            (Some(subject), _) => {
                let sentence = format!("the bus does not let us publish to {subject}");
                health.trouble("bus", sentence);
            }
            (None, true) => health.well("bus"),
            (None, false) => health.trouble("bus", "the bus is not connected"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn own_server(
    role: Role,
    settings: &mut Settings,
    lifecycle: &Lifecycle,
) -> Result<Option<OwnServer>> {
    if role != Role::All || !settings.bus.config.urls.is_empty() {
        return Ok(None);
    }
    let own = OwnServer::start(&settings.bus, &settings.data_dir).await?;
    settings.bus.config.urls = vec![own.url.clone()];
    let (ended, stop) = (own.server.ended(), lifecycle.soft());
    lifecycle.spawn("nats-server", async move {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = ended.cancelled() => Err("the nats-server of this process has ended"),
        }
    });
    Ok(Some(own))
}

impl Running {
    /// Asks everything to stop.
    pub(crate) fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Waits for the end: work first, then the bus, then the server below it.
    pub(crate) async fn until_stopped(self, signals: Signals) -> Outcome {
        let end = self.lifecycle.run(signals).await;
        if let Some(bus) = self.bus.get() {
            bus.close().await;
        }
        if let Some(own) = self.server {
            own.server.stop();
        }
        tracing::info!("stopped");
        match end {
            End::Clean | End::CutOff => Outcome::Stopped,
            End::Failed => Outcome::Failed,
        }
    }

    /// Says on standard output where to go, for people and for scripts.
    fn greet(&self, role: Role, hook: bool, data: &std::path::Path, took: Duration) {
        let mut lines =
            vec![format!("Countersign {} ({})", env!("CARGO_PKG_VERSION"), role.name())];
        if let Some(address) = self.address {
            if matches!(role, Role::All | Role::Ui) {
                lines.push(format!("  requests  http://{address}/approval-apps/"));
            }
            if hook {
                lines.push(format!("  hook      http://{address}/approval-apps/status_check"));
            }
        }
        lines.push(format!("  health    http://{}/readyz", self.admin));
        if let Some(own) = &self.server {
            lines.push(format!("  bus       nats://{}", own.server.address()));
            lines.push(format!("  data      {}", data.display()));
        }
        lines.push(format!("Ready after {:.2} s. Stop with Ctrl-C.", took.as_secs_f64()));
        // Nobody may be reading any more; that is no reason to stop.
        let _unread = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    }
}
