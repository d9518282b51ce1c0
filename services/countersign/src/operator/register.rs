//! `countersign register`: makes or repairs the status check of projects.

use std::path::{Path, PathBuf};

use clap::Args;
use gitlab::{ApiError, CheckForm, Client, ConfiguredCheck, Project};
use secrecy::{ExposeSecret, SecretString};

use super::{Problem, print, secret_file, wait_for};
use crate::Config;

/// `countersign register`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Path or id of a project; can be given again
    #[arg(long, required_unless_present = "group")]
    project: Vec<String>,
    /// Path of a group: all its projects, and those of the groups below it; can be given again
    #[arg(long)]
    group: Vec<String>,
    /// Name of the status check
    #[arg(long, default_value = "Change approval")]
    check: String,
    /// A protected branch that the check is for, without one every branch; can be given again
    #[arg(long)]
    target_branch: Vec<String>,
    /// The hook of this configuration that is called
    #[arg(long, default_value = "default")]
    hook: String,
    /// Where GitLab calls, when it is not the hook below server.public_url
    #[arg(long)]
    url: Option<String>,
    /// A file with the shared secret; when there is none, a fresh secret is written there, for the owner only
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// Turn on "Status checks must succeed", so that GitLab blocks the merge
    #[arg(long)]
    require: bool,
    /// A file with a token of a maintainer; without it GitLab is asked with the token of decision
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// What a check is to be in every project.
struct Wanted<'a> {
    arguments: &'a Arguments,
    url: String,
    secret: SecretString,
}

/// Carries out the command; a project that fails does not keep the others from being registered.
pub fn run(config: &Config, arguments: &Arguments) -> Result<(), Problem> {
    let instance = config.gitlab_of_hook(&arguments.hook)?;
    let token = match &arguments.token_file {
        Some(file) => Some(secret_file::read(file)?),
        None => None,
    };
    let client = config.client(&instance, token)?;
    let url = match &arguments.url {
        Some(url) => url.clone(),
        None => config.hook_url(&arguments.hook)?,
    };
    let secret = secret(config, arguments)?;
    let wanted = Wanted { arguments, url, secret };
    wait_for(async {
        let projects = projects(&client, arguments).await?;
        let mut failed = 0;
        for project in &projects {
            match register(&client, project, &wanted).await {
                Ok(sentence) => print(&format!("{}: {sentence}", project.path_with_namespace)),
                Err(sentence) => {
                    failed += 1;
                    print(&format!("{}: FAILED: {sentence}", project.path_with_namespace));
                }
            }
        }
        match failed {
            0 => Ok(()),
            _ => Err(Problem::Failed(format!("{failed} of {} projects failed", projects.len()))),
        }
    })
}

/// The secret of the file, a fresh one in it, or the one of the hook.
fn secret(config: &Config, arguments: &Arguments) -> Result<SecretString, Problem> {
    let Some(file) = &arguments.secret_file else {
        return config.hook_secret(&arguments.hook).ok_or_else(|| {
            Problem::Usage(format!(
                "hook.{}.secret is not set: give --secret-file, and a fresh secret is written there",
                arguments.hook
            ))
        });
    };
    if file.exists() {
        return secret_file::read(file);
    }
    let fresh = secret_file::fresh()?;
    if !arguments.dry_run {
        secret_file::write(file, &fresh)?;
        print(&format!("A fresh secret is in {}; {}", file.display(), where_to(file, arguments)));
    }
    Ok(fresh)
}

fn where_to(file: &Path, arguments: &Arguments) -> String {
    format!("ingress takes it with hook.{}.secret_file = {:?}.", arguments.hook, file)
}

async fn projects(client: &Client, arguments: &Arguments) -> Result<Vec<Project>, Problem> {
    let mut projects: Vec<Project> = Vec::new();
    for path in &arguments.project {
        let found = client.find_project(path).await.map_err(|error| unable(path, &error))?;
        projects.push(found);
    }
    for path in &arguments.group {
        let found = client.projects_of_group(path).await.map_err(|error| unable(path, &error))?;
        projects.extend(found);
    }
    projects.sort_by(|one, other| one.path_with_namespace.cmp(&other.path_with_namespace));
    projects.dedup_by_key(|project| project.id);
    Ok(projects)
}

fn unable(path: &str, error: &ApiError) -> Problem {
    Problem::Unable(format!("{path}: {error}"))
}

async fn register(
    client: &Client,
    project: &Project,
    wanted: &Wanted<'_>,
) -> Result<String, String> {
    if project.archived {
        return Err("it is archived: nothing can be merged, and nothing changed.".to_owned());
    }
    let arguments = wanted.arguments;
    let checks = client.configured_checks(project.id).await.map_err(|error| maintainer(&error))?;
    let known = known(&checks, wanted)?;
    let form = CheckForm {
        name: arguments.check.clone(),
        external_url: wanted.url.clone(),
        shared_secret: wanted.secret.expose_secret().to_owned(),
        protected_branch_ids: branches(client, project, &arguments.target_branch).await?,
    };
    let what = if known.is_some() { "repaired" } else { "made" };
    let requires = project.requires_checks == Some(true);
    if arguments.dry_run {
        return Ok(format!("its status check would be {what}, calling {}.", wanted.url));
    }
    let id = known.map(|check| check.id);
    let saved =
        client.save_check(project.id, id, &form).await.map_err(|error| error.to_string())?;
    if arguments.require && !requires {
        client.require_checks(project.id).await.map_err(|error| {
            format!("its status check was {what}, but merging does not wait for it: {error}")
        })?;
    }
    let blocks = match requires || arguments.require {
        true => "merging waits for it",
        false => "merging does NOT wait for it: add --require",
    };
    Ok(format!("status check {} \"{}\" was {what}; {blocks}.", saved.id, saved.name))
}

fn maintainer(error: &ApiError) -> String {
    match error {
        ApiError::Forbidden { .. } => {
            "the token's user must be a maintainer there; give another token with --token-file."
                .to_owned()
        }
        ApiError::Unauthorised { .. } => {
            "GitLab refused: the token is not valid, or the project's licence has no status checks \
             (they need Ultimate)."
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// The check that is ours already, by its address or its name.
fn known<'a>(
    checks: &'a [ConfiguredCheck],
    wanted: &Wanted<'_>,
) -> Result<Option<&'a ConfiguredCheck>, String> {
    let by_url = checks.iter().find(|check| check.external_url == wanted.url);
    let by_name = checks.iter().find(|check| check.name == wanted.arguments.check);
    match (by_url, by_name) {
        (Some(one), Some(other)) if one.id != other.id => Err(format!(
            "\"{}\" calls here and another check is called \"{}\": delete one of them in GitLab.",
            one.name, other.name
        )),
        (found, other) => Ok(found.or(other)),
    }
}

async fn branches(
    client: &Client,
    project: &Project,
    names: &[String],
) -> Result<Option<Vec<i64>>, String> {
    if names.is_empty() {
        return Ok(None);
    }
    let known = client.protected_branches(project.id).await.map_err(|error| error.to_string())?;
    let id = |name: &String| {
        let found = known.iter().find(|(_, known)| known == name).map(|(id, _)| *id);
        found.ok_or_else(|| {
            format!("{name} is not a protected branch: protect it in GitLab, or leave it out.")
        })
    };
    names.iter().map(id).collect::<Result<_, _>>().map(Some)
}
