//! How decision starts, and how commands find their way.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bus::{Bus, Delivery, Failure, Kind, Limits, Needs, Stream, StreamError, ensure_streams};
use gitlab::{Client, ClientConfig, ClientError};
use kit::{admin::Health, changing::Changing, lifecycle::Lifecycle};
use proto::v1::approval_service_client::ApprovalServiceClient;
use secrecy::SecretString;
use tracing::Instrument;

use crate::{
    Config, GitLab, ROLE, app::App, host::Host, look_up, note, pace::Pace, read_back, respond,
    sweep::Sweep,
};

/// Commands under way at once, most of them waiting for their turn: among them the most urgent is
/// found.
const UNDER_WAY: usize = 64;

/// When decision cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// When an instance cannot be spoken to as configured.
    #[error("gitlab {name}: {cause}")]
    GitLab {
        /// Its name.
        name: String,
        /// Why.
        cause: ClientError,
    },
    /// When recorder's address cannot be read.
    #[error("recorder.url is not an address: {0}")]
    Recorder(#[from] tonic::transport::Error),
    /// When a stream is not as it must be.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// The streams that must be there.
const STREAMS: [Stream; 4] = [Stream::Respond, Stream::Outcome, Stream::Intake, Stream::Dead];

/// What decision does on the bus: it takes commands, says what became of them, and what the sweep saw.
#[must_use]
pub fn needs() -> Needs {
    Needs {
        role: ROLE,
        looks_at: STREAMS.to_vec(),
        publishes: vec![Stream::Outcome, Stream::Intake, Stream::Dead],
        consumes: vec![Stream::Respond],
        ..Needs::default()
    }
}

/// Starts decision.
pub async fn start(
    config: Config,
    bus: Bus,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<(), StartError> {
    let (mut gitlabs, mut swept) = (HashMap::new(), Vec::new());
    for GitLab { name, url, token, answers, projects } in config.gitlabs {
        let client = Client::new(ClientConfig::new(url, token.now(), config.version));
        let client = client.map_err(|cause| StartError::GitLab { name: name.clone(), cause })?;
        spawn_renewal(lifecycle, client.clone(), token, name.clone());
        let (per_second, wait) = (config.requests_per_second, config.first_wait);
        let host = Host::new(client, answers, per_second, wait, lifecycle.soft());
        gitlabs.insert(name.clone(), host);
        swept.push((name, projects));
    }
    let recorder = proto::recorder_at(config.recorder_url)?;
    let channel = recorder.timeout(Duration::from_secs(5)).connect_lazy();
    let channel = config.recorder_secret.shown_on(channel, kit::telemetry::traceparent);
    ensure_streams(&bus, &STREAMS).await?;
    let app = App {
        bus: bus.clone(),
        recorder: ApprovalServiceClient::new(channel),
        gitlabs: Arc::new(gitlabs),
        pace: Arc::new(Pace::new(config.first_wait)),
        holder: config.holder.into(),
        public_url: config.public_url.clone().map(Into::into),
    };
    for (gitlab, projects) in swept.into_iter().filter(|_| config.sweep_per_second > 0.0) {
        let (app, public_url) = (app.clone(), config.public_url.clone());
        let sweep =
            Sweep { app, gitlab, projects, per_second: config.sweep_per_second, public_url };
        let stop = lifecycle.soft();
        lifecycle.spawn("sweep", async move {
            sweep.run(stop).await;
            Ok::<_, StartError>(())
        });
    }
    let stop = lifecycle.soft();
    lifecycle.spawn("commands", async move {
        // A command that waits for its next attempt stays unacknowledged, so many may.
        let limits =
            Limits { batch: 1, under_way: UNDER_WAY, prefetched: 1, unacknowledged: 50_000 };
        let stream = Stream::Respond;
        bus::consume(&bus, ROLE, &stream, limits, stop, |batch| carry_out(&app, batch)).await
    });
    health.well("decision");
    Ok(())
}

/// Goes on with another token as soon as there is one.
fn spawn_renewal(
    lifecycle: &Lifecycle,
    client: Client,
    token: Changing<SecretString>,
    gitlab: String,
) {
    let (mut changes, stop) = (token.changes(), lifecycle.soft());
    lifecycle.spawn("token", async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<_, StartError>(()),
                // It cannot end: the token is held here.
                _changed = changes.changed() => match client.set_token(token.now()) {
                    Ok(()) => tracing::info!(gitlab, "another token is used from now on"),
                    Err(error) => tracing::warn!(gitlab, %error, "the new token is not used"),
                },
            }
        }
    });
}

async fn carry_out(app: &App, batch: Arc<[Delivery]>) -> Vec<Result<(), Failure>> {
    let mut results = Vec::with_capacity(batch.len());
    for delivery in &*batch {
        results.push(one(app, delivery).instrument(delivery.span(work_on(delivery))).await);
    }
    results
}

/// What is done with a command, for whoever reads traces.
fn work_on(delivery: &Delivery) -> &'static str {
    let works = [
        (Kind::Respond, "answer GitLab"),
        (Kind::ReadBack, "read GitLab's status back"),
        (Kind::LookUp, "look the merge request up"),
        (Kind::Note, "write the note"),
    ];
    works.into_iter().find(|(kind, _)| delivery.is(*kind)).map_or("command", |(_, work)| work)
}

async fn one(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    if delivery.is(Kind::Respond) {
        respond::carry_out(app, delivery).await
    } else if delivery.is(Kind::ReadBack) {
        read_back::carry_out(app, delivery).await
    } else if delivery.is(Kind::LookUp) {
        look_up::carry_out(app, delivery).await
    } else if delivery.is(Kind::Note) {
        note::carry_out(app, delivery).await
    } else {
        let sentence = "ce-type is neither respond, read-back, look-up nor note".to_owned();
        Err(Failure::Reject("unknown-type", sentence))
    }
}
