//! A lively world for demonstrations.

mod plans;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::plans::{PLANS, Plan};
use crate::{GitLabSim, MergeRequest, Project, Role, Token, User};

/// How many open merge requests the lively world grows to.
const OPEN_MAX: usize = 30;

/// How many commits are pushed to one merge request.
const PUSHES_MAX: usize = 20;

/// The shortest pause between two small events, and how much longer one can be.
const PAUSE_SECONDS_MIN: u64 = 20;
const PAUSE_SECONDS_SPREAD: u64 = 21;

/// The parts of a populated world.
#[derive(Debug, Clone)]
pub struct Demo {
    /// A Developer's token for the product's answers.
    pub token: Token,
    /// The people who write merge requests.
    pub people: Vec<User>,
    /// The projects, each with the check "Change approval".
    pub projects: Vec<Project>,
}

const PEOPLE: [(&str, &str); 8] = [
    ("amara.okafor", "Amara Okafor"),
    ("ben.lindqvist", "Ben Lindqvist"),
    ("chiara.rossi", "Chiara Rossi"),
    ("daniel.novak", "Daniel Novák"),
    ("emi.tanaka", "Emi Tanaka"),
    ("farid.haddad", "Farid Haddad"),
    ("grace.mbeki", "Grace Mbeki"),
    ("henrik.olsen", "Henrik Olsen"),
];

const PROJECTS: [&str; 4] =
    ["shop/storefront", "shop/payments", "platform/deploy-tools", "data/reports"];

/// Fills a simulator with projects, people and merge requests.
#[must_use = "the token is what the product answers with"]
pub fn populate(sim: &GitLabSim, hook_url: &str, secret: Option<&str>) -> Demo {
    let people: Vec<User> =
        PEOPLE.iter().map(|(username, name)| sim.user_named(username, name)).collect();
    let gate = sim.user_named("change-gate", "Change gate");
    let token = sim.token(&gate, &["api"], Role::Developer);
    let projects: Vec<Project> = PROJECTS.iter().map(|path| sim.project(path)).collect();
    for project in &projects {
        let _ = project.check("Change approval", hook_url, secret);
        for person in &people {
            sim.set_role(person, project, Role::Developer);
        }
    }
    for plan in &PLANS {
        open(&projects, &people, plan);
    }
    Demo { token, people, projects }
}

fn open(projects: &[Project], people: &[User], plan: &Plan) {
    let (Some(project), Some(author)) = (projects.get(plan.project), people.get(plan.author))
    else {
        return;
    };
    let new = project
        .merge_request(plan.title, author)
        .description(plan.description)
        .into_branch(plan.target)
        .labels(plan.labels);
    let merge_request = match plan.draft {
        true => new.draft().opens(),
        false => new.opens(),
    };
    for number in 0..plan.pushes {
        push(&merge_request, u64::from(number));
    }
}

const COMMITS: [&str; 6] = [
    "Address review comments",
    "Add a test for the empty case",
    "Rename for clarity",
    "Handle time-outs",
    "Simplify the query",
    "Fix a typo in the log line",
];

const IDEAS: [&str; 8] = [
    "Cache the price list for a minute",
    "Retry uploads that were cut off",
    "Log the order number with every error",
    "Drop the unused feature switch",
    "Make the health page faster",
    "Use the new address format",
    "Warn before a certificate ends",
    "Sort search results by stock",
];

fn push(merge_request: &MergeRequest, dice: u64) {
    merge_request.push_titled(pick(&COMMITS, dice).copied().unwrap_or("Small fix"));
}

/// Lets something small happen every 20 to 40 seconds, until it is told to stop.
pub async fn keep_lively(sim: GitLabSim, stop: CancellationToken) {
    loop {
        let pause = Duration::from_secs(PAUSE_SECONDS_MIN + dice() % PAUSE_SECONDS_SPREAD);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => happen(&sim, dice()),
        }
    }
}

/// One small event, chosen by the dice.
fn happen(sim: &GitLabSim, dice: u64) {
    let mut open = sim.merge_requests();
    open.retain(|merge_request| merge_request.state() == "opened");
    let luck = dice / 16;
    let Some(chosen) = pick(&open, luck) else {
        return open_idea(sim, luck);
    };
    match dice % 8 {
        0..4 if chosen.shas().len() < PUSHES_MAX => push(chosen, luck),
        4 => chosen.set_labels(&["reviewed"]),
        5 | 6 if open.len() < OPEN_MAX => open_idea(sim, luck),
        _ => {
            let round = luck % 9 + 1;
            chosen.edit_description(&format!("Reworded after review, round {round}."));
        }
    }
}

fn open_idea(sim: &GitLabSim, dice: u64) {
    let people: Vec<User> =
        PEOPLE.iter().map(|(username, name)| sim.user_named(username, name)).collect();
    let projects = sim.projects();
    let title = pick(&IDEAS, dice).copied().unwrap_or("Tidy up");
    if let (Some(project), Some(author)) = (pick(&projects, dice / 8), pick(&people, dice / 64)) {
        let _ = project.opens_merge_request(title, author);
    }
}

fn pick<T>(items: &[T], dice: u64) -> Option<&T> {
    let count = u64::try_from(items.len()).ok().filter(|count| *count > 0)?;
    items.get(usize::try_from(dice % count).ok()?)
}

/// A random number; a demo need not be repeatable.
fn dice() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 >> 8
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::{OPEN_MAX, PUSHES_MAX, dice, happen, keep_lively, populate};
    use crate::{GitLabSim, Options};

    #[tokio::test]
    async fn a_lively_world_stays_bounded() {
        let sim = GitLabSim::start(Options::default()).await.expect("it starts");
        sim.hold_calls();
        let _demo = populate(&sim, "http://127.0.0.1:9/hook", None);
        for _ in 0..2000 {
            happen(&sim, dice());
        }
        let all = sim.merge_requests();
        assert_eq!(all.len(), OPEN_MAX);
        let longest = all.iter().map(|one| one.shas().len()).max();
        assert_eq!(longest, Some(PUSHES_MAX));
    }

    #[tokio::test]
    async fn liveliness_ends_when_told() {
        let sim = GitLabSim::start(Options::default()).await.expect("it starts");
        let stop = CancellationToken::new();
        stop.cancel();
        keep_lively(sim, stop).await;
    }
}
