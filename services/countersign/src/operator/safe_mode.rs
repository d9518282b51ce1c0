//! `countersign safe-mode`: whether only `failed` is posted, and going on.

use clap::{Args, Subcommand};
use proto::v1::{GetSafeModeRequest, LeaveSafeModeRequest};

use super::{
    By, Problem,
    connection::{connect, refused},
    print,
    text::utc,
    wait_for,
};
use crate::Config;

/// `countersign safe-mode`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether it is on, since when and why
    Show,
    /// Go on: take the streams and the audit record as they are now, and post everything again
    End {
        #[command(flatten)]
        by: By,
        /// What was found to be the cause, for the record
        #[arg(long)]
        reason: String,
    },
}

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    wait_for(async {
        let mut recorder = connect(config).await?;
        match arguments.command.unwrap_or(Command::Show) {
            Command::Show => {
                let answer = recorder.get_safe_mode(GetSafeModeRequest {}).await;
                let answer = answer.map_err(|status| refused(&status))?.into_inner();
                print(&match (answer.reason.as_str(), &answer.since) {
                    ("", _) => "Safe mode is off: everything is posted.".to_owned(),
                    (reason, None) => format!("Only failed is posted for a moment: {reason}"),
                    (reason, Some(since)) => format!(
                        "Safe mode is on since {}: only failed is posted.\n{reason}\n\
                         When the cause is found: countersign safe-mode end --reason …",
                        utc(Some(since))
                    ),
                });
            }
            Command::End { by, reason } => {
                let question = LeaveSafeModeRequest { operator: by.name, reason };
                let answer = recorder.leave_safe_mode(question).await;
                answer.map_err(|status| refused(&status))?;
                print("Safe mode is off: everything is posted again.");
            }
        }
        Ok(())
    })
}
