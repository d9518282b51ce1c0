//! `countersign bus permissions`: who may do what on the bus, and nothing else.

use std::fmt::Write;

use bus::{Names, Permissions};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Problem, print, text::as_json};
use crate::Config;

/// `countersign bus`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a configuration for nats-server: an account, and a user with the smallest permissions for
    /// each role and each source
    Permissions {
        /// A source that decides over HTTP, so that ui speaks for it; can be given again
        #[arg(long = "over-http")]
        over_http: Vec<String>,
        /// A system that only hears what happens to requests; can be given again
        #[arg(long = "reader")]
        readers: Vec<String>,
        /// Where nats-server keeps its streams
        #[arg(long, default_value = "/data")]
        store_dir: String,
        /// Print the accounts alone, for a configuration of your own that includes them
        #[arg(long, conflicts_with = "store_dir")]
        accounts: bool,
        /// Print JSON, for scripts
        #[arg(long, conflicts_with = "accounts")]
        json: bool,
    },
}

/// A user of the bus with what it may do.
type User = (String, Permissions);

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    let Command::Permissions { over_http, readers, store_dir, accounts, json } = arguments.command;
    let (names, sources) = (config.names(), config.sources()?);
    if let Some(unknown) = over_http.iter().find(|name| !sources.contains(*name)) {
        let sentence = format!("the source {unknown} is not configured; add [source.{unknown}]");
        return Err(Problem::Usage(sentence));
    }
    let users = users(&names, &sources, &over_http, &readers)?;
    print(&match (json, accounts) {
        (true, _) => as_json(&listed(&users)),
        (_, true) => accounts_of(&users),
        _ => format!("{}{}", before_accounts(&store_dir), accounts_of(&users)),
    });
    Ok(())
}

/// Everybody who has something to do on the bus.
fn users(
    names: &Names,
    sources: &[String],
    over_http: &[String],
    readers: &[String],
) -> Result<Vec<User>, Problem> {
    let with_ui = [&[bus::UI_SOURCE.to_owned()][..], sources].concat();
    let roles = [
        ingress::needs(),
        recorder::needs(&with_ui),
        decision::needs(),
        ui::needs(names, over_http),
    ];
    let mut users: Vec<User> =
        roles.iter().map(|it| (it.role.to_owned(), it.permissions(names))).collect();
    users.extend(sources.iter().map(|it| (it.clone(), Permissions::of_source(names, it))));
    users.extend(readers.iter().map(|it| (it.clone(), Permissions::of_reader(names))));
    for (place, (name, _)) in users.iter().enumerate() {
        if users.iter().take(place).any(|(other, _)| other == name) {
            return Err(Problem::Usage(format!(
                "{name} is there twice: every user needs its name"
            )));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(plain) {
            let sentence = format!("{name}: a name is made of letters, digits, - and _");
            return Err(Problem::Usage(sentence));
        }
    }
    Ok(users)
}

fn listed(users: &[User]) -> Vec<Value> {
    let one = |(name, only): &User| json!({ "user": name, "publish": only.publish, "subscribe": only.subscribe });
    users.iter().map(one).collect()
}

fn before_accounts(store_dir: &str) -> String {
    let store_dir = json!(store_dir);
    format!(
        "# From `countersign bus permissions`: write it anew when a source is added.\n\
         #\n\
         # The passwords come from the environment of nats-server and begin with a letter. recorder\n\
         # creates the streams; every other role runs with bus.manage_streams = false.\n\
         \n\
         # Without sync_interval: always, acknowledged messages are lost when the power fails.\n\
         jetstream {{\n  store_dir: {store_dir}\n  sync_interval: always\n}}\n\n"
    )
}

fn accounts_of(users: &[User]) -> String {
    let mut text = "accounts {\n  COUNTERSIGN {\n    jetstream: enabled\n    users: [\n".to_owned();
    for (name, only) in users {
        let variable = name.to_uppercase().replace('-', "_");
        let _infallible = write!(
            text,
            "      {{\n        user: \"{name}\"\n        password: $BUS_PASSWORD_{variable}\n        \
             permissions: {{\n          publish: {{ allow: [{}] }}\n          \
             subscribe: {{ allow: [{}] }}\n        }}\n      }}\n",
            list(&only.publish),
            list(&only.subscribe),
        );
    }
    text.push_str("    ]\n  }\n}");
    text
}

/// Subjects one below the other; nothing means that nothing is allowed.
fn list(subjects: &[String]) -> String {
    if subjects.is_empty() {
        // An empty list would allow everything.
        return "\"_NOTHING\"".to_owned();
    }
    let lines = subjects.iter().map(|it| format!("\n            \"{it}\""));
    lines.collect::<String>() + "\n          "
}
