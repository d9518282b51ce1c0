//! `countersign policy`: whether the rules are right, and which one is for a merge request.

use std::num::NonZeroU32;

use approval::{
    BreakGlass, Facts, Freeze, Policy, Reasons, Requirement, Rule, Scope, Timing, Who, Window,
};
use clap::{Args, Subcommand};
use jiff::{
    SignedDuration, SpanRound, Unit,
    civil::{DateTime, Time, Weekday},
};

use super::{Problem, print, replay::Replay};
use crate::Config;

/// What to do about the policy.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say whether the policy of the configuration is right, and what it asks for
    Check(Check),
    /// Say what a proposed policy would have made of what was decided; changes nothing
    Replay(Replay),
}

#[derive(Debug, Args)]
struct Check {
    /// Say which rule is for a merge request of this project
    #[arg(long, value_name = "GROUP/PROJECT")]
    project: Option<String>,
    /// Name of the GitLab instance
    #[arg(long, default_value = "main", requires = "project")]
    gitlab: String,
    /// The branch it would be merged into
    #[arg(long, default_value = "main", requires = "project")]
    target_branch: String,
    /// Name of the status check
    #[arg(long, default_value = "", requires = "project")]
    check: String,
    /// A label it has; may be said several times
    #[arg(long = "label", value_name = "LABEL", requires = "project")]
    labels: Vec<String>,
}

/// Says whether the policy is right.
pub fn run(config: &Config, arguments: Arguments) -> Result<(), Problem> {
    let check = match arguments.command {
        Command::Check(check) => check,
        Command::Replay(replay) => return super::replay::run(config, &replay),
    };
    let policy = config.policy()?;
    let Some(project) = check.project else {
        print(&overview(&policy, &config.policy_hash()));
        return Ok(());
    };
    let facts = Facts {
        gitlab: check.gitlab,
        project_path: project,
        check_name: check.check,
        title: String::new(),
        url: String::new(),
        source_branch: String::new(),
        target_branch: check.target_branch,
        author_id: None,
        author_name: None,
        pushed_by: Vec::new(),
        labels: check.labels,
        draft: false,
        updated_at: None,
    };
    match policy.rule(&facts) {
        Some(rule) => print(&told(rule)),
        None => {
            let evaluation = policy.evaluate(&facts, &[], &Timing::default());
            return Err(Problem::Failed(evaluation.explanation));
        }
    }
    Ok(())
}

fn overview(policy: &Policy, hash: &str) -> String {
    let rules: Vec<_> = policy.rules.iter().map(told).collect();
    let people = match policy.people.0.len() {
        0 => "Nobody's GitLab user is known, so authors and those who pushed cannot be told: add \
              [[policy.person]]."
            .to_owned(),
        1 => "One person is known by more than one name.".to_owned(),
        count => format!("{count} people are known by more than one name."),
    };
    let freezes: Vec<_> = policy.freezes.iter().map(freeze).collect();
    let glass: Vec<_> = policy.break_glass.iter().map(glass).collect();
    let told = [rules, freezes, glass].concat().join("\n\n");
    format!("The policy is right.\n\n{told}\n\n{people}\nSHA-256 {hash}")
}

/// Who may break the glass, in lines for people.
fn glass(glass: &BreakGlass) -> String {
    let of = |from: &Who| {
        let all = Requirement::Approvals { count: NonZeroU32::MIN, from: from.clone() };
        match all.those_who_may() {
            nobody if nobody.is_empty() => "anybody else".to_owned(),
            some => some,
        }
    };
    let freeze = if glass.passes_freeze { "also" } else { "but not" };
    format!(
        "Break-glass: {}\n  {} may approve alone, with a reason, {freeze} in a freeze\n  {} must \
         review that within {}",
        scope(&glass.scope),
        of(&glass.from),
        of(&glass.reviewers),
        length(glass.review_within)
    )
}

/// A freeze in lines for people.
fn freeze(freeze: &Freeze) -> String {
    let day = |(day, time): (Weekday, Time)| format!("{day:?} {}", time.strftime("%H:%M"));
    let when = match freeze.window {
        Window::Once { from, until } => {
            let at = |moment: DateTime| moment.strftime("%Y-%m-%d %H:%M").to_string();
            format!("from {} until {}", at(from), at(until))
        }
        Window::Weekly { from, until } => {
            format!("every week from {} until {}", day(from), day(until))
        }
    };
    let zone = freeze.time_zone.iana_name().unwrap_or("UTC");
    let name = &freeze.name;
    format!("{name}: {}\n  frozen {when} ({zone})", scope(&freeze.scope))
}

/// A rule in lines for people.
fn told(rule: &Rule) -> String {
    let mut lines = vec![format!("{}: {}", rule.name, scope(&rule.scope))];
    requirement(&rule.requires, 1, &mut lines);
    let but = match (rule.author_may_approve, rule.pushers_may_approve) {
        (true, true) => "its author and those who pushed may approve",
        (true, false) => "its author may approve, those who pushed may not",
        (false, true) => "those who pushed may approve, its author may not",
        (false, false) => "neither its author nor those who pushed may approve",
    };
    lines.push(format!("  {but}"));
    match rule.reasons {
        Reasons::Never => {}
        Reasons::Against => lines.push("  a rejection or revocation needs a reason".to_owned()),
        Reasons::Always => lines.push("  every decision needs a reason".to_owned()),
    }
    if rule.signed {
        lines.push("  systems must sign their decisions".to_owned());
    }
    for (condition, does) in [(&rule.reject_when, "rejects"), (&rule.approve_when, "approves")] {
        if let Some(condition) = condition {
            lines.push(format!("  {does} by itself when {}", condition.as_str()));
        }
    }
    for (time, what) in [
        (rule.decide_within, "a request expires"),
        (rule.approval_lasts, "an approval is taken back"),
    ] {
        if let Some(time) = time {
            lines.push(format!("  {what} after {}", length(time)));
        }
    }
    lines.join("\n")
}

/// A length of time in microseconds, as people write it.
fn length(micros: i64) -> String {
    let span = SignedDuration::from_micros(micros);
    let span = jiff::Span::try_from(span)
        .and_then(|span| span.round(SpanRound::new().largest(Unit::Day).days_are_24_hours()));
    span.map_or_else(|_| format!("{micros} µs"), |span| format!("{span:#}"))
}

fn scope(scope: &Scope) -> String {
    let patterns = |of: &[approval::Pattern]| {
        of.iter().map(approval::Pattern::as_str).collect::<Vec<_>>().join(" or ")
    };
    let mut parts = Vec::new();
    for (what, said) in [
        ("instance", scope.gitlabs.join(" or ")),
        ("project", patterns(&scope.projects)),
        ("into", patterns(&scope.target_branches)),
        ("check", patterns(&scope.checks)),
        ("label", scope.labels.join(" and ")),
    ] {
        if !said.is_empty() {
            parts.push(format!("{what} {said}"));
        }
    }
    if parts.is_empty() { "every merge request".to_owned() } else { parts.join(", ") }
}

fn requirement(requirement: &Requirement, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match requirement {
        Requirement::Approvals { count, .. } => {
            let who = match requirement.those_who_may() {
                all if all.is_empty() => "anybody whom a source names".to_owned(),
                some => some,
            };
            let approvals = if count.get() == 1 { "approval" } else { "approvals" };
            lines.push(format!("{indent}{count} {approvals} from {who}"));
        }
        Requirement::All(parts) => {
            lines.push(format!("{indent}all of"));
            parts.iter().for_each(|part| self::requirement(part, depth + 1, lines));
        }
        Requirement::Any(parts) => {
            lines.push(format!("{indent}one of"));
            parts.iter().for_each(|part| self::requirement(part, depth + 1, lines));
        }
    }
}
