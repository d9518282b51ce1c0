//! `countersign doctor`: whether everything is set up so that it works, and what to do where it is not.

mod bus;
mod database;
mod finding;
mod gitlab;
mod hook;
mod recorder;

use clap::{Args, ValueEnum};

use super::{Problem, print, text::as_json, wait_for};
use crate::Config;
use finding::{Area, State};

/// `countersign doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Path or id of a project that should be gated; can be given again
    #[arg(long)]
    project: Vec<String>,
    /// A file with a token of a maintainer, who sees how status checks are set up
    #[arg(long)]
    token_file: Option<std::path::PathBuf>,
    /// The monitoring address of a nats-server, which alone says whether it syncs, such as 127.0.0.1:8222; can be
    /// given again
    #[arg(long, value_name = "HOST:PORT")]
    nats_monitor: Vec<String>,
    /// Look at this part only; can be given again
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// What can be looked at by itself: where roles run apart, no place has the secrets for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Its address, the token and the projects
    Gitlab,
    /// The hook as GitLab calls it
    Hook,
    /// Whether it answers, and who has called
    Recorder,
    /// nats-server and the streams
    Bus,
    /// Its durability, schema and clock
    Database,
}

/// Looks at everything that this configuration names; what it does not name is said, too.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Problem> {
    // Without it neither TLS library can be chosen; a second start finds it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let areas = wait_for(look(config, arguments))?;
    print(&match arguments.json {
        true => as_json(&areas),
        false => finding::told(&areas),
    });
    let wrong: usize = areas.iter().map(|area| area.count(State::Wrong)).sum();
    match wrong {
        0 => Ok(()),
        1 => Err(Problem::Failed("one thing is wrong".to_owned())),
        wrong => Err(Problem::Failed(format!("{wrong} things are wrong"))),
    }
}

async fn look(config: &Config, arguments: &Arguments) -> Result<Vec<Area>, Problem> {
    let mut areas = Vec::new();
    let wants = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let token = match &arguments.token_file {
        Some(file) => Some(super::secret_file::read(file)?),
        None => None,
    };
    if wants(Part::Gitlab) {
        for name in config.gitlab_names() {
            let projects = [&arguments.project[..], &swept(config, &name)].concat();
            areas.push(gitlab::look(config, &name, token.clone(), &projects).await);
        }
    }
    if wants(Part::Hook) {
        for (name, secret) in config.hooks() {
            areas.push(hook::look(config, &name, secret).await);
        }
    }
    if wants(Part::Recorder) {
        areas.push(recorder::look(config).await);
    }
    if wants(Part::Bus) {
        areas.push(bus::look(config, &arguments.nats_monitor).await);
    }
    if wants(Part::Database) {
        areas.push(database::look(config).await);
    }
    Ok(areas)
}

/// The projects that the configuration names itself.
fn swept(config: &Config, gitlab: &str) -> Vec<String> {
    config.swept_projects(gitlab).iter().map(ToString::to_string).collect()
}
