//! `countersign simulated-gitlab`: the GitLab of the demo alone, beside roles that run apart.

use std::{io::Write, net::SocketAddr};

use anyhow::{Context, Result};
use clap::Args;
use gitlab_sim::{GitLabSim, Options, Role};
use kit::lifecycle::Signals;
use secrecy::ExposeSecret;

use crate::{Config, Outcome, run};

/// `countersign simulated-gitlab`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where it is served
    #[arg(long, default_value = "127.0.0.1:8929")]
    listen: SocketAddr,
    /// Where browsers find it
    #[arg(long, default_value = "http://127.0.0.1:8929")]
    url: String,
    /// Where it calls for each merge request
    #[arg(long, default_value = "http://127.0.0.1:8080/approval-apps/status_check")]
    hook: String,
}

/// Runs until asked to stop. The token that it takes and the secret that it signs with are those of the
/// configuration; it leaves nothing behind.
pub fn simulated_gitlab(config: &Config, arguments: Arguments) -> Result<Outcome> {
    let (token, secret) = config.of_simulated_gitlab()?;
    run::runtime()?.block_on(async {
        let mut signals = Signals::catch()?;
        let Arguments { listen, url, hook } = arguments;
        let options = Options {
            host: listen.ip(),
            port: listen.port(),
            url: Some(url.trim_end_matches('/').to_owned()),
            history_limit: 1_000,
            ..Options::default()
        };
        let sim = GitLabSim::start(options).await.context("the simulated GitLab cannot start")?;
        let bot = sim.user_named("change-gate", "Change gate");
        sim.takes_token(&bot, token.expose_secret(), &["api"], Role::Developer);
        let _world = gitlab_sim::demo::populate(&sim, &hook, Some(secret.expose_secret()));
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(gitlab_sim::demo::keep_lively(sim.clone(), stop.clone()));
        let text = format!(
            "A simulated GitLab\n  gitlab    {}/\nReady after its start. Stop with Ctrl-C.",
            sim.url()
        );
        // Nobody may be reading any more; that is no reason to stop.
        let _unread = writeln!(std::io::stdout(), "{text}");
        signals.next().await;
        stop.cancel();
        sim.stop().await;
        Ok(Outcome::Stopped)
    })
}
