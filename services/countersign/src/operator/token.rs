//! `countersign token`: what lets other systems read and decide over HTTP.

use clap::{Args, Subcommand};
use proto::v1::{
    ApiToken, CreateTokenRequest, ListTokensRequest, RevokeTokenRequest,
    token_service_client::TokenServiceClient,
};

use super::{
    By, Problem,
    connection::{channel, refused},
    print,
    text::{as_json, table, utc, visible},
    wait_for,
};
use crate::Config;

/// `countersign token`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print its secret, this once
    Create {
        /// The source its decisions come from, as [source.NAME] in the configuration
        #[arg(long)]
        source: String,
        /// What it may do: read, decide; can be given again
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// A pattern of the projects it is for, such as 'shop/**'; can be given again, and without it is for all
        #[arg(long = "project", value_name = "PATTERN")]
        projects: Vec<String>,
        /// What it is for
        #[arg(long)]
        note: String,
        /// Days until it expires, 1 to 366
        #[arg(long, default_value_t = 90)]
        days: u32,
        #[command(flatten)]
        by: By,
    },
    /// List every token, newest first
    List {
        /// Print JSON, for scripts
        #[arg(long)]
        json: bool,
    },
    /// End a token at once
    Revoke {
        /// Its id, as `countersign token list` shows it
        id: String,
        #[command(flatten)]
        by: By,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
}

/// Carries out a command.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    wait_for(async {
        let mut tokens = TokenServiceClient::new(channel(config).await?);
        match arguments.command {
            Command::Create { source, scopes, projects, note, days, by } => {
                let operator = by.name;
                let order = CreateTokenRequest { source, scopes, note, days, operator, projects };
                let made = tokens.create_token(order).await.map_err(|status| refused(&status))?;
                // Alone on standard output, so that a script can keep it and nothing else.
                print(&made.get_ref().secret);
                let token = made.into_inner().token.unwrap_or_default();
                let until = utc(token.expires_at.as_ref());
                eprintln!("Token {}, until {until}. It is not shown again.", token.token_id);
                Ok(())
            }
            Command::List { json } => list(&mut tokens, json).await,
            Command::Revoke { id, by, reason } => {
                let order = RevokeTokenRequest { token_id: id, operator: by.name, reason };
                let revoked =
                    tokens.revoke_token(order).await.map_err(|status| refused(&status))?;
                let token = revoked.into_inner().token.unwrap_or_default();
                print(&format!("The token of {} opens nothing any more.", token.source));
                Ok(())
            }
        }
    })
}

async fn list(
    tokens: &mut TokenServiceClient<proto::RecorderChannel>,
    json: bool,
) -> Result<(), Problem> {
    let found = tokens.list_tokens(ListTokensRequest {}).await;
    let found = found.map_err(|status| refused(&status))?.into_inner();
    print(&match json {
        true => as_json(&found),
        false => overview(&found.tokens),
    });
    Ok(())
}

fn overview(tokens: &[ApiToken]) -> String {
    if tokens.is_empty() {
        return "There is no token yet: countersign token create …".to_owned();
    }
    let head = ["ID", "SOURCE", "SCOPES", "PROJECTS", "STATE", "EXPIRES", "LAST USED", "FOR"];
    let row = |token: &ApiToken| {
        let used = token.used_at.as_ref();
        vec![
            token.token_id.clone(),
            token.source.clone(),
            token.scopes.join(", "),
            projects(token),
            state(token).to_owned(),
            utc(token.expires_at.as_ref()),
            used.map_or_else(|| "never".to_owned(), |at| utc(Some(at))),
            visible(&token.note, false),
        ]
    };
    let head = head.map(ToOwned::to_owned).to_vec();
    let rows: Vec<_> = std::iter::once(head).chain(tokens.iter().map(row)).collect();
    table(&rows)
}

fn projects(token: &ApiToken) -> String {
    if token.projects.is_empty() { "all".to_owned() } else { token.projects.join(", ") }
}

fn state(token: &ApiToken) -> &'static str {
    let now = kit::clock::now_micros();
    if token.revoked_at.is_some() {
        "revoked"
    } else if proto::micros(token.expires_at.as_ref()).is_some_and(|end| end <= now) {
        "expired"
    } else {
        "good"
    }
}
