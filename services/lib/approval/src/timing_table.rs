//! What time does, row by row.

use crate::testing::{Scene, decision, id_of, seconds, sha, sighting};
use crate::{CommandResult, Effect, Pending, Sighting, Status, Verdict, Word};

fn waiting(change: impl FnOnce(&mut crate::Policy)) -> Scene {
    let mut scene = Scene::default();
    change(&mut scene.policy);
    scene.sees(&sighting('a', 0));
    scene
}

fn retry(at: i64) -> Sighting {
    Sighting { retry: true, ..sighting('a', at) }
}

#[test]
fn a_request_that_nobody_decides_expires_and_gitlab_is_told() {
    let mut scene = waiting(|policy| policy.times.decide_within = Some(seconds(10).0));
    assert_eq!(scene.is(9), []);
    scene.is(10);
    assert_eq!((scene.state('a'), scene.command('a').status), ("expired", Status::Failed));
    assert_eq!(
        scene.says("ada", Word::Approve, 'a', 11),
        "closed: Nobody decided in time; press Retry in GitLab to ask again."
    );
}

#[test]
fn a_decision_made_in_time_counts_although_the_clock_was_looked_at_first() {
    let mut scene = waiting(|policy| policy.times.decide_within = Some(seconds(10).0));
    scene.is(12);
    scene.ends('a', CommandResult::Delivered);
    scene.says("ada", Word::Approve, 'a', 9);
    assert_eq!((scene.state('a'), scene.command('a').status), ("approved", Status::Passed));
}

#[test]
fn an_approval_that_is_too_old_is_taken_back() {
    let mut scene = waiting(|policy| policy.times.approval_lasts = Some(seconds(10).0));
    scene.says("ada", Word::Approve, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!(scene.is(11), []);
    scene.is(12);
    assert_eq!((scene.state('a'), scene.command('a').status), ("expired", Status::Failed));
}

#[test]
fn retry_after_expiry_waits_again_with_the_whole_time() {
    let mut scene = waiting(|policy| policy.times.decide_within = Some(seconds(10).0));
    scene.is(10);
    scene.ends('a', CommandResult::Delivered);
    scene.sees(&retry(12));
    assert_eq!(scene.is(21), []);
    assert_eq!(scene.state('a'), "waiting");
    scene.is(22);
    assert_eq!(scene.state('a'), "expired");
}

#[test]
fn a_commit_that_is_not_the_head_does_not_expire_before_it_is_again() {
    let mut scene = waiting(|policy| policy.times.decide_within = Some(seconds(10).0));
    scene.sees(&sighting('b', 1));
    scene.is(10);
    assert_eq!(scene.state('a'), "superseded");
    scene.sees(&sighting('a', 12));
    scene.is(12);
    assert_eq!(scene.state('a'), "expired");
}

#[test]
fn people_are_reminded_once_for_each_time_and_once_after_a_standstill() {
    let remind_after = [5, 10, 20].map(|at| seconds(at).0).to_vec();
    let mut scene = waiting(|policy| policy.times.remind_after = remind_after);
    let reminded = [Effect::Remind(id_of(&sha('a')))];
    assert_eq!(scene.is(4), []);
    assert_eq!(scene.is(5), reminded);
    assert_eq!(scene.is(5), []);
    assert_eq!(scene.is(30), reminded);
    assert_eq!(scene.is(99), []);
}

#[test]
fn heartbeats_say_pending_until_their_end() {
    let beats = Pending::Heartbeat { every: seconds(10).0, lasts: seconds(25).0 };
    let mut scene = waiting(|policy| policy.pending = beats);
    assert_eq!(scene.is(9), []);
    scene.is(10);
    assert_eq!(scene.command('a').status, Status::Pending);
    assert_eq!(scene.is(15), [], "one at a time");
    scene.ends('a', CommandResult::Delivered);
    scene.is(20);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!(scene.is(30), [], "it has an end");
    assert_eq!(scene.gate.requests[0].timing.due_at, None);
}

#[test]
fn a_heartbeat_never_covers_a_passed_that_must_go() {
    let beats = Pending::Heartbeat { every: seconds(10).0, lasts: seconds(99).0 };
    let mut scene = waiting(|policy| policy.pending = beats);
    scene.says("ada", Word::Approve, 'a', 1);
    scene.ends('a', CommandResult::Delivered);
    scene.says("ada", Word::Revoke, 'a', 2);
    scene.is(50);
    assert_eq!(scene.command('a').status, Status::Failed);
    assert!(!scene.gate.requests[0].may_tell(Status::Pending, &scene.policy));
}

#[test]
fn a_verdict_does_not_wait_longer_than_for_the_heartbeat_on_its_way() {
    let beats = Pending::Heartbeat { every: seconds(10).0, lasts: seconds(99).0 };
    let mut scene = waiting(|policy| policy.pending = beats);
    scene.is(10);
    scene.says("ada", Word::Approve, 'a', 11);
    assert!(!scene.gate.requests[0].may_tell(Status::Pending, &scene.policy));
    scene.ends('a', CommandResult::Obsolete);
    assert_eq!(scene.command('a').status, Status::Passed);
}

#[test]
fn a_command_of_which_nothing_is_heard_is_given_once_more() {
    let mut scene = waiting(|_| {});
    scene.says("ada", Word::Approve, 'a', 2);
    let command = scene.command('a');
    assert_eq!(scene.is(901), []);
    let resent = crate::Command { may_have_been_applied: true, ..command };
    assert_eq!(scene.is(902), [Effect::Resend(id_of(&sha('a')), resent)]);
    assert_eq!(scene.is(903), []);
}

#[test]
fn without_time_limits_nothing_is_ever_due() {
    let mut scene = waiting(|_| {});
    assert_eq!(scene.gate.requests[0].timing.due_at, None);
    scene.gate.requests[0].decisions.push(decision("ada", Word::Approve, 1));
    assert_eq!(scene.is(i64::MAX / 2_000_000), []);
    assert_eq!(scene.gate.requests[0].verdict, Verdict::Waiting);
}

/// Frozen from second 10 to second 20.
fn frozen(policy: &mut crate::Policy) {
    let at = |second| jiff::civil::datetime(1970, 1, 1, 0, 0, second, 0);
    policy.freezes = vec![crate::Freeze {
        name: "Year end".into(),
        scope: crate::Scope::default(),
        time_zone: jiff::tz::TimeZone::UTC,
        window: crate::Window::Once { from: at(10), until: at(20) },
    }];
}

#[test]
fn a_freeze_takes_approvals_back_and_after_it_they_must_be_made_again() {
    let mut scene = waiting(frozen);
    scene.says("ada", Word::Approve, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!(scene.is(9), []);
    scene.is(10);
    assert_eq!((scene.state('a'), scene.command('a').status), ("waiting", Status::Failed));
    scene.ends('a', CommandResult::Delivered);
    let said = "not_allowed: Frozen by \"Year end\" until 1970-01-01 00:00 UTC: nothing can be \
                approved before.";
    assert_eq!(scene.says("ada", Word::Approve, 'a', 19), said);
    assert_eq!(scene.is(25), []);
    assert_eq!(scene.state('a'), "waiting", "no end of a freeze approves anything");
    scene.says("ada", Word::Approve, 'a', 26);
    assert_eq!((scene.state('a'), scene.command('a').status), ("approved", Status::Passed));
}

#[test]
fn in_a_freeze_one_can_reject() {
    let mut scene = waiting(frozen);
    scene.is(12);
    scene.says("ada", Word::Reject, 'a', 12);
    assert_eq!(scene.state('a'), "rejected");
}

#[test]
fn an_approval_from_before_a_freeze_that_arrives_in_it_is_taken_back() {
    let mut scene = waiting(frozen);
    scene.is(12);
    scene.says("ada", Word::Approve, 'a', 9);
    assert!(scene.gate.requests[0].timing.due_at <= Some(seconds(12)), "the clock looks at once");
    scene.is(12);
    assert_eq!(scene.state('a'), "waiting");
}

#[test]
fn what_expired_before_a_freeze_stays_expired_and_what_was_frozen_before_it_expired_waits() {
    for (lasts, looks, state) in
        [(5, &[8, 12][..], "expired"), (5, &[12][..], "expired"), (9, &[15][..], "waiting")]
    {
        let mut scene = waiting(frozen);
        scene.policy.times.approval_lasts = Some(seconds(lasts).0);
        scene.says("ada", Word::Approve, 'a', 2);
        for at in looks {
            scene.is(*at);
        }
        assert_eq!(scene.state('a'), state, "{lasts} {looks:?}");
    }
}
