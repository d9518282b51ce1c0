//! A GitLab instance: does it answer, is the token enough, and do its projects wait for us.

use gitlab::{ApiError, Client, ConfiguredCheck, Project, TokenFacts};
use jiff::{Timestamp, ToSpan, Unit, civil::Date};
use secrecy::SecretString;

use super::finding::Area;
use crate::Config;

/// GitLab's number for the role that may answer a status check.
const DEVELOPER: i64 = 30;
/// Days before its end from which a token is a warning.
const WARN_DAYS: i64 = 30;
/// Seconds by which two clocks may differ before people notice, and before signatures and expiry suffer.
const SKEW_WARNING: i64 = 5;
const SKEW_WRONG: i64 = 60;

pub(super) async fn look(
    config: &Config,
    name: &str,
    maintainer: Option<SecretString>,
    projects: &[String],
) -> Area {
    let mut area = Area::new(format!("GitLab {name}"));
    let client = match config.client(name, None) {
        Ok(client) => client,
        Err(error) => {
            area.unknown(error.to_string(), "run doctor where decision has its token.");
            return area;
        }
    };
    if !instance(&mut area, &client).await {
        return area;
    }
    let Some(facts) = token(&mut area, &client).await else { return area };
    let seeing = maintainer.and_then(|token| config.client(name, Some(token)).ok());
    if projects.is_empty() {
        area.unknown("no project was looked at", "name one that should be gated with --project.");
    }
    for path in projects {
        match client.find_project(path).await {
            Ok(found) => {
                role(&mut area, &client, &found, &facts).await;
                checks(&mut area, seeing.as_ref().unwrap_or(&client), config, &found).await;
            }
            Err(ApiError::NotFound) => area.wrong(
                format!("{path}: the token's user does not see it"),
                "make it a member with the role Developer, or mend the path.",
            ),
            Err(error) => area.wrong(format!("{path}: {error}"), ""),
        }
    }
    area
}

/// Whether it is worth asking on.
async fn instance(area: &mut Area, client: &Client) -> bool {
    match client.instance().await {
        Ok(instance) => {
            area.ok(format!("it answers as GitLab {}", instance.version));
            match instance.time {
                Some(time) => clock(area, time),
                None => area.unknown("it does not tell its time", ""),
            }
        }
        // The token tells more of these.
        Err(ApiError::Unauthorised { .. } | ApiError::Forbidden { .. }) => {}
        Err(error) => {
            area.wrong(
                error.to_string(),
                "look at the URL, the way there (proxy, firewall, DNS) and the certificate.",
            );
            return false;
        }
    }
    true
}

fn clock(area: &mut Area, theirs: Timestamp) {
    let seconds = (theirs.as_second() - now().as_second()).abs();
    match seconds {
        // Theirs comes in whole seconds, and took its time.
        0..=SKEW_WARNING => area.ok("its clock and ours agree"),
        skew if skew < SKEW_WRONG => area.warning(
            format!("its clock and ours differ by {skew} s"),
            "let both machines follow the same time servers (NTP).",
        ),
        skew => area.wrong(
            format!(
                "its clock and ours differ by {skew} s: what expires expires at the wrong time"
            ),
            "let both machines follow the same time servers (NTP).",
        ),
    }
}

async fn token(area: &mut Area, client: &Client) -> Option<TokenFacts> {
    let facts = match client.token_facts().await {
        Ok(facts) => facts,
        Err(ApiError::Unauthorised { .. }) => {
            area.wrong(
                "GitLab does not know the token, or it has expired",
                "make one with the scope api and the role Developer, and put it where gitlab.*.token is.",
            );
            return None;
        }
        Err(error) => {
            area.wrong(error.to_string(), "");
            return None;
        }
    };
    match facts.scopes.iter().any(|scope| scope == "api") {
        true => area.ok("the token has the scope api"),
        false => area.wrong(
            format!("the token has the scope {} and not api", facts.scopes.join(", ")),
            "make another one: answers are refused without the scope api.",
        ),
    }
    expiry(area, facts.expires_at);
    Some(facts)
}

fn expiry(area: &mut Area, expires_at: Option<Date>) {
    let Some(day) = expires_at else {
        area.ok("the token never expires");
        return;
    };
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let left = (day - today).total((Unit::Day, today)).unwrap_or_default();
    if today.saturating_add(WARN_DAYS.days()) < day {
        area.ok(format!("the token is good until {day}"));
    } else {
        area.warning(
            format!("the token ends on {day}, in {left} days; then nothing is answered"),
            "rotate it in GitLab, and put the new one into the file: it is taken within five seconds.",
        );
    }
}

async fn role(area: &mut Area, client: &Client, project: &Project, facts: &TokenFacts) {
    let path = &project.path_with_namespace;
    if project.archived {
        area.warning(format!("{path} is archived: nothing is merged there"), "");
    }
    match client.access_level(project.id, facts.user_id).await {
        Ok(level) if level >= DEVELOPER => {
            area.ok(format!("{path}: the token's user may answer status checks"));
        }
        Ok(_) => area.wrong(
            format!("{path}: the token's user has a role below Developer"),
            "give it the role Developer there: answers are refused otherwise.",
        ),
        Err(ApiError::NotFound) => area.wrong(
            format!("{path}: the token's user is no member"),
            "make it a member with the role Developer: answers are refused otherwise, even those of an \
             administrator.",
        ),
        Err(error) => area.unknown(format!("{path}: {error}"), ""),
    }
}

async fn checks(area: &mut Area, client: &Client, config: &Config, project: &Project) {
    let path = &project.path_with_namespace;
    match project.requires_checks {
        Some(true) => area.ok(format!("{path}: merging waits for status checks")),
        Some(false) => area.wrong(
            format!("{path}: merging does not wait for status checks, they are only shown"),
            format!("turn on \"Status checks must succeed\": countersign register --project {path} --require"),
        ),
        None => area.unknown(
            format!("{path}: GitLab does not say whether merging waits for status checks"),
            "that takes the Ultimate licence, and a maintainer's token (--token-file).",
        ),
    }
    match client.configured_checks(project.id).await {
        Ok(found) => ours(area, config, path, &found),
        Err(ApiError::Forbidden { .. }) => area.unknown(
            format!("{path}: only a maintainer sees how its status checks are set up"),
            "give the token of one with --token-file.",
        ),
        Err(ApiError::Unauthorised { .. }) => area.wrong(
            format!("{path}: its licence has no status checks"),
            "they need GitLab Ultimate; a lapsed licence looks like this, too.",
        ),
        Err(error) => area.unknown(format!("{path}: {error}"), ""),
    }
}

/// The checks that call us.
fn ours(area: &mut Area, config: &Config, path: &str, found: &[ConfiguredCheck]) {
    let Some(public_url) = config.public_url() else {
        area.unknown(
            format!("{path}: which of its {} status checks call us", found.len()),
            "set server.public_url: it says where GitLab reaches us.",
        );
        return;
    };
    let is_hook = |it: &&ConfiguredCheck| kit::pages::is_hook(&it.external_url, public_url);
    let ours: Vec<_> = found.iter().filter(is_hook).collect();
    if ours.is_empty() {
        area.wrong(
            format!("{path}: none of its status checks calls {public_url}{}", kit::pages::HOOK),
            format!("countersign register --project {path} --require"),
        );
    }
    for check in ours {
        let name = &check.name;
        match check.signs {
            Some(false) => area.wrong(
                format!("{path}: \"{name}\" has no shared secret, so that its calls are refused"),
                format!("countersign register --project {path}"),
            ),
            _ => area.ok(format!("{path}: \"{name}\" calls us")),
        }
        // GitLab up to 18.9 compares names of branches to the letter here (merge request 233327).
        for branch in check.branches.iter().filter(|branch| branch.contains('*')) {
            area.warning(
                format!("{path}: \"{name}\" is for the branches {branch}, which GitLab up to 18.9 never matches: merge requests into them are not held up"),
                "register it for every branch, and say in a rule (target_branches) what needs approval.",
            );
        }
    }
}

fn now() -> Timestamp {
    Timestamp::from_microsecond(kit::clock::now_micros()).unwrap_or_default()
}
