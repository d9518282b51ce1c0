//! What people and systems decided. Every attempt is recorded and gets a receipt.

use approval::{Actor, Attempt, Refusal, RefusalCode, Sha, Time, Word};
use bus::{Delivery, EventType, Failure, Kind, SIGNATURE_HEADER, Stream};
use bytes::Bytes;
use proto::v1::{Decision, Receipt};
use sea_orm::{DbErr, Set};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Rules, clean, follow, from_json, read, signature};
use crate::store::{Change, Draft, GateKey, Ledger, decision, repetition};

/// Longest reason kept, in characters.
const REASON_CHARS_MAX: usize = 4_000;
/// Most groups, and most links, of one decision.
const LIST_MAX: usize = 50;

/// A decision attempt with where it came from.
#[derive(Debug)]
pub(super) struct Decided {
    source: String,
    decision_id: Uuid,
    digest: String,
    sequence: i64,
    at: Time,
    message: Decision,
    /// As it came, with the bytes that it is over.
    signature: Option<String>,
    data: Bytes,
}

/// What became of an attempt.
struct Verdict {
    accepted: bool,
    code: &'static str,
    message: String,
    key: Option<GateKey>,
    request_id: Option<Uuid>,
    round: u32,
    /// What follows from it.
    follows: Change,
}

impl Verdict {
    fn new(accepted: bool, code: &'static str, message: String) -> Self {
        let follows = Change::default();
        Self { accepted, code, message, key: None, request_id: None, round: 0, follows }
    }

    fn refused(refusal: Refusal) -> Self {
        Self::new(false, refusal.code.as_str(), refusal.message)
    }
}

impl Decided {
    /// Id of its row: a source can only ever repeat its own decisions.
    pub(super) fn row_id(&self) -> Uuid {
        let name = format!("decision/{}/{}", self.source, self.decision_id);
        Uuid::new_v5(&proto::REQUEST_NAMESPACE, name.as_bytes())
    }

    /// Id of this message among those under the same decision id. A stream that was truncated gives
    /// a place away twice, but not at the same time.
    fn repetition_id(&self) -> Uuid {
        let name = format!("{}/{}", self.sequence, self.at.0);
        Uuid::new_v5(&self.row_id(), name.as_bytes())
    }
}

/// A message without a readable decision id cannot have a receipt; it is kept as a dead letter.
pub(super) fn parse(delivery: &Delivery) -> Result<Decided, Failure> {
    // The contract for other systems is the data alone: a plain publish has no headers.
    let message: Decision = match delivery.header("ce-type") {
        None => from_json(&delivery.data)?,
        Some(_) => read(delivery, Kind::Decision)?,
    };
    let decision_id = super::uuid(&message.decision_id, "decision_id")?;
    Ok(Decided {
        source: delivery.last_token().to_owned(),
        decision_id,
        digest: hex::encode(Sha256::digest(&delivery.data)),
        sequence: i64::try_from(delivery.sequence).unwrap_or_default(),
        at: Time(delivery.stored_at_micros),
        message,
        signature: delivery.header(SIGNATURE_HEADER).map(ToOwned::to_owned),
        data: delivery.data.clone(),
    })
}

/// Applies an attempt.
pub(super) async fn apply(
    rules: &Rules,
    ledger: &mut Ledger,
    decided: &Decided,
) -> Result<(), DbErr> {
    match ledger.known_decision(decided.row_id()).await? {
        // The same message again: it was recorded, but the acknowledgement was lost.
        Some(row) if row.digest == decided.digest && row.stream_sequence == decided.sequence => {}
        Some(row) => {
            let id = decided.repetition_id();
            if !ledger.knows_repetition(id).await? {
                let mut verdict = repeated(&row, decided);
                verdict.follows.repetitions.push(repetition::ActiveModel { id: Set(id) });
                answer(rules, ledger, decided, verdict, false);
            }
        }
        None => {
            let verdict = decide(rules, ledger, decided).await?;
            answer(rules, ledger, decided, verdict, true);
        }
    }
    Ok(())
}

/// The same decision id a second time.
fn repeated(row: &decision::Model, decided: &Decided) -> Verdict {
    let (accepted, code, message) = if row.digest != decided.digest {
        let message = "This decision_id was used before with other content.".to_owned();
        (false, RefusalCode::Invalid.as_str(), message)
    } else if row.accepted {
        (true, "duplicate", "Recorded before, nothing new.".to_owned())
    } else {
        (false, code_of(&row.code), row.message.clone())
    };
    Verdict { request_id: row.request_id, ..Verdict::new(accepted, code, message) }
}

fn code_of(stored: &str) -> &'static str {
    let known = RefusalCode::ALL.into_iter().map(RefusalCode::as_str).find(|code| *code == stored);
    known.unwrap_or(RefusalCode::Invalid.as_str())
}

async fn decide(rules: &Rules, ledger: &mut Ledger, decided: &Decided) -> Result<Verdict, DbErr> {
    let attempt = match attempt(rules, decided) {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Verdict::refused(refusal)),
    };
    let (key, request_id) = match find(ledger, decided, &attempt.sha).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Verdict::refused(refusal)),
    };
    ledger.load([key.clone()]).await?;
    let now = ledger.now();
    let gate = ledger.gate(&key);
    if let Some(request) = gate.request(request_id)
        && let Err(refusal) = may(rules, &attempt, &key, &request.facts.project_path)
    {
        return Ok(Verdict::refused(refusal));
    }
    let policy = rules.policy(gate);
    let mut verdict = match gate.decide(request_id, attempt, policy) {
        Err(refusal) => Verdict::refused(refusal),
        Ok(accepted) => {
            let code = if accepted.changed { "accepted" } else { "duplicate" };
            let mut verdict = Verdict::new(true, code, accepted.message);
            follow::effects(&mut verdict.follows, rules, &key, gate, accepted.effects, now);
            verdict
        }
    };
    verdict.round = gate.request(request_id).map_or(0, |request| request.round);
    verdict.key = Some(key);
    verdict.request_id = Some(request_id);
    Ok(verdict)
}

fn attempt(rules: &Rules, decided: &Decided) -> Result<Attempt, Refusal> {
    let invalid = |sentence: &str| Refusal::new(RefusalCode::Invalid, sentence);
    let message = &decided.message;
    if !rules.sources.contains(&decided.source) {
        let sentence = format!("The source {} is not configured.", decided.source);
        return Err(Refusal::new(RefusalCode::UnknownSource, sentence));
    }
    let (source, signature) = (&decided.source, decided.signature.as_deref());
    let signed = signature::is_signed(&rules.keys, source, signature, &decided.data)
        .map_err(|sentence| Refusal::new(RefusalCode::NotAllowed, sentence))?;
    let word = Word::parse(&message.verdict)
        .ok_or_else(|| invalid("verdict must be approve, reject, revoke or review."))?;
    let sha = Sha::parse(&message.sha)
        .map_err(|_| invalid("sha must be the full head commit that was judged."))?;
    let actor = message.actor.clone().unwrap_or_default();
    Ok(Attempt {
        id: decided.row_id(),
        source: decided.source.clone(),
        actor: Actor {
            id: clean(actor.id.trim(), 255),
            name: clean(&actor.name, 255),
            groups: actor.groups.iter().take(LIST_MAX).map(|it| clean(it, 255)).collect(),
        },
        word,
        break_glass: message.break_glass,
        // People are known by their sessions.
        signed: signed || decided.source == bus::UI_SOURCE,
        sha,
        target_branch: Some(message.target_branch.clone()).filter(|branch| !branch.is_empty()),
        reason: clean(&message.reason, REASON_CHARS_MAX),
        at: decided.at,
    })
}

/// Whether people may decide in this project at all. What a system says is its source's to answer for.
fn may(rules: &Rules, attempt: &Attempt, key: &GateKey, path: &str) -> Result<(), Refusal> {
    if attempt.source != bus::UI_SOURCE {
        return Ok(());
    }
    let allowed = rules.rights.within(&attempt.actor, &key.gitlab, path);
    if !allowed.view {
        return Err(unknown());
    }
    if !allowed.approve {
        let who = attempt.actor.display();
        let sentence = format!("{who} may look at the requests of {path}, not decide about them.");
        return Err(Refusal::new(RefusalCode::NotAllowed, sentence));
    }
    Ok(())
}

fn unknown() -> Refusal {
    Refusal::new(RefusalCode::UnknownRequest, "There is no such request.")
}

/// Finds the request by its id, or by what names it.
async fn find(
    ledger: &Ledger,
    decided: &Decided,
    sha: &Sha,
) -> Result<Result<(GateKey, Uuid), Refusal>, DbErr> {
    let message = &decided.message;
    if let Some(target) = message.target.as_ref().filter(|_| message.request_id.is_empty()) {
        let key = GateKey {
            gitlab: target.gitlab.clone(),
            project_id: target.project_id,
            iid: target.merge_request_iid,
            check_id: target.check_id,
        };
        let request_id = key.request_id(sha);
        let known = ledger.gate_of(request_id).await?.is_some();
        return Ok(if known { Ok((key, request_id)) } else { Err(unknown()) });
    }
    let Ok(request_id) = Uuid::parse_str(&message.request_id) else {
        let sentence = "request_id must be a UUID, or target must name the request.";
        return Ok(Err(Refusal::new(RefusalCode::Invalid, sentence)));
    };
    let key = ledger.gate_of(request_id).await?;
    Ok(key.map(|key| (key, request_id)).ok_or_else(unknown))
}

/// Records the attempt, puts its receipt into the outbox, and then what follows from it.
fn answer(rules: &Rules, ledger: &mut Ledger, decided: &Decided, verdict: Verdict, new: bool) {
    let now = ledger.now();
    let request_id = verdict.request_id;
    let labels = [("source", decided.source.clone()), ("code", verdict.code.to_owned())];
    metrics::counter!("countersign_decisions_total", &labels).increment(1);
    let mut change = Change::with(draft(decided, &verdict));
    if new {
        change.decisions.push(row(decided, &verdict, request_id));
    }
    let receipt = Receipt {
        decision_id: decided.decision_id.to_string(),
        request_id: request_id.map(|id| id.to_string()).unwrap_or_default(),
        accepted: verdict.accepted,
        code: verdict.code.to_owned(),
        message: verdict.message.clone(),
    };
    let subject = rules.names.receipt(&decided.source, decided.decision_id);
    let target = (rules.names.stream(&Stream::Receipt), subject);
    let id = kit::clock::new_id();
    follow::post(&mut change, target, Kind::Receipt, id, request_id, receipt, now);
    if let (Some(key), Some(id)) = (&verdict.key, request_id)
        && let Some(request) = ledger.gate(key).request(id)
    {
        let kind = match verdict.accepted {
            true => EventType::DecisionAccepted,
            false => EventType::DecisionRefused,
        };
        follow::event(&mut change, rules, key, request, kind, &verdict.message, now);
    }
    ledger.add(change);
    ledger.add(verdict.follows);
}

fn draft(decided: &Decided, verdict: &Verdict) -> Draft {
    Draft {
        request_id: verdict.request_id,
        kind: if verdict.accepted { "decided" } else { "refused" },
        message: sentence(decided, verdict),
        data: json!({
            "source": decided.source,
            "decision_id": decided.decision_id,
            "digest": decided.digest,
            "signature": decided.signature.as_deref().map(|it| clean(it, 128)),
            "verdict": clean(&decided.message.verdict, 40),
            "break_glass": decided.message.break_glass,
            "sha": clean(&decided.message.sha, 64),
            "code": verdict.code,
            "round": verdict.round,
        }),
        personal: json!({ "actor_id": actor_id(decided) }),
    }
}

fn actor_id(decided: &Decided) -> String {
    decided.message.actor.as_ref().map(|actor| clean(&actor.id, 255)).unwrap_or_default()
}

fn sentence(decided: &Decided, verdict: &Verdict) -> String {
    let actor = decided.message.actor.clone().unwrap_or_default();
    let who = if actor.name.is_empty() { actor.id } else { actor.name };
    let who = if who.is_empty() { "Somebody".to_owned() } else { clean(&who, 255) };
    let source = &decided.source;
    let word = clean(&decided.message.verdict, 40);
    let reason = clean(decided.message.reason.trim(), REASON_CHARS_MAX);
    if !verdict.accepted {
        return format!("{who} ({source}) tried to {word}: {}", verdict.message);
    }
    let said = match word.as_str() {
        "approve" if decided.message.break_glass => "broke the glass and approved",
        "approve" => "approved",
        "review" => "reviewed the broken glass",
        "reject" => "rejected",
        _ => "took their decision back",
    };
    match reason.as_str() {
        "" => format!("{who} ({source}) {said}."),
        reason => format!("{who} ({source}) {said}: {reason}"),
    }
}

fn row(decided: &Decided, verdict: &Verdict, request_id: Option<Uuid>) -> decision::ActiveModel {
    let message = &decided.message;
    let actor = message.actor.clone().unwrap_or_default();
    let groups: Vec<String> =
        actor.groups.iter().take(LIST_MAX).map(|group| clean(group, 255)).collect();
    let evidence: Vec<_> = message
        .evidence
        .iter()
        .take(LIST_MAX)
        .map(|it| json!({ "label": clean(&it.label, 255), "url": clean(&it.url, 2048) }))
        .collect();
    decision::ActiveModel {
        id: Set(decided.row_id()),
        source: Set(decided.source.clone()),
        decision_id: Set(decided.decision_id.to_string()),
        request_id: Set(request_id),
        verdict: Set(clean(&message.verdict, 40)),
        break_glass: Set(message.break_glass),
        signed: Set(decided.signature.is_some()),
        sha: Set(clean(&message.sha, 64)),
        actor_id: Set(clean(actor.id.trim(), 255)),
        actor_name: Set(clean(&actor.name, 255)),
        actor_email: Set(clean(&actor.email, 255)),
        actor_groups: Set(serde_json::to_string(&groups).unwrap_or_default()),
        reason: Set(clean(&message.reason, REASON_CHARS_MAX)),
        evidence: Set(serde_json::to_string(&evidence).unwrap_or_default()),
        accepted: Set(verdict.accepted),
        code: Set(verdict.code.to_owned()),
        message: Set(verdict.message.clone()),
        round: Set(i32::try_from(verdict.round).unwrap_or(i32::MAX)),
        at: Set(decided.at.0),
        digest: Set(decided.digest.clone()),
        stream_sequence: Set(decided.sequence),
    }
}
