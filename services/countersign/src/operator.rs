//! The operator's commands: they ask the recorder of a running system over gRPC.

mod audit;
mod backup;
mod bus;
mod connection;
mod dead;
mod doctor;
mod healthcheck;
mod judged;
mod migrate;
mod policy;
mod private_file;
mod register;
mod replay;
mod safe_mode;
mod schema;
mod secret_file;
mod text;
mod token;
mod user;

use std::{io::Write, process};

use kit::config::ConfigError;

pub use audit::{Arguments as AuditArgs, run as audit};
pub use backup::{BackupArguments as BackupArgs, RestoreArguments as RestoreArgs, backup, restore};
pub use bus::{Arguments as BusArgs, run as bus};
pub use dead::{Arguments as DeadArgs, run as dead};
pub use doctor::{Arguments as DoctorArgs, run as doctor};
pub use healthcheck::run as healthcheck;
pub use migrate::run as migrate;
pub use policy::{Arguments as PolicyArgs, run as policy};
pub use register::{Arguments as RegisterArgs, run as register};
pub use safe_mode::{Arguments as SafeModeArgs, run as safe_mode};
pub use schema::{Arguments as SchemaArgs, run as schema};
pub use token::{Arguments as TokenArgs, run as token};
pub use user::{Arguments as UserArgs, run as user};

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// When it was called or configured wrongly: exit code 64.
    #[error("{0}")]
    Usage(String),
    /// When something could not even be looked at: exit code 2.
    #[error("{0}")]
    Unable(String),
    /// When it could not be done: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.0)
    }
}

/// Who gives a command.
#[derive(Debug, clap::Args)]
struct By {
    /// Who you are, for the record
    #[arg(long = "by", env = "USER", hide_env_values = true)]
    name: String,
}

/// Waits for what a command does.
fn wait_for<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Problem::Failed(error.to_string()))?.block_on(work)
}

/// Prints to standard output. A reader that has gone away (`| head`) is no failure.
fn print(text: &str) {
    if writeln!(std::io::stdout(), "{text}").is_err() {
        process::exit(0);
    }
}
