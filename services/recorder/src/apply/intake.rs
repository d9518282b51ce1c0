//! What GitLab said.

use approval::{Answer, Effect, Facts, Gate, MergeRequestState, Reading, Sha, Sighting, Time};
use bus::{Delivery, Failure, Kind};
use proto::v1::{MergeRequestSeen, Status as WireStatus, merge_request_seen::Origin};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::{Rules, clean, follow, read, uuid};
use crate::store::{Change, Draft, GateKey, Ledger, delivery, known_check};

/// A sighting with where it belongs.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) key: GateKey,
    pub(super) delivery_id: Uuid,
    sighting: Sighting,
    /// What GitLab showed for the commit, when it was asked.
    reading: Option<Reading>,
    message: MergeRequestSeen,
}

pub(super) fn parse(delivery: &Delivery) -> Result<Seen, Failure> {
    let message: MergeRequestSeen = read(delivery, Kind::MergeRequestSeen)?;
    seen(message, Time(delivery.stored_at_micros))
}

/// Reads a message that the bus stored, or would store, at a time.
pub(crate) fn seen(message: MergeRequestSeen, at: Time) -> Result<Seen, Failure> {
    let delivery_id = uuid(&message.delivery_id, "delivery_id")?;
    for (name, id) in
        [("project_id", message.project_id), ("iid", message.iid), ("check_id", message.check_id)]
    {
        if id < 1 {
            return Err(Failure::Reject("invalid", format!("{name} must be 1 or more")));
        }
    }
    let branches = [&message.gitlab, &message.source_branch, &message.target_branch];
    if branches.iter().any(|name| name.contains('\0')) {
        let sentence = "a name contains U+0000, which no branch can have".to_owned();
        return Err(Failure::Reject("invalid", sentence));
    }
    let sha = |text: &str, field: &str| match text {
        "" => Ok(None),
        text => Sha::parse(text)
            .map(Some)
            .map_err(|error| Failure::Reject("invalid", format!("{field}: {error}"))),
    };
    let sighting = Sighting {
        sha: sha(&message.sha, "sha")?,
        oldrev: sha(&message.oldrev, "oldrev")?,
        state: MergeRequestState::from_gitlab(&message.state),
        retry: message.retry,
        authoritative: matches!(message.origin(), Origin::LookUp | Origin::Sweep),
        at,
        facts: facts(&message),
    };
    let key = GateKey {
        gitlab: message.gitlab.clone(),
        project_id: message.project_id,
        iid: message.iid,
        check_id: message.check_id,
    };
    let reading = match (message.shown(), message.shown_after.as_str()) {
        (WireStatus::Unspecified, _) => None,
        (shown, after) => {
            let command_id = uuid(after, "shown_after")?;
            Some(Reading { command_id, shown: super::status(shown)? })
        }
    };
    Ok(Seen { key, delivery_id, sighting, reading, message })
}

/// What taking it in does to a gate.
fn take_in(rules: &Rules, gate: &mut Gate, seen: &Seen) -> Vec<Effect> {
    let (key, sighting) = (&seen.key, &seen.sighting);
    let policy = rules.policy_of(&sighting.facts.check_name);
    let mut effects = gate.sight(sighting, policy, |sha| key.request_id(sha));
    if let (Some(reading), Some(sha)) = (seen.reading, &sighting.sha) {
        effects.extend(gate.read(key.request_id(sha), reading, sighting.at, policy));
    }
    effects
}

/// Whether taking it in would change nothing but when it was last seen, and the time of GitLab's last
/// change, which also moves for things that are of no interest here.
pub(crate) fn is_known(rules: &Rules, gate: &Gate, seen: &Seen) -> bool {
    let mut after = gate.clone();
    let effects = take_in(rules, &mut after, seen);
    let nothing_new = effects.iter().all(|effect| matches!(effect, Effect::Confirmed(..)));
    let compared = |gate: &Gate| {
        let mut gate = gate.clone();
        for request in &mut gate.requests {
            request.facts.updated_at = None;
            request.seen_at = Time(0);
        }
        gate
    };
    nothing_new && compared(gate) == compared(&after)
}

/// The newest command for the commit that was seen; `None` while it is on its way, for what GitLab
/// shows meanwhile may be from before it or after it.
pub(crate) fn last_command_id(gate: &Gate, seen: &Seen) -> Option<Uuid> {
    let id = seen.key.request_id(seen.sighting.sha.as_ref()?);
    let answer = gate.request(id).map_or_else(Answer::none, |request| request.answer.clone());
    answer.outstanding.is_none().then(|| answer.last_command_id(id))
}

fn facts(message: &MergeRequestSeen) -> Facts {
    let some = |text: &str| Some(clean(text, 255)).filter(|text| !text.is_empty());
    // Only a push names the head before it, and whoever caused the call has pushed then.
    let pushed = message.actor.as_ref().filter(|it| it.id > 0 && !message.oldrev.is_empty());
    Facts {
        gitlab: message.gitlab.clone(),
        pushed_by: pushed.map(|person| person.id).into_iter().collect(),
        project_path: clean(&message.project_path, 1024),
        check_name: clean(&message.check_name, 255),
        title: clean(&message.title, 1000),
        url: clean(&message.url, 2048),
        source_branch: message.source_branch.clone(),
        target_branch: message.target_branch.clone(),
        author_id: Some(message.author_id).filter(|id| *id > 0),
        author_name: some(&message.author_name),
        labels: message.labels.iter().map(|label| clean(label, 255)).collect(),
        draft: message.draft,
        updated_at: proto::micros(message.updated_at.as_ref()).map(Time),
    }
}

pub(super) fn apply(rules: &Rules, ledger: &mut Ledger, seen: &Seen) {
    let now = ledger.now();
    let key = &seen.key;
    let request_id = seen.sighting.sha.as_ref().map(|sha| key.request_id(sha));
    let gate = ledger.gate(key);
    let effects = take_in(rules, gate, seen);
    let mut change = Change::with(Draft {
        request_id,
        kind: "received",
        message: sentence(seen),
        data: json!({
            "delivery_id": seen.delivery_id,
            "hook": seen.message.hook,
            "action": seen.message.action,
            "sha": seen.message.sha,
            "target_branch": seen.message.target_branch,
            "state": seen.message.state,
            "body_sha256": seen.message.body_sha256,
        }),
        ..Draft::default()
    });
    change.deliveries.push(row(seen, request_id, now));
    follow::effects(&mut change, rules, key, gate, effects, now);
    ledger.add(change);
    // A look-up says nothing about whose check it is.
    if seen.message.origin() != Origin::LookUp {
        ledger.note_check(known_check::Model {
            gitlab: key.gitlab.clone(),
            project_id: key.project_id,
            check_id: key.check_id,
            name: clean(&seen.message.check_name, 255),
        });
    }
}

fn row(seen: &Seen, request_id: Option<Uuid>, now: i64) -> delivery::ActiveModel {
    let message = &seen.message;
    let origin = match message.origin() {
        Origin::LookUp => "look-up",
        Origin::Sweep => "sweep",
        Origin::Call | Origin::Unspecified => "call",
    };
    delivery::ActiveModel {
        id: Set(seen.delivery_id),
        request_id: Set(request_id),
        gitlab: Set(message.gitlab.clone()),
        hook: Set(clean(&message.hook, 255)),
        origin: Set(origin.to_owned()),
        project_id: Set(message.project_id),
        iid: Set(message.iid),
        check_id: Set(message.check_id),
        sha: Set(message.sha.clone()),
        action: Set(clean(&message.action, 255)),
        body_sha256: Set(clean(&message.body_sha256, 64)),
        received_at: Set(proto::micros(message.received_at.as_ref()).unwrap_or(now)),
        recorded_at: Set(now),
    }
}

fn sentence(seen: &Seen) -> String {
    let message = &seen.message;
    let by = message.actor.as_ref().map(|actor| clean(&actor.name, 255)).unwrap_or_default();
    let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
    let commit = match &seen.sighting.sha {
        Some(sha) => format!("commit {}", sha.short()),
        None => "no commit".to_owned(),
    };
    let state = clean(&message.state, 40);
    match (seen.sighting.authoritative, seen.sighting.retry) {
        (true, _) => format!("GitLab was asked: {commit} is the head, the state is {state}."),
        (_, true) => format!("Retry was pressed in GitLab{by}."),
        _ => format!("GitLab called ({}{by}): {commit}.", clean(&message.action, 40)),
    }
}
