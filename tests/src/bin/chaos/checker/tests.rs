//! A checker that cannot fail proves nothing: each invariant is broken once, and must be told.

use ::tests::tree::{leaf, peaks};

use super::*;
use crate::{
    log::{Entry, Outcome, Sent},
    observed::{Audit, Call, DeadLetter, Decision, Delivery, Post, Receipt, Request, Shown},
    plan::Word,
};

const SHA: &str = "1111111111111111111111111111111111111111";
const SECOND: Micros = 1_000_000;

fn text(text: &str) -> String {
    text.to_owned()
}

/// A decision that was sent, stored, recorded and answered.
fn decides(observed: &mut Observed, actor: &str, word: Word, at: Micros) {
    let number = observed.record.decisions.len();
    let (decision_id, reason) = (format!("d{number}"), format!("operation {number}"));
    observed.notes.entries.push(Entry {
        name: "decide on the bus",
        iid: Some(4),
        detail: String::new(),
        began: at,
        outcome: Outcome::Done,
        sent: Some(Sent {
            source: "servicenow",
            decision_id: Some(decision_id.clone()),
            reason: reason.clone(),
            word,
            actor: text(actor),
            iid: 4,
            sha: text(SHA),
            target_branch: None,
        }),
        retargeted: None,
    });
    observed.streams.decisions.push((text("servicenow"), Some(decision_id.clone())));
    let receipt =
        Receipt { source: text("servicenow"), decision_id: decision_id.clone(), accepted: true };
    observed.streams.receipts.push(receipt);
    observed.record.decisions.push(Decision {
        source: text("servicenow"),
        decision_id,
        request_id: Some(text("r")),
        word: text(word.as_str()),
        sha: text(SHA),
        actor: text(actor),
        reason,
        accepted: true,
        round: 0,
        at,
        recorded: at,
    });
}

fn posts(observed: &mut Observed, status: &str, received: Micros, ended: Micros) {
    observed.posts.push(Post {
        iid: 4,
        sha: text(SHA),
        status: text(status),
        ours: true,
        received,
        ended,
        http_status: Some(201),
    });
}

fn records(of: &[&str]) -> Vec<Audit> {
    let next = |(place, record): (usize, &&str)| {
        let seq = i64::try_from(place).unwrap() + 1;
        Audit { seq, record: (*record).to_owned(), hash: hex::encode(leaf(record)) }
    };
    of.iter().enumerate().map(next).collect()
}

fn tree(of: &[Audit]) -> String {
    let leaf = |it: &Audit| hex::decode(&it.hash).unwrap().try_into().unwrap();
    peaks(&of.iter().map(leaf).collect::<Vec<[u8; 32]>>())
}

/// One merge request, approved by two people and passed.
fn good() -> Observed {
    let mut observed = Observed { approvals: 2, ..Observed::default() };
    observed.calls.push(Call {
        number: Some(1),
        iid: 4,
        body_sha256: text("abcdef0123"),
        target_branch: text("main"),
        retry: false,
        status: Some(202),
        at: 0,
    });
    observed.streams.intake.push(text("delivery"));
    observed.record.deliveries.push(Delivery {
        id: text("delivery"),
        origin: text("call"),
        iid: 4,
        body_sha256: text("abcdef0123"),
        recorded: 0,
    });
    observed.record.requests.push(Request {
        id: text("r"),
        iid: 4,
        sha: text(SHA),
        target_branch: text("main"),
        standing: text("current"),
        verdict: text("approved"),
        round: 0,
    });
    observed.merge_requests.push(Shown {
        iid: 4,
        state: text("opened"),
        head: text(SHA),
        target_branch: text("main"),
        status: text("passed"),
    });
    observed.record.audit = records(&["one", "two", "three"]);
    observed.record.tree = tree(&observed.record.audit);
    decides(&mut observed, "jane", Word::Approve, SECOND);
    decides(&mut observed, "john", Word::Approve, 2 * SECOND);
    posts(&mut observed, "passed", 2 * SECOND + 10, 2 * SECOND + 20);
    observed
}

/// The invariants that are violated, with their sentences.
fn told(observed: &Observed) -> Vec<(&'static str, String)> {
    let checks = check(observed).checks;
    let of = |it: &Check| {
        let name = it.invariant;
        it.violations.iter().map(move |violation| (name, violation.sentence.clone())).collect()
    };
    checks.iter().flat_map(|it| -> Vec<_> { of(it) }).collect()
}

/// Breaks something in a good history and expects just this to be told.
fn breaks(invariant: &str, part: &str, change: impl FnOnce(&mut Observed)) {
    let mut observed = good();
    change(&mut observed);
    let told = told(&observed);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, invariant);
    assert!(told[0].1.contains(part), "{told:?}");
}

#[test]
fn a_good_history_violates_nothing() {
    assert_eq!(told(&good()), []);
}

#[test]
fn a_lost_call_is_told() {
    breaks("I1", "answered 2xx 1 times and recorded 0 times", |it| {
        it.record.deliveries.clear();
        it.streams.intake.clear();
    });
}

#[test]
fn a_call_that_was_recorded_twice_is_told() {
    breaks("I1", "recorded 2 times, but made only 1 times", |it| {
        it.record.deliveries.push(it.record.deliveries[0].clone());
    });
}

#[test]
fn a_passed_that_nobody_approved_is_told() {
    let mut observed = good();
    observed.record.decisions[1].actor = text("jane");
    let told = told(&observed);
    assert!(told.iter().any(|(name, said)| *name == "I2" && said.contains("nobody had approved")));
}

#[test]
fn a_passed_long_after_the_approval_was_gone_is_told() {
    breaks("I2", "7.0 s after the approval was gone", |it| {
        decides(it, "jane", Word::Reject, 3 * SECOND);
        posts(it, "passed", 10 * SECOND, 10 * SECOND);
        posts(it, "failed", 11 * SECOND, 11 * SECOND);
        it.record.requests[0].verdict = text("rejected");
        it.merge_requests[0].status = text("failed");
    });
}

#[test]
fn a_passed_for_another_target_branch_is_told() {
    breaks("I2", "after the approval was gone", |it| {
        let retarget = Entry {
            name: "retarget",
            sent: None,
            retargeted: Some(text("release")),
            began: 3 * SECOND,
            ..it.notes.entries[0].clone()
        };
        it.notes.entries.push(retarget);
        let call = Call { body_sha256: text("0123456789"), at: 3 * SECOND, ..it.calls[0].clone() };
        it.calls.push(Call { number: Some(2), target_branch: text("release"), ..call });
        it.streams.intake.push(text("second"));
        it.record.deliveries.push(Delivery {
            id: text("second"),
            body_sha256: text("0123456789"),
            recorded: 3 * SECOND,
            ..it.record.deliveries[0].clone()
        });
        it.record.requests[0].target_branch = text("release");
        it.record.requests[0].verdict = text("waiting");
        it.record.requests[0].round = 1;
        it.merge_requests[0].target_branch = text("release");
        it.merge_requests[0].status = text("failed");
        posts(it, "passed", 9 * SECOND, 9 * SECOND);
    });
}

#[test]
fn a_status_that_is_not_the_verdict_is_told() {
    breaks("I3", "GitLab shows failed, and the decisions amount to approved", |it| {
        it.merge_requests[0].status = text("failed");
    });
}

#[test]
fn a_verdict_that_the_decisions_do_not_carry_is_told() {
    let mut observed = good();
    observed.record.requests[0].verdict = text("rejected");
    let told = told(&observed);
    assert!(told[0].1.contains("amount to approved, and the record says rejected"), "{told:?}");
}

#[test]
fn a_lost_decision_is_told() {
    let mut observed = good();
    observed.record.decisions.pop();
    let told = told(&observed);
    assert!(told.iter().any(|(name, said)| *name == "I4" && said.contains("is lost")), "{told:?}");
}

#[test]
fn an_invented_decision_is_told() {
    breaks("I4", "never sent a decision d0", |it| {
        it.notes.entries.remove(0);
    });
}

#[test]
fn two_receipts_for_one_attempt_are_told() {
    breaks("I5", "was attempted 1 times and has 2 receipts", |it| {
        it.streams.receipts.push(it.streams.receipts[0].clone());
    });
}

#[test]
fn a_broken_record_is_told() {
    breaks("I6", "audit record 2 is not what its hash says", |it| {
        let honest = std::mem::replace(&mut it.record.audit[1].record, text("another"));
        assert_eq!(honest, "two");
    });
    breaks("I6", "the tree of the audit record is another one", |it| it.record.tree.clear());
    let mut observed = good();
    observed.record.audit.remove(1);
    assert_eq!(told(&observed)[0].1, "the audit record goes from 1 to 3");
}

#[test]
fn overlapping_posts_are_told() {
    breaks("I7", "was posted while passed was under way", |it| {
        posts(it, "passed", 2 * SECOND + 15, 2 * SECOND + 30);
    });
}

#[test]
fn a_dropped_message_and_an_unexpected_dead_letter_are_told() {
    breaks("I8", "the outcome o is in its stream and not on record", |it| {
        it.streams.outcomes.push(text("o"));
    });
    breaks("I8", "a message of CS_INTAKE is a dead letter (attempts-exhausted): no room", |it| {
        let (stream, reason) = (text("CS_INTAKE"), text("attempts-exhausted"));
        it.streams.dead.push(DeadLetter { stream, reason, cause: text("no room") });
    });
}

#[test]
fn a_secret_in_a_log_is_told() {
    breaks("I10", "GitLab's token is in decision-1.log", |it| {
        it.in_logs.push(text("GitLab's token is in decision-1.log: ..."));
    });
}

#[test]
fn unrest_at_the_end_is_told() {
    breaks("end", "3 messages wait in the outbox", |it| {
        it.not_quiet = Some(text("3 messages wait in the outbox"));
    });
}
