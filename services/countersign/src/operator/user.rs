//! `countersign user`: the people who sign in with a password of ours.

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};
use proto::v1::{
    AddPersonRequest, ChangePersonRequest, GroupsOfPerson, ListPeopleRequest, LocalPerson,
    change_person_request::Change, people_service_client::PeopleServiceClient,
};

use super::{
    By, Problem,
    connection::{channel, refused},
    print,
    text::{as_json, table, utc, visible},
    wait_for,
};
use crate::Config;

/// Most bytes of a password that are read.
const PASSWORD_BYTES_MAX: u64 = 4096;

/// `countersign user`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a person; their password is asked for, or read from standard input
    Add {
        /// Login name: a to z, 0 to 9, dot, underscore and hyphen
        id: String,
        /// How they are called on pages and on record
        #[arg(long = "name")]
        called: String,
        /// A group they belong to, as policies name it; can be given again
        #[arg(long = "group")]
        groups: Vec<String>,
        /// Their e-mail address
        #[arg(long, default_value = "")]
        email: String,
        #[command(flatten)]
        by: By,
    },
    /// List everybody, by login name
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// Let somebody in no more; who is signed in is out at once
    Disable {
        /// Login name
        id: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Let somebody in again
    Enable {
        /// Login name
        id: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Give somebody a new password, and end their sessions
    Password {
        /// Login name
        id: String,
        #[command(flatten)]
        by: By,
    },
    /// Set the groups of somebody; without --group they have none
    Groups {
        /// Login name
        id: String,
        /// A group they belong to; can be given again
        #[arg(long = "group")]
        groups: Vec<String>,
        #[command(flatten)]
        by: By,
    },
}

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    wait_for(async {
        let mut people = PeopleServiceClient::new(channel(config).await?);
        match arguments.command {
            Command::Add { id, called, groups, email, by } => {
                let password = new_password()?;
                let person =
                    LocalPerson { id, name: called, email, groups, ..LocalPerson::default() };
                let id = person.id.clone();
                let operator = by.name;
                let order = AddPersonRequest { person: Some(person), password, operator };
                people.add_person(order).await.map_err(|status| refused(&status))?;
                print(&format!("{id} can sign in."));
                Ok(())
            }
            Command::List { json } => list(&mut people, json).await,
            Command::Disable { id, by, reason } => {
                let said = format!("{id} cannot sign in any more.");
                change(&mut people, id, by, reason, Change::Disabled(true), &said).await
            }
            Command::Enable { id, by, reason } => {
                let said = format!("{id} can sign in again.");
                change(&mut people, id, by, reason, Change::Disabled(false), &said).await
            }
            Command::Password { id, by } => {
                let password = Change::Password(new_password()?);
                let said = format!("{id} has a new password and must sign in again.");
                change(&mut people, id, by, String::new(), password, &said).await
            }
            Command::Groups { id, groups, by } => {
                let list = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
                let said = format!("The groups of {id}: {list}.");
                let groups = Change::Groups(GroupsOfPerson { groups });
                change(&mut people, id, by, String::new(), groups, &said).await
            }
        }
    })
}

async fn change(
    people: &mut PeopleServiceClient<proto::RecorderChannel>,
    id: String,
    by: By,
    reason: String,
    change: Change,
    said: &str,
) -> Result<(), Problem> {
    let order = ChangePersonRequest { id, operator: by.name, reason, change: Some(change) };
    people.change_person(order).await.map_err(|status| refused(&status))?;
    print(said);
    Ok(())
}

async fn list(
    people: &mut PeopleServiceClient<proto::RecorderChannel>,
    json: bool,
) -> Result<(), Problem> {
    let found = people.list_people(ListPeopleRequest::default()).await;
    let found = found.map_err(|status| refused(&status))?.into_inner();
    print(&match json {
        true => as_json(&found),
        false => overview(&found.people),
    });
    Ok(())
}

fn overview(people: &[LocalPerson]) -> String {
    if people.is_empty() {
        return "Nobody can sign in yet: countersign user add …".to_owned();
    }
    let head = ["LOGIN NAME", "NAME", "GROUPS", "SINCE", "STATE", "SIGNS IN WITH"]
        .map(ToOwned::to_owned)
        .to_vec();
    let row = |person: &LocalPerson| {
        let state = if person.disabled_at.is_some() { "disabled" } else { "enabled" };
        let groups = if person.groups.is_empty() { "-" } else { &person.groups.join(", ") };
        vec![
            person.id.clone(),
            visible(&person.name, false),
            visible(groups, false),
            utc(person.created_at.as_ref()),
            state.to_owned(),
            if person.issuer.is_empty() { "password".to_owned() } else { person.issuer.clone() },
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(people.iter().map(row)).collect();
    table(&rows)
}

/// A password that is typed twice without being shown, or the first line of standard input.
fn new_password() -> Result<String, Problem> {
    let failed = |error: std::io::Error| Problem::Failed(format!("no password was read: {error}"));
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("New password: ").map_err(failed)?;
        let again = rpassword::prompt_password("Once more: ").map_err(failed)?;
        if password != again {
            return Err(Problem::Usage("the two passwords are not the same".to_owned()));
        }
        return Ok(password);
    }
    let mut text = String::new();
    std::io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
