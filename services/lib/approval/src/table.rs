//! What each GitLab event means, row by row.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use crate::testing::{Scene, attempt, id_of, outcome, policy, seconds, sha, sighting};
use crate::{CommandResult, Effect, MergeRequestState, Sighting, Status, Word};

fn open_at(at: i64) -> Scene {
    let mut scene = Scene::default();
    scene.sees(&sighting('a', at));
    scene
}

fn approved() -> Scene {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    scene
}

fn retry(digit: char, at: i64) -> Sighting {
    Sighting { retry: true, ..sighting(digit, at) }
}

fn ended(digit: char, at: i64, state: MergeRequestState) -> Sighting {
    Sighting { state, ..sighting(digit, at) }
}

fn asks_gitlab(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::LookUp(_)))
}

#[test]
fn an_unknown_commit_waits_and_says_nothing() {
    let mut scene = Scene::default();
    let effects = scene.sees(&sighting('a', 1));
    assert_eq!(effects, [Effect::Opened(id_of(&sha('a')), crate::State::Waiting)]);
    assert_eq!(scene.shown('a'), "nothing");
}

#[test]
fn an_approval_asks_for_passed_once() {
    let mut scene = open_at(1);
    let receipt = scene.says("ada", Word::Approve, 'a', 2);
    assert_eq!(receipt, "Recorded: approve. Approved by ada.");
    let command = scene.command('a');
    assert_eq!(command.status, Status::Passed);
    let only = [Effect::ReadBack(id_of(&sha('a')), command)];
    assert_eq!(scene.ends('a', CommandResult::Delivered), only);
    assert_eq!((scene.state('a'), scene.shown('a')), ("approved", "passed"));
}

#[test]
fn a_push_supersedes_and_decisions_stay_behind() {
    let mut scene = approved();
    scene.sees(&sighting('b', 3));
    assert_eq!((scene.state('a'), scene.state('b')), ("superseded", "waiting"));
    let receipt = scene.says("ada", Word::Approve, 'a', 4);
    assert_eq!(receipt, "stale_sha: A newer commit bbbbbbbb arrived; look again.");
}

#[test]
fn an_older_commit_never_displaces_the_head() {
    let mut scene = open_at(5);
    scene.sees(&sighting('b', 3));
    assert_eq!((scene.state('a'), scene.state('b')), ("waiting", "superseded"));
}

#[test]
fn within_one_second_the_previous_head_decides() {
    let mut scene = open_at(1);
    let pushed = Sighting { oldrev: Some(sha('a')), ..sighting('b', 1) };
    scene.sees(&pushed);
    assert_eq!((scene.state('a'), scene.state('b')), ("superseded", "waiting"));

    let mut late = Scene::default();
    late.sees(&pushed);
    late.sees(&sighting('a', 1));
    assert_eq!((late.state('a'), late.state('b')), ("superseded", "waiting"));
}

#[test]
fn in_doubt_gitlab_is_asked_before_anything_is_superseded() {
    let mut scene = open_at(1);
    assert!(asks_gitlab(&scene.sees(&sighting('b', 1))));
    assert_eq!((scene.state('a'), scene.state('b')), ("waiting", "waiting"));
    let looked_up = Sighting { authoritative: true, ..sighting('b', 1) };
    assert!(!asks_gitlab(&scene.sees(&looked_up)));
    assert_eq!((scene.state('a'), scene.state('b')), ("superseded", "waiting"));
}

#[test]
fn a_known_commit_refreshes_facts_and_keeps_decisions() {
    let mut scene = approved();
    let mut renamed = sighting('a', 3);
    renamed.facts.title = "Even faster".into();
    assert_eq!(scene.sees(&renamed), []);
    assert_eq!(scene.gate.requests[0].facts.title, "Even faster");
    assert_eq!(scene.state('a'), "approved");
}

#[test]
fn a_retarget_voids_decisions_and_takes_passed_back() {
    let mut scene = approved();
    let mut retargeted = sighting('a', 3);
    retargeted.facts.target_branch = "production".into();
    scene.sees(&retargeted);
    assert_eq!(scene.state('a'), "waiting");
    assert_eq!(scene.command('a').status, Status::Failed);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!(scene.shown('a'), "failed");
}

#[test]
fn a_decision_about_another_target_branch_is_refused() {
    let mut scene = open_at(1);
    let about =
        crate::Attempt { target_branch: Some("x".into()), ..attempt("ada", Word::Approve, 'a', 2) };
    let refused = scene.gate.decide(id_of(&sha('a')), about, &policy(1)).unwrap_err();
    assert_eq!(refused.to_string(), "The target branch is now main; look again.");
}

#[test]
fn a_decision_made_before_the_retarget_is_refused() {
    let mut scene = open_at(1);
    let mut retargeted = sighting('a', 5);
    retargeted.facts.target_branch = "production".into();
    scene.sees(&retargeted);
    let receipt = scene.says("ada", Word::Approve, 'a', 4);
    assert_eq!(receipt, "stale_sha: The request changed after this decision was made; look again.");
}

#[test]
fn retry_reopens_a_rejection_and_keeps_its_history() {
    let mut scene = open_at(1);
    scene.says("eve", Word::Reject, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!((scene.state('a'), scene.shown('a')), ("rejected", "failed"));
    scene.sees(&retry('a', 1));
    assert_eq!((scene.state('a'), scene.shown('a')), ("waiting", "pending"));
    assert_eq!(scene.gate.requests[0].decisions.len(), 1);
    scene.says("ada", Word::Approve, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Passed);
}

#[test]
fn retry_of_an_approval_posts_again_and_of_a_waiting_one_does_nothing() {
    let mut scene = approved();
    scene.sees(&retry('a', 1));
    assert_eq!(scene.command('a').status, Status::Passed);
    let mut waiting = open_at(1);
    assert_eq!(waiting.sees(&retry('a', 1)), []);
    assert_eq!(waiting.state('a'), "waiting");
}

#[test]
fn a_replayed_retry_does_not_forget_a_passed_that_must_be_taken_back() {
    let mut scene = approved();
    scene.says("eve", Word::Reject, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Failed);
    scene.sees(&retry('a', 1));
    assert_eq!(scene.state('a'), "waiting");
    assert_eq!(scene.gate.requests[0].wanted(&policy(1)), Some(Status::Failed));
}

#[test]
fn merge_and_close_cancel() {
    for (state, word) in
        [(MergeRequestState::Merged, "merged"), (MergeRequestState::Closed, "closed")]
    {
        let mut scene = open_at(1);
        scene.sees(&ended('a', 2, state));
        assert_eq!(scene.state('a'), "cancelled");
        let receipt = scene.says("ada", Word::Approve, 'a', 3);
        assert_eq!(receipt, format!("closed: The merge request is {word} already."));
    }
}

#[test]
fn reopen_waits_again_or_keeps_its_verdict() {
    let mut scene = open_at(1);
    scene.sees(&ended('a', 2, MergeRequestState::Closed));
    scene.sees(&sighting('a', 3));
    assert_eq!(scene.state('a'), "waiting");
    let mut decided = approved();
    decided.sees(&ended('a', 3, MergeRequestState::Closed));
    decided.sees(&sighting('a', 4));
    assert_eq!(decided.state('a'), "approved");
}

#[test]
fn a_merge_is_final_and_a_late_call_does_not_reopen_it() {
    let mut scene = open_at(1);
    scene.sees(&ended('a', 3, MergeRequestState::Merged));
    scene.sees(&sighting('a', 9));
    assert_eq!(scene.state('a'), "cancelled");
}

#[test]
fn closed_and_seen_open_within_one_second_is_looked_up() {
    let mut scene = open_at(1);
    scene.sees(&ended('a', 2, MergeRequestState::Closed));
    assert!(asks_gitlab(&scene.sees(&sighting('a', 2))));
    assert_eq!(scene.state('a'), "cancelled");
}

#[test]
fn a_force_push_back_revives_the_verdict_as_gitlab_does() {
    let mut scene = approved();
    scene.sees(&sighting('b', 3));
    scene.sees(&sighting('a', 4));
    assert_eq!((scene.state('a'), scene.state('b')), ("approved", "superseded"));
    assert_eq!(scene.outstanding('a'), None);
}

#[test]
fn a_call_without_a_commit_asks_gitlab_and_opens_nothing() {
    let mut scene = Scene::default();
    let effects = scene.sees(&Sighting { sha: None, ..sighting('a', 1) });
    assert_eq!(effects, [Effect::LookUp("The call named no commit.".into())]);
    assert!(scene.gate.requests.is_empty());
}

#[test]
fn a_merge_without_a_commit_cancels_all_the_same() {
    let mut scene = open_at(1);
    scene.sees(&Sighting { sha: None, ..ended('a', 2, MergeRequestState::Merged) });
    assert_eq!(scene.state('a'), "cancelled");
}

#[test]
fn a_refusal_that_names_the_head_supersedes_and_asks_gitlab() {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    let effects = scene.ends('a', CommandResult::NotHead(Some(sha('b'))));
    assert!(asks_gitlab(&effects));
    assert_eq!(scene.state('a'), "superseded");
}

#[test]
fn a_revocation_that_gitlab_refused_is_paid_when_the_commit_is_the_head_again() {
    let mut scene = approved();
    scene.says("ada", Word::Revoke, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Failed);
    scene.ends('a', CommandResult::NotHead(Some(sha('b'))));
    assert_eq!((scene.state('a'), scene.outstanding('a')), ("superseded", None));
    scene.sees(&sighting('b', 4));
    scene.sees(&sighting('a', 5));
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn a_later_verdict_waits_for_the_outcome_of_the_earlier_one() {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    let first = scene.command('a');
    scene.says("eve", Word::Reject, 'a', 3);
    assert_eq!(scene.command('a'), first, "one command at a time");
    scene.ends('a', CommandResult::Obsolete);
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn a_post_that_may_have_landed_is_overwritten_when_the_verdict_is_gone() {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    let mut lost = outcome(scene.command('a'), CommandResult::Retrying);
    lost.may_have_been_applied = true;
    scene.hears('a', &lost);
    scene.says("ada", Word::Revoke, 'a', 3);
    scene.ends('a', CommandResult::Obsolete);
    assert_eq!(scene.state('a'), "waiting");
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn what_was_given_up_is_tried_again_with_the_next_event() {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    assert_eq!(scene.ends('a', CommandResult::GivenUp), []);
    assert_eq!(scene.outstanding('a'), None);
    assert_eq!(scene.gate.requests[0].answer.problem.as_deref(), Some("said so"));
    scene.sees(&sighting('a', 3));
    assert_eq!(scene.command('a').status, Status::Passed);
}

#[test]
fn two_crossed_posts_leave_doubt_and_the_verdict_is_posted_again() {
    let mut scene = approved();
    scene.says("eve", Word::Reject, 'a', 3);
    let failed = scene.command('a');
    scene.ends('a', CommandResult::Delivered);
    let mut stray = outcome(failed, CommandResult::Delivered);
    stray.command_id = uuid::Uuid::nil();
    stray.status = Status::Passed;
    scene.hears('a', &stray);
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn the_author_is_remembered_from_the_call_that_named_them() {
    let mut scene = Scene::default();
    let mut opened = sighting('a', 1);
    opened.facts.author_name = Some("Ada".into());
    scene.sees(&opened);
    scene.sees(&sighting('b', 2));
    let names: Vec<_> = scene.gate.requests.iter().map(|it| it.facts.author_name.clone()).collect();
    assert_eq!(names, [Some("Ada".to_owned()), Some("Ada".to_owned())]);
}

#[test]
fn the_time_of_a_commit_is_compared_in_whole_seconds() {
    let mut scene = open_at(1);
    let mut looked_up = Sighting { authoritative: true, ..sighting('b', 1) };
    looked_up.facts.updated_at = Some(crate::Time(seconds(1).0 + 900_000));
    scene.sees(&looked_up);
    let effects = scene.sees(&Sighting { oldrev: Some(sha('b')), ..sighting('c', 1) });
    assert!(!asks_gitlab(&effects));
    assert_eq!((scene.state('b'), scene.state('c')), ("superseded", "waiting"));
}

#[test]
fn pushed_there_and_back_within_one_second_gitlab_is_asked() {
    let mut scene = open_at(1);
    scene.sees(&Sighting { oldrev: Some(sha('b')), ..sighting('a', 1) });
    assert!(asks_gitlab(&scene.sees(&Sighting { oldrev: Some(sha('a')), ..sighting('b', 1) })));
    assert_eq!(scene.state('a'), "waiting", "nothing is displaced before");
}

#[test]
fn a_look_that_was_overtaken_within_its_second_is_taken_again() {
    let mut scene = open_at(1);
    let later = |digit, at| Sighting { at: seconds(at), ..sighting(digit, 1) };
    scene.sees(&later('a', 4));
    let looked_up = Sighting { authoritative: true, ..later('b', 3) };
    assert!(asks_gitlab(&scene.sees(&looked_up)));
    assert_eq!(scene.state('a'), "waiting", "nothing is displaced before");
    scene.sees(&Sighting { authoritative: true, ..later('a', 5) });
    assert_eq!((scene.state('a'), scene.state('b')), ("waiting", "superseded"));
}

#[test]
fn refused_and_seen_again_within_one_second_gitlab_is_asked() {
    let mut scene = open_at(1);
    scene.says("ada", Word::Approve, 'a', 2);
    scene.ends('a', CommandResult::NotHead(Some(sha('b'))));
    assert!(asks_gitlab(&scene.sees(&Sighting { oldrev: Some(sha('b')), ..sighting('a', 1) })));
    assert_eq!(scene.state('a'), "superseded");
    scene.sees(&Sighting { authoritative: true, at: seconds(9), ..sighting('a', 1) });
    assert_eq!(scene.state('a'), "approved");
}

#[test]
fn under_a_stricter_policy_an_approval_is_taken_back_and_under_the_old_one_it_counts_again() {
    let mut scene = Scene::default();
    scene.sees(&sighting('a', 0));
    scene.says("ada", Word::Approve, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    scene.policy = policy(2);
    scene.is_judged_anew(3);
    assert_eq!((scene.state('a'), scene.command('a').status), ("waiting", Status::Failed));
    scene.ends('a', CommandResult::Delivered);
    scene.policy = policy(1);
    scene.is_judged_anew(4);
    assert_eq!((scene.state('a'), scene.command('a').status), ("approved", Status::Passed));
}
