//! `countersign`: see `countersign --help`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use countersign::{
    AuditArgs, BackupArgs, BusArgs, Config, ConfigError, DeadArgs, DoctorArgs, Outcome, PolicyArgs,
    Problem, RegisterArgs, RestoreArgs, Role, SafeModeArgs, SchemaArgs, SimulatedGitLabArgs,
    TokenArgs, UserArgs, load,
};

/// The merge gate outside GitLab: people and systems without a GitLab login approve merge
/// requests, and GitLab shows what they decided.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// A configuration file; see `countersign config` for every setting
    #[arg(long, global = true, env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process, with a database and a bus of its own
    Up,
    /// Run everything together with a simulated GitLab, to try it out
    Demo,
    /// Run only the part that takes GitLab's calls
    Ingress,
    /// Run only the part that remembers
    Recorder,
    /// Run only the part that answers GitLab
    Decision,
    /// Run only the pages for approvers
    Ui,
    /// Export, verify and report on the audit record
    Audit(AuditArgs),
    /// Copy the database of `countersign up`, also while it runs
    Backup(BackupArgs),
    /// Print who may do what on the bus, as nats-server reads it
    Bus(BusArgs),
    /// List messages that could not be applied, and replay or drop them
    Dead(DeadArgs),
    /// Say whether everything is set up so that it works, and what to do where it is not
    Doctor(DoctorArgs),
    /// Say whether the role with this configuration is ready, for container engines
    Healthcheck,
    /// Bring the database up to date, and end
    Migrate,
    /// Say whether the rules are right, and which one is for a merge request
    Policy(PolicyArgs),
    /// Make or repair the status check of projects in GitLab
    Register(RegisterArgs),
    /// Put a copy of the database where it was
    Restore(RestoreArgs),
    /// Say whether only failed is posted and why, or go on
    SafeMode(SafeModeArgs),
    /// Print the contract with other systems on the bus: AsyncAPI, JSON Schema
    Schema(SchemaArgs),
    /// Make, list and revoke the tokens of systems that decide over HTTP
    Token(TokenArgs),
    /// Add, list and change the people who sign in with a password
    User(UserArgs),
    /// Run the simulated GitLab of the demo alone
    SimulatedGitlab(SimulatedGitLabArgs),
    /// Print every setting with its default and its explanation
    Config {
        /// As a page of Markdown
        #[arg(long)]
        page: bool,
    },
}

/// The exit code for a wrong configuration (`EX_USAGE` of sysexits.h).
const WRONG_CONFIGURATION: u8 = 64;

/// The exit code when something could not even be looked at.
const UNABLE: u8 = 2;

fn main() -> ExitCode {
    let Cli { config, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => {
            // Nobody may be reading any more. Help and version come this way, too.
            let _unread = asked.print();
            return if asked.use_stderr() {
                ExitCode::from(WRONG_CONFIGURATION)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let config = move || load(config.as_deref(), &std::env::vars().collect::<Vec<_>>());
    let role = match command {
        Command::Config { page } => {
            print!("{}", countersign::Config::reference(page));
            return ExitCode::SUCCESS;
        }
        Command::Demo => return end(countersign::demo()),
        Command::Audit(arguments) => return operate(config(), arguments, countersign::audit),
        Command::Backup(arguments) => {
            return operate(config(), arguments, |config, it| countersign::backup(config, &it));
        }
        Command::Restore(arguments) => {
            return operate(config(), arguments, |config, it| countersign::restore(config, &it));
        }
        Command::Bus(arguments) => return operate(config(), arguments, countersign::bus),
        Command::Dead(arguments) => return operate(config(), arguments, countersign::dead),
        Command::Doctor(arguments) => {
            return operate(config(), arguments, |config, it| countersign::doctor(config, &it));
        }
        Command::Register(arguments) => {
            return operate(config(), arguments, |config, it| countersign::register(config, &it));
        }
        Command::Healthcheck => {
            return operate(config(), (), |config, ()| countersign::healthcheck(config));
        }
        Command::Migrate => {
            return operate(config(), (), |config, ()| countersign::migrate(config));
        }
        Command::SimulatedGitlab(arguments) => {
            return match config() {
                Ok(config) => end(countersign::simulated_gitlab(&config, arguments)),
                Err(error) => end(Err(error.into())),
            };
        }
        Command::Policy(arguments) => return operate(config(), arguments, countersign::policy),
        Command::SafeMode(arguments) => {
            return operate(config(), arguments, countersign::safe_mode);
        }
        Command::Schema(arguments) => {
            return operate(config(), arguments, |config, it| countersign::schema(config, &it));
        }
        Command::Token(arguments) => return operate(config(), arguments, countersign::token),
        Command::User(arguments) => return operate(config(), arguments, countersign::user),
        Command::Up => Role::All,
        Command::Ingress => Role::Ingress,
        Command::Recorder => Role::Recorder,
        Command::Decision => Role::Decision,
        Command::Ui => Role::Ui,
    };
    let settings = move || config().and_then(|it| it.settings(role));
    match settings() {
        Ok(now) => end(countersign::run(role, now, settings)),
        Err(error) => {
            eprintln!("countersign: {error}");
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

fn end(result: anyhow::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Stopped) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("countersign: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out a command of an operator's.
fn operate<A>(
    config: Result<Config, ConfigError>,
    arguments: A,
    command: impl FnOnce(&Config, A) -> Result<(), Problem>,
) -> ExitCode {
    done(config.map_err(Problem::from).and_then(|config| command(&config, arguments)))
}

fn done(result: Result<(), Problem>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("countersign: {problem}");
            match problem {
                Problem::Usage(_) => ExitCode::from(WRONG_CONFIGURATION),
                Problem::Unable(_) => ExitCode::from(UNABLE),
                Problem::Failed(_) => ExitCode::FAILURE,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
