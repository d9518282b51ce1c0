//! `countersign audit`: the audit record for those who check it.

mod report;
mod verify;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use evidence::LogKey;
use proto::v1::{Caller, EraseActorRequest, ExportAuditRequest};

use super::{
    By, Problem,
    connection::{connect, refused},
    print, wait_for,
};
use crate::Config;

/// `countersign audit`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key for recorder.log_key and print it, with the key that others verify with
    Key {
        /// The name of the log, such as the host of your Countersign
        #[arg(long, default_value = "countersign")]
        name: String,
    },
    /// Write the whole audit record with its checkpoints to a file
    Export {
        /// The file; - for standard output
        file: PathBuf,
    },
    /// Print the newest signed checkpoint: keep it where nobody here can change it
    Checkpoint,
    /// Check an exported record, without a connection to anything
    Verify(verify::Verify),
    /// Print what was merged since a time, with verdict, approvers, reasons and exceptions
    Report(report::Report),
    /// Erase what the record says of somebody; what is left of it still verifies
    Erase {
        /// Where they decided, such as ui or servicenow
        #[arg(long, default_value = "ui")]
        source: String,
        /// Their id there, such as a login name
        #[arg(long)]
        actor: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    match arguments.command {
        Command::Key { name } => key(&name),
        Command::Export { file } => export(config, &file),
        Command::Checkpoint => checkpoint(config),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Report(arguments) => report::run(config, &arguments),
        Command::Erase { source, actor, by, reason } => {
            let order = EraseActorRequest { source, actor, operator: by.name, reason };
            erase(config, order)
        }
    }
}

fn key(name: &str) -> Result<(), Problem> {
    let private = LogKey::generate(name).map_err(|error| Problem::Usage(error.to_string()))?;
    let key = LogKey::read(&private).map_err(|error| Problem::Failed(error.to_string()))?;
    // Alone on standard output, so that a script can keep it and nothing else.
    print(&private);
    eprintln!("Others verify with: {}", key.verifier().as_str());
    Ok(())
}

fn export(config: &Config, file: &PathBuf) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::Failed(format!("cannot write {}: {error}", file.display()))
    };
    let to_stdout = file.as_os_str() == "-";
    let mut out: Box<dyn Write> = match to_stdout {
        true => Box::new(std::io::stdout().lock()),
        false => Box::new(BufWriter::new(File::create(file).map_err(failed)?)),
    };
    let mut records = 0_u64;
    lines(config, |line| {
        records += u64::from(line.starts_with("{\"record\""));
        writeln!(out, "{line}").map_err(failed)
    })?;
    out.flush().map_err(failed)?;
    if !to_stdout {
        print(&format!("{records} records are in {}.", file.display()));
    }
    Ok(())
}

fn checkpoint(config: &Config) -> Result<(), Problem> {
    let mut last = None;
    lines(config, |line| {
        if let Ok(evidence::Line::Checkpoint(note)) = serde_json::from_str(line) {
            last = Some(note);
        }
        Ok(())
    })?;
    print(last.as_deref().map_or("There is no checkpoint yet.", str::trim_end));
    Ok(())
}

/// Takes the export line by line.
fn lines(
    config: &Config,
    mut each: impl FnMut(&str) -> Result<(), Problem>,
) -> Result<(), Problem> {
    wait_for(async {
        let mut recorder = connect(config).await?;
        let question = ExportAuditRequest { caller: Some(Caller::process("audit export")) };
        let found = recorder.export_audit(question).await.map_err(|status| refused(&status))?;
        let mut found = found.into_inner();
        while let Some(next) = found.message().await.map_err(|status| refused(&status))? {
            each(&next.line)?;
        }
        Ok(())
    })
}

fn erase(config: &Config, order: EraseActorRequest) -> Result<(), Problem> {
    let who = format!("{} of {}", order.actor, order.source);
    let done = wait_for(async {
        let mut recorder = connect(config).await?;
        recorder.erase_actor(order).await.map_err(|status| refused(&status))
    })?;
    let done = done.into_inner();
    print(&format!(
        "Erased {who}: {} decisions and {} records. The record still verifies.",
        done.decisions, done.records
    ));
    Ok(())
}
