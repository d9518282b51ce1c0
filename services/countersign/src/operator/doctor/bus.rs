//! The bus: the server's version, whether it syncs, and whether every stream is as it must be.

use bus::{Bus, ConnectError, StreamError};
use serde_json::Value;

use super::finding::Area;
use crate::Config;

/// The version from which atomic batches and per-message schedules are settled.
const ADVISED: &str = "2.14";

pub(super) async fn look(config: &Config, monitors: &[String]) -> Area {
    let mut area = Area::new("bus");
    let settings = match config.bus_for_looking() {
        Ok(Some(settings)) => settings,
        Ok(None) => {
            area.ok("`countersign up` runs a nats-server of its own, which syncs each message");
            return area;
        }
        Err(error) => {
            area.unknown(error.to_string(), "");
            return area;
        }
    };
    let replicas = settings.replicas;
    let user = settings.user().unwrap_or_else(|| "doctor".to_owned());
    let bus = match Bus::connect(settings, &user).await {
        Ok(bus) => bus,
        Err(error) => {
            unreachable(&mut area, &error);
            return area;
        }
    };
    let version = bus.server_version();
    area.ok(format!("nats-server {version} takes our credentials ({ADVISED} or newer is advised)"));
    let mut hidden = Vec::new();
    for stream in config.streams().unwrap_or_default() {
        let name = bus.names().stream(&stream);
        match bus.look_at(&stream).await {
            Ok(found) if found < replicas => area.wrong(
                format!("copies of stream {name}: {found}, where bus.replicas says {replicas}"),
                "start recorder with bus.manage_streams, or: nats stream edit --replicas.",
            ),
            Ok(1) => area.ok(format!("stream {name} is as it must be, in one copy")),
            Ok(found) => area.ok(format!("stream {name} is as it must be, in {found} copies")),
            Err(StreamError::Denied(name)) => hidden.push(name),
            Err(error) => area.wrong(
                error.to_string(),
                "recorder creates and mends streams where bus.manage_streams is true.",
            ),
        }
    }
    bus.close().await;
    if !hidden.is_empty() {
        area.unknown(
            format!("the user {user} of the bus may not look at {}", hidden.join(", ")),
            "run doctor where recorder is, too: it looks at every stream.",
        );
    }
    syncs(&mut area, monitors).await;
    area
}

fn unreachable(area: &mut Area, error: &ConnectError) {
    let fix = match error {
        ConnectError::TooOld(_) => "take a newer nats-server.",
        ConnectError::Refused(_) => "give this role its user: countersign bus permissions.",
        _ => "look at bus.url, the network and the certificates.",
    };
    area.wrong(error.to_string(), fix);
}

/// Only the monitoring port tells whether a server syncs before it acknowledges.
async fn syncs(area: &mut Area, monitors: &[String]) {
    let wanted = "jetstream { sync_interval: always }";
    if monitors.is_empty() {
        area.unknown(
            "whether nats-server syncs each message before it acknowledges it",
            format!("set {wanted}, and name its monitoring port with --nats-monitor to have it looked at."),
        );
    }
    for address in monitors {
        let answer = kit::http::fetch(address, "/varz").await;
        let told = answer.ok().and_then(|(_, body)| serde_json::from_str::<Value>(&body).ok());
        let Some(told) = told else {
            area.unknown(format!("the monitoring port {address} does not answer"), "");
            continue;
        };
        match told["jetstream"]["config"]["sync_always"].as_bool() {
            Some(true) => {
                area.ok(format!("{address} syncs each message before it acknowledges it"));
            }
            _ => area.wrong(
                format!("{address} acknowledges before it syncs: a power failure loses what was acknowledged"),
                format!("set {wanted} on every server."),
            ),
        }
    }
}
