//! The rules as they are written, and as the core takes them.

use std::num::NonZeroU32;

use approval::{Condition, Pattern, People, Reasons, Requirement, Scope, Who};
use kit::config::ConfigError;
use serde::{Deserialize, Serialize};

use super::{Policy, policy::duration};

type Result<T> = std::result::Result<T, ConfigError>;

/// Which merge requests are meant.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct ScopeText {
    #[serde(default)]
    gitlabs: Vec<String>,
    #[serde(default)]
    projects: Vec<String>,
    #[serde(default)]
    target_branches: Vec<String>,
    #[serde(default)]
    checks: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    name: String,
    #[serde(flatten)]
    scope: ScopeText,
    requires: Requires,
    #[serde(default)]
    author_may_approve: bool,
    #[serde(default)]
    pushers_may_approve: bool,
    #[serde(default = "never")]
    reason: Reason,
    #[serde(default)]
    signed: bool,
    #[serde(default)]
    reject_when: String,
    #[serde(default)]
    approve_when: String,
    #[serde(default)]
    decide_within: String,
    #[serde(default)]
    approval_lasts: String,
}

/// What must be there for an approval: people, or several requirements.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Requires {
    approvals: Option<NonZeroU32>,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    all_of: Vec<Requires>,
    #[serde(default)]
    any_of: Vec<Requires>,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Reason {
    Never,
    Against,
    Always,
}

fn never() -> Reason {
    Reason::Never
}

/// Somebody who is known by more than one name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    name: String,
    #[serde(default)]
    gitlab_user_ids: Vec<i64>,
    identities: Vec<String>,
}

/// What a rule may name.
pub(super) struct Known<'a> {
    /// Those that are configured; `None` for whatever is named.
    pub(super) sources: Option<Vec<&'a str>>,
    pub(super) gitlabs: Option<Vec<&'a str>>,
}

impl Known<'_> {
    /// Whatever is named.
    pub(super) fn anything() -> Self {
        Self { sources: None, gitlabs: None }
    }

    /// Whether these sources are configured; that of the browser side always is.
    pub(super) fn check_sources(&self, at: &str, names: &[String]) -> Result<()> {
        let Some(all) = &self.sources else { return Ok(()) };
        let known = |name: &&String| *name == bus::UI_SOURCE || all.contains(&name.as_str());
        match names.iter().find(|name| !known(name)) {
            Some(name) => Err(ConfigError(format!("{at}: there is no source.{name}"))),
            None => Ok(()),
        }
    }

    /// Whether these instances are configured.
    pub(super) fn check_gitlabs(&self, at: &str, names: &[String]) -> Result<()> {
        let Some(all) = &self.gitlabs else { return Ok(()) };
        match names.iter().find(|name| !all.contains(&name.as_str())) {
            Some(name) => Err(ConfigError(format!("{at}: there is no gitlab.{name}"))),
            None => Ok(()),
        }
    }
}

/// The rules; what `[policy]` itself says is the one rule when there are no others.
pub(super) fn rules(policy: &Policy, known: &Known<'_>) -> Result<Vec<approval::Rule>> {
    if policy.rule.is_empty() {
        let (people, groups) = (policy.people.clone(), policy.groups.clone());
        let from = Who { people, groups, sources: Vec::new() };
        let requires = Requirement::Approvals { count: policy.approvals, from };
        let reasons = if policy.reason_required { Reasons::Against } else { Reasons::Never };
        return Ok(vec![approval::Rule::for_all(requires, reasons)]);
    }
    if !policy.people.is_empty() || !policy.groups.is_empty() {
        return Err(ConfigError(
            "policy.people and policy.groups do not count beside [[policy.rule]]; write them into \
             the rules"
                .to_owned(),
        ));
    }
    let mut rules: Vec<approval::Rule> = Vec::new();
    for rule in &policy.rule {
        let rule = rule.read(known)?;
        if rules.iter().any(|other| other.name == rule.name) {
            return Err(ConfigError(format!("two rules are named \"{}\"", rule.name)));
        }
        rules.push(rule);
    }
    Ok(rules)
}

impl Rule {
    fn read(&self, known: &Known<'_>) -> Result<approval::Rule> {
        let at = format!("policy.rule \"{}\"", self.name);
        if self.name.trim().is_empty() {
            return Err(ConfigError("a [[policy.rule]] has no name".to_owned()));
        }
        let time = |key: &str, text: &str| duration(&format!("{at}: {key}"), text);
        let condition = |key: &str, text: &str| {
            let read = (!text.is_empty()).then(|| Condition::parse(text)).transpose();
            read.map_err(|error| ConfigError(format!("{at}: {key}: {error}")))
        };
        Ok(approval::Rule {
            name: self.name.clone(),
            scope: self.scope.read(&at, known)?,
            requires: self.requires.read(&at, known)?,
            author_may_approve: self.author_may_approve,
            pushers_may_approve: self.pushers_may_approve,
            reasons: match self.reason {
                Reason::Never => Reasons::Never,
                Reason::Against => Reasons::Against,
                Reason::Always => Reasons::Always,
            },
            signed: self.signed,
            reject_when: condition("reject_when", &self.reject_when)?,
            approve_when: condition("approve_when", &self.approve_when)?,
            decide_within: time("decide_within", &self.decide_within)?,
            approval_lasts: time("approval_lasts", &self.approval_lasts)?,
        })
    }
}

impl ScopeText {
    pub(super) fn read(&self, at: &str, known: &Known<'_>) -> Result<Scope> {
        known.check_gitlabs(at, &self.gitlabs)?;
        Ok(Scope {
            gitlabs: self.gitlabs.clone(),
            projects: patterns(at, "projects", &self.projects)?,
            target_branches: patterns(at, "target_branches", &self.target_branches)?,
            checks: patterns(at, "checks", &self.checks)?,
            labels: self.labels.clone(),
        })
    }
}

impl Requires {
    fn read(&self, at: &str, known: &Known<'_>) -> Result<Requirement> {
        let from = Who {
            people: self.people.clone(),
            groups: self.groups.clone(),
            sources: self.sources.clone(),
        };
        let approvals = self.approvals.is_some() || from != Who::default();
        match (approvals, self.all_of.as_slice(), self.any_of.as_slice()) {
            (_, [], []) => {
                known.check_sources(at, &self.sources)?;
                let count = self.approvals.unwrap_or(NonZeroU32::MIN);
                Ok(Requirement::Approvals { count, from })
            }
            (false, all, []) => Ok(Requirement::All(read_all(all, at, known)?)),
            (false, [], any) => Ok(Requirement::Any(read_all(any, at, known)?)),
            _ => Err(ConfigError(format!(
                "{at}: what is required is people, or all_of, or any_of; put one into the other"
            ))),
        }
    }
}

fn read_all(parts: &[Requires], at: &str, known: &Known<'_>) -> Result<Vec<Requirement>> {
    parts.iter().map(|part| part.read(at, known)).collect()
}

pub(super) fn patterns(at: &str, key: &str, texts: &[String]) -> Result<Vec<Pattern>> {
    let read = |text: &String| {
        Pattern::parse(text).map_err(|error| ConfigError(format!("{at}: {key}: {error}")))
    };
    texts.iter().map(read).collect()
}

/// Those who are known by more than one name.
pub(super) fn people(persons: &[Person]) -> Result<People> {
    let mut people: Vec<approval::Person> = Vec::new();
    for person in persons {
        let at = format!("policy.person \"{}\"", person.name);
        let mut identities = Vec::new();
        for text in &person.identities {
            let identity =
                text.split_once(':').filter(|(source, id)| !source.is_empty() && !id.is_empty());
            let Some((source, id)) = identity else {
                return Err(ConfigError(format!(
                    "{at}: \"{text}\" must be a source and a name, such as \"ui:jane.doe\""
                )));
            };
            let identity = (source.to_owned(), id.to_owned());
            if identities.contains(&identity)
                || people.iter().any(|other| other.identities.contains(&identity))
            {
                return Err(ConfigError(format!("{at}: \"{text}\" stands twice")));
            }
            identities.push(identity);
        }
        let gitlab_user_ids = person.gitlab_user_ids.clone();
        people.push(approval::Person { name: person.name.clone(), gitlab_user_ids, identities });
    }
    Ok(People(people))
}

#[cfg(test)]
pub(super) mod tests {
    use kit::config::Layers;

    use super::*;
    use crate::{Config, Role};

    const ENOUGH: &str = "[gitlab.main]\nurl = \"https://gitlab.example\"\ntoken = \"token\"\n\
                          [hook.default]\nsecret = \"secret\"\n[source.servicenow]\n";

    /// The policy that a file makes, or what is said about it.
    fn read(text: &str) -> std::result::Result<approval::Policy, String> {
        let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        std::fs::write(file.path(), format!("{ENOUGH}{text}")).map_err(|it| it.to_string())?;
        let layers = Layers {
            defaults: Config::DEFAULTS,
            file: Some(file.path()),
            environment: &[],
            short_names: &[],
        };
        let config: Config = layers.load().map_err(|error| error.to_string())?;
        config.clone().settings(Role::All).map_err(|error| error.to_string())?;
        config.policy().map_err(|error| error.to_string())
    }

    pub(crate) fn trouble(text: &str) -> String {
        read(text).err().unwrap_or_default()
    }

    fn rule(more: &str) -> String {
        format!("[[policy.rule]]\nname = \"R\"\n{more}\n")
    }

    #[test]
    fn rules_are_read_as_they_are_written() {
        let text = rule(
            "projects = [\"shop/**\"]\nreason = \"always\"\napproval_lasts = \"8h\"\n\
             requires.all_of = [{ groups = [\"cab\"] }, { any_of = [{ approvals = 2 }, \
             { sources = [\"servicenow\"] }] }]",
        );
        let policy = read(&text).expect("it is right");
        let rule = policy.rules.first().expect("a rule");
        assert_eq!((rule.name.as_str(), rule.reasons), ("R", Reasons::Always));
        assert_eq!(rule.approval_lasts, Some(8 * 3_600 * 1_000_000));
        assert!(matches!(&rule.requires, Requirement::All(parts) if parts.len() == 2));
        assert!(!rule.author_may_approve && !rule.pushers_may_approve);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let twice = format!("{0}{0}", rule("requires.approvals = 1"));
        let person = "[[policy.person]]\nname = \"Jane\"\nidentities = [\"jane\"]\n";
        for (text, said) in [
            (rule("requires.approvals = 1\nprojects = [\"[a\"]"), "R\": projects: \"[a\" is not a"),
            (rule("requires.sources = [\"jira\"]"), "R\": there is no source.jira"),
            (rule("requires.approvals = 1\ngitlabs = [\"x\"]"), "R\": there is no gitlab.x"),
            (
                rule("requires = { approvals = 1, any_of = [{}] }"),
                "is people, or all_of, or any_of",
            ),
            (rule("requires.approvals = 0"), "invalid value"),
            (rule("requires.aprovals = 1"), "unknown field `aprovals`"),
            (rule("requires.approvals = 1\nproject = [\"a\"]"), "unknown field `project`"),
            (rule("requires.approvals = 1\ndecide_within = \"soon\""), "decide_within must be a"),
            (rule(""), "missing field `requires`"),
            (twice, "two rules are named \"R\""),
            (format!("[policy]\ngroups = [\"a\"]\n{}", rule("requires.approvals = 1")), "beside"),
            (person.to_owned(), "\"jane\" must be a source and a name, such as \"ui:jane.doe\""),
            (person.replace("\"jane\"", "\"ui:j\", \"ui:j\""), "\"ui:j\" stands twice"),
        ] {
            assert!(trouble(&text).contains(said), "{text}: {}", trouble(&text));
        }
    }

    #[test]
    fn the_hash_of_a_policy_changes_with_it() {
        let hash = |text: &str| {
            let layers = Layers {
                defaults: Config::DEFAULTS,
                file: None,
                environment: &[("COUNTERSIGN_POLICY__APPROVALS".to_owned(), text.to_owned())],
                short_names: &[],
            };
            layers.load::<Config>().map(|config| config.policy_hash()).unwrap_or_default()
        };
        assert_eq!(hash("1").len(), 64);
        assert_eq!(hash("1"), hash("1"));
        assert_ne!(hash("1"), hash("2"));
    }
}
