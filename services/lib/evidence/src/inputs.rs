//! What a verdict was made of: enough to make it once more.

use approval::{Actor, Decision, Facts, Policy, Request, Sha, Time, Timing, Verdict, Word};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// When inputs cannot be read: they were not written by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the verdict was made of cannot be read")]
pub struct InputsError;

/// What a verdict was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    sha: String,
    facts: FactsText,
    decisions: Vec<DecisionText>,
    round_began_at: i64,
    passed: Option<i64>,
    frozen_at: Option<i64>,
    automatic_since: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FactsText {
    gitlab: String,
    project: String,
    check: String,
    title: String,
    url: String,
    source_branch: String,
    target_branch: String,
    author_id: Option<i64>,
    author_name: Option<String>,
    pushed_by: Vec<i64>,
    labels: Vec<String>,
    draft: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DecisionText {
    id: Uuid,
    source: String,
    actor: String,
    name: String,
    groups: Vec<String>,
    word: String,
    #[serde(default)]
    break_glass: bool,
    reason: String,
    at: i64,
}

impl Inputs {
    /// What the verdict of a request is made of now.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let facts = &request.facts;
        Self {
            sha: request.sha.to_string(),
            facts: FactsText {
                gitlab: facts.gitlab.clone(),
                project: facts.project_path.clone(),
                check: facts.check_name.clone(),
                title: facts.title.clone(),
                url: facts.url.clone(),
                source_branch: facts.source_branch.clone(),
                target_branch: facts.target_branch.clone(),
                author_id: facts.author_id,
                author_name: facts.author_name.clone(),
                pushed_by: facts.pushed_by.clone(),
                labels: facts.labels.clone(),
                draft: facts.draft,
            },
            decisions: request
                .decisions
                .iter()
                .filter(|decision| decision.round == request.round)
                .map(DecisionText::of)
                .collect(),
            round_began_at: request.round_began_at.0,
            passed: request.timing.passed.map(|time| time.0),
            frozen_at: request.timing.frozen_at.map(|time| time.0),
            automatic_since: request.timing.automatic_since.map(|time| time.0),
        }
    }

    /// The verdict that a policy makes of them, and why.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn verdict(self, policy: &Policy) -> Result<(Verdict, String), InputsError> {
        let facts = self.facts;
        let facts = Facts {
            gitlab: facts.gitlab,
            project_path: facts.project,
            check_name: facts.check,
            title: facts.title,
            url: facts.url,
            source_branch: facts.source_branch,
            target_branch: facts.target_branch,
            author_id: facts.author_id,
            author_name: facts.author_name,
            pushed_by: facts.pushed_by,
            labels: facts.labels,
            draft: facts.draft,
            updated_at: None,
        };
        let sha = Sha::parse(&self.sha).map_err(|_| InputsError)?;
        let decisions = self.decisions.into_iter().map(DecisionText::read);
        let request = Request {
            decisions: decisions.collect::<Result<_, _>>()?,
            timing: Timing {
                passed: self.passed.map(Time),
                frozen_at: self.frozen_at.map(Time),
                automatic_since: self.automatic_since.map(Time),
                ..Timing::default()
            },
            ..Request::new(Uuid::nil(), sha, facts, Time(self.round_began_at))
        };
        Ok(request.judged(policy))
    }
}

impl DecisionText {
    fn of(decision: &Decision) -> Self {
        Self {
            id: decision.id,
            source: decision.source.clone(),
            actor: decision.actor.id.clone(),
            name: decision.actor.name.clone(),
            groups: decision.actor.groups.clone(),
            word: decision.word.as_str().to_owned(),
            break_glass: decision.break_glass,
            reason: decision.reason.clone(),
            at: decision.at.0,
        }
    }

    fn read(self) -> Result<Decision, InputsError> {
        Ok(Decision {
            id: self.id,
            source: self.source,
            actor: Actor { id: self.actor, name: self.name, groups: self.groups },
            word: Word::parse(&self.word).ok_or(InputsError)?,
            break_glass: self.break_glass,
            reason: self.reason,
            at: Time(self.at),
            round: 0,
        })
    }
}
