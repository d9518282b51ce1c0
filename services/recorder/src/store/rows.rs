//! From rows to values of the core and back.

use approval::{
    Actor, Answer, Command, Decision, Ending, Facts, Glass, Request, Sha, Shown, Standing, Status,
    Time, Timing, Verdict, Word,
};
use sea_orm::{DbErr, Set};
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use super::entity::{decision, status_check};

/// One merge request at one status check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GateKey {
    pub(crate) gitlab: String,
    pub(crate) project_id: i64,
    pub(crate) iid: i64,
    pub(crate) check_id: i64,
}

impl GateKey {
    /// Id under which all commits of the gate are found together.
    pub(crate) fn id(&self) -> Uuid {
        let Self { gitlab, project_id, iid, check_id } = self;
        let name = format!("gate/{gitlab}/{project_id}/{iid}/{check_id}");
        Uuid::new_v5(&proto::REQUEST_NAMESPACE, name.as_bytes())
    }

    /// Id of the request for a commit.
    pub(crate) fn request_id(&self, sha: &Sha) -> Uuid {
        proto::request_id(&self.gitlab, self.project_id, self.iid, self.check_id, sha.as_str())
    }

    pub(crate) fn of(row: &status_check::Model) -> Self {
        Self {
            gitlab: row.gitlab.clone(),
            project_id: row.project_id,
            iid: row.iid,
            check_id: row.check_id,
        }
    }
}

/// A request as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) key: GateKey,
    pub(crate) request: Request,
    pub(crate) changed_at: i64,
    pub(crate) changed_seq: i64,
    /// The newest evidence of an accepted decision, with an address: label and address.
    pub(crate) evidence: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Evidence {
    label: String,
    url: String,
}

impl Recorded {
    pub(crate) fn read(row: status_check::Model) -> Result<Self, DbErr> {
        let key = GateKey::of(&row);
        let (changed_at, changed_seq) = (row.changed_at, row.changed_seq);
        Ok(Self {
            key,
            request: request(row, Vec::new())?,
            changed_at,
            changed_seq,
            evidence: None,
        })
    }

    /// Adds the accepted ones of its decision attempts, which are read apart from it.
    pub(crate) fn takes_in(&mut self, attempts: &[decision::Model]) -> Result<(), DbErr> {
        let decisions = attempts.iter().filter(|row| row.accepted);
        let newest = decisions.clone().rev().find_map(|row| {
            let all: Vec<Evidence> = serde_json::from_str(&row.evidence).ok()?;
            all.into_iter().rev().find(|it| !it.url.is_empty())
        });
        self.evidence = newest.map(|it| (it.label, it.url));
        let decisions = decisions.cloned();
        self.request.decisions = decisions.map(accepted).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Reads a request; what we could not have written is an error, never a guess.
pub(crate) fn request(
    row: status_check::Model,
    decisions: Vec<Decision>,
) -> Result<Request, DbErr> {
    let answer = answer(&row)?;
    let standing = standing(&row)?;
    let timing = timing(&row)?;
    let glass = glass(&row);
    Ok(Request {
        id: row.id,
        sha: sha(&row.sha)?,
        oldrev: row.oldrev.as_deref().map(sha).transpose()?,
        facts: Facts {
            gitlab: row.gitlab,
            project_path: row.project_path,
            check_name: row.check_name,
            title: row.title,
            url: row.url,
            source_branch: row.source_branch,
            target_branch: row.target_branch,
            author_id: row.author_id,
            author_name: row.author_name,
            pushed_by: list(&row.pushed_by)?,
            labels: list(&row.labels)?,
            draft: row.draft,
            updated_at: row.facts_updated_at.map(Time),
        },
        opened_at: Time(row.opened_at),
        seen_at: Time(row.seen_at),
        standing,
        round: number(row.round)?,
        round_began_at: Time(row.round_began_at),
        verdict: Verdict::from_word(&row.verdict),
        explanation: row.explanation,
        decisions,
        answer,
        timing,
        glass,
    })
}

fn glass(row: &status_check::Model) -> Option<Glass> {
    Some(Glass {
        decision: row.glass_decision?,
        review_by: Time(row.glass_review_by?),
        reviewed_at: row.glass_reviewed_at.map(Time),
        overdue: row.glass_overdue,
    })
}

fn timing(row: &status_check::Model) -> Result<Timing, DbErr> {
    Ok(Timing {
        deadline: row.deadline.map(Time),
        passed: row.time_passed.map(Time),
        frozen_at: row.frozen_at.map(Time),
        automatic_since: row.automatic_since.map(Time),
        reminders: number(row.reminders)?,
        beat_at: row.beat_at.map(Time),
        due_at: row.due_at.map(Time),
    })
}

fn answer(row: &status_check::Model) -> Result<Answer, DbErr> {
    let outstanding = match (row.command_id, row.command_status.as_deref()) {
        (Some(id), Some(status)) => Some(Command {
            id,
            status: Status::from_word(status).ok_or_else(|| inconsistent("command_status"))?,
            may_have_been_applied: row.command_may_be_applied,
        }),
        _ => None,
    };
    Ok(Answer {
        shown: Shown::from_word(&row.shown),
        outstanding,
        commands: number(row.commands)?,
        heard_at: Time(row.heard_at),
        problem: row.problem.clone(),
    })
}

fn standing(row: &status_check::Model) -> Result<Standing, DbErr> {
    Ok(match row.standing.as_str() {
        "current" => Standing::Current,
        "superseded" => {
            Standing::Superseded { by: row.superseded_by.as_deref().map(sha).transpose()? }
        }
        "merged" => Standing::Cancelled { ending: Ending::Merged },
        "closed" => Standing::Cancelled { ending: Ending::Closed },
        _ => return Err(inconsistent("standing")),
    })
}

/// Reads an accepted decision.
pub(crate) fn accepted(row: decision::Model) -> Result<Decision, DbErr> {
    Ok(Decision {
        id: row.id,
        source: row.source,
        actor: Actor { id: row.actor_id, name: row.actor_name, groups: list(&row.actor_groups)? },
        word: Word::parse(&row.verdict).ok_or_else(|| inconsistent("verdict"))?,
        break_glass: row.break_glass,
        reason: row.reason,
        at: Time(row.at),
        round: number(row.round)?,
    })
}

/// Where a change stands in the ledger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) at: i64,
    pub(crate) seq: i64,
    /// The version the row gets; 1 for a new one.
    pub(crate) version: i32,
}

/// Writes a request.
pub(crate) fn write(key: &GateKey, request: &Request, mark: Mark) -> status_check::ActiveModel {
    let (facts, timing) = (&request.facts, &request.timing);
    let (standing, superseded_by) = match &request.standing {
        Standing::Current => ("current", None),
        Standing::Superseded { by } => ("superseded", by.as_ref()),
        Standing::Cancelled { ending } => (ending.as_str(), None),
    };
    let command = request.answer.outstanding;
    status_check::ActiveModel {
        id: Set(request.id),
        gate_id: Set(key.id()),
        gitlab: Set(key.gitlab.clone()),
        project_id: Set(key.project_id),
        iid: Set(key.iid),
        check_id: Set(key.check_id),
        sha: Set(request.sha.to_string()),
        oldrev: Set(request.oldrev.as_ref().map(ToString::to_string)),
        project_path: Set(facts.project_path.clone()),
        check_name: Set(facts.check_name.clone()),
        title: Set(facts.title.clone()),
        url: Set(facts.url.clone()),
        source_branch: Set(facts.source_branch.clone()),
        target_branch: Set(facts.target_branch.clone()),
        author_id: Set(facts.author_id),
        author_name: Set(facts.author_name.clone()),
        pushed_by: Set(json(&facts.pushed_by)),
        labels: Set(json(&facts.labels)),
        draft: Set(facts.draft),
        facts_updated_at: Set(facts.updated_at.map(|time| time.0)),
        opened_at: Set(request.opened_at.0),
        seen_at: Set(request.seen_at.0),
        changed_at: Set(mark.at),
        changed_seq: Set(mark.seq),
        standing: Set(standing.to_owned()),
        superseded_by: Set(superseded_by.map(ToString::to_string)),
        round: Set(small(request.round)),
        round_began_at: Set(request.round_began_at.0),
        verdict: Set(request.verdict.as_str().to_owned()),
        explanation: Set(request.explanation.clone()),
        state: Set(request.state().as_str().to_owned()),
        shown: Set(request.answer.shown.as_str().to_owned()),
        commands: Set(small(request.answer.commands)),
        command_id: Set(command.map(|command| command.id)),
        command_status: Set(command.map(|command| command.status.as_str().to_owned())),
        command_may_be_applied: Set(command.is_some_and(|it| it.may_have_been_applied)),
        problem: Set(request.answer.problem.clone()),
        deadline: Set(timing.deadline.map(|time| time.0)),
        time_passed: Set(timing.passed.map(|time| time.0)),
        frozen_at: Set(timing.frozen_at.map(|time| time.0)),
        automatic_since: Set(timing.automatic_since.map(|time| time.0)),
        reminders: Set(small(timing.reminders)),
        beat_at: Set(timing.beat_at.map(|time| time.0)),
        heard_at: Set(request.answer.heard_at.0),
        due_at: Set(timing.due_at.map(|time| time.0)),
        glass_decision: Set(request.glass.map(|glass| glass.decision)),
        glass_review_by: Set(request.glass.map(|glass| glass.review_by.0)),
        glass_reviewed_at: Set(request.glass.and_then(|glass| glass.reviewed_at).map(|at| at.0)),
        glass_overdue: Set(request.glass.is_some_and(|glass| glass.overdue)),
        version: Set(mark.version),
    }
}

/// A list as stored: JSON text.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

fn list<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, DbErr> {
    serde_json::from_str(text).map_err(|_| inconsistent("list"))
}

fn sha(text: &str) -> Result<Sha, DbErr> {
    Sha::parse(text).map_err(|_| inconsistent("sha"))
}

fn number(value: i32) -> Result<u32, DbErr> {
    u32::try_from(value).map_err(|_| inconsistent("number"))
}

pub(crate) fn small(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

fn inconsistent(column: &str) -> DbErr {
    DbErr::Custom(format!("a stored {column} is not one we write"))
}
