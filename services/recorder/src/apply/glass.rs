//! What follows from a broken glass: it is on record, told to everybody, and reviewed or missed.

use approval::{Effect, Request};
use bus::EventType;
use serde_json::json;

use super::{Rules, follow};
use crate::store::{Change, GateKey};

pub(super) fn follow(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    effect: &Effect,
    now: i64,
) {
    let (kind, event, message) = match effect {
        Effect::GlassBroken(_, review_by) => {
            let until = utc(review_by.0);
            let who = broke(request);
            let message =
                format!("{who} broke the glass; somebody else must review it by {until}.");
            ("glass-broken", EventType::BreakGlassUsed, message)
        }
        Effect::GlassReviewed(_) => {
            let message = format!("{} reviewed the broken glass.", reviewed(request));
            ("glass-reviewed", EventType::BreakGlassReviewed, message)
        }
        _ => {
            tracing::warn!(
                approval.request_id = %request.id, gitlab.project_id = key.project_id,
                merge_request.iid = key.iid, "a broken glass was not reviewed in time"
            );
            let message =
                format!("Nobody reviewed in time that {} broke the glass.", broke(request));
            ("glass-unreviewed", EventType::BreakGlassUnreviewed, message)
        }
    };
    metrics::counter!("countersign_break_glass_total", "event" => event.as_str()).increment(1);
    let data = json!({
        "decision": request.glass.map(|glass| glass.decision),
        "review_by": request.glass.map(|glass| glass.review_by.0),
        "policy": rules.policy_hash,
    });
    follow::record(change, request.id, kind, message.clone(), data);
    follow::event(change, rules, key, request, event, &message, now);
}

/// Whoever broke the glass.
pub(crate) fn broke(request: &Request) -> &str {
    request.broke_glass().map_or("Somebody", |decision| decision.actor.display())
}

fn reviewed(request: &Request) -> &str {
    let last = request.decisions.iter().rev().find(|it| it.word == approval::Word::Review);
    last.map_or("Somebody", |decision| decision.actor.display())
}

/// A time in microseconds for people.
pub(crate) fn utc(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
