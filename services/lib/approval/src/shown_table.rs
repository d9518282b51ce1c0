//! What GitLab shows against what we believe, row by row.

use crate::testing::{Scene, id_of, sha, sighting};
use crate::{
    CommandResult, Effect, ForeignPassed, Pending, Reading, Shown, Sighting, Status, Word,
};

fn waiting() -> Scene {
    let mut scene = Scene::default();
    scene.sees(&sighting('a', 1));
    scene
}

fn decided(word: Word) -> Scene {
    let mut scene = waiting();
    scene.says("ada", word, 'a', 2);
    scene.ends('a', CommandResult::Delivered);
    scene
}

fn retry(digit: char, at: i64) -> Sighting {
    Sighting { retry: true, ..sighting(digit, at) }
}

#[test]
fn a_delivered_answer_is_read_back() {
    let mut scene = decided(Word::Approve);
    let confirmed = Effect::Confirmed(id_of(&sha('a')), Shown::Passed);
    assert_eq!(scene.reads('a', Status::Passed), [confirmed]);
    assert_eq!(scene.outstanding('a'), None);
}

#[test]
fn what_overtook_our_answer_is_overwritten() {
    use Shown::{Failed, ForeignPassed, Passed};
    for (word, ours, theirs, believed, shown) in [
        (Word::Approve, Status::Passed, Status::Pending, Passed, Shown::Pending),
        (Word::Approve, Status::Passed, Status::Failed, Passed, Failed),
        (Word::Reject, Status::Failed, Status::Passed, Failed, ForeignPassed),
        (Word::Reject, Status::Failed, Status::Pending, Failed, Shown::Pending),
    ] {
        let mut scene = decided(word);
        let effects = scene.reads('a', theirs);
        assert_eq!(effects[0], Effect::Drifted(id_of(&sha('a')), believed, shown));
        assert_eq!(scene.command('a').status, ours);
    }
}

#[test]
fn a_passed_on_a_request_that_nobody_decided_is_taken_back() {
    let mut scene = waiting();
    let effects = scene.reads('a', Status::Passed);
    let drifted = Effect::Drifted(id_of(&sha('a')), Shown::Nothing, Shown::ForeignPassed);
    assert_eq!(effects[0], drifted);
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn where_the_policy_only_reports_nothing_is_answered_until_somebody_decides() {
    let mut scene = waiting();
    scene.policy.foreign_passed = ForeignPassed::Report;
    assert_eq!(scene.reads('a', Status::Passed).len(), 1, "it is reported");
    assert_eq!(scene.reads('a', Status::Passed), [], "once");
    assert_eq!(scene.outstanding('a'), None);
    scene.says("eve", Word::Reject, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn an_approval_makes_a_passed_of_somebody_else_ours() {
    let mut scene = waiting();
    scene.policy.foreign_passed = ForeignPassed::Report;
    scene.reads('a', Status::Passed);
    scene.says("ada", Word::Approve, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Passed);
}

#[test]
fn gitlabs_own_row_and_its_timeout_are_no_drift() {
    let mut scene = waiting();
    assert_eq!(scene.reads('a', Status::Pending), []);
    assert_eq!(scene.reads('a', Status::Failed), []);
    assert_eq!(scene.shown('a'), "nothing");
    scene.says("eve", Word::Reject, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Failed, "our own failed follows");
}

#[test]
fn a_revoked_passed_that_is_shown_again_is_taken_back_again() {
    let mut scene = decided(Word::Approve);
    scene.says("ada", Word::Revoke, 'a', 3);
    scene.ends('a', CommandResult::Delivered);
    assert_eq!((scene.state('a'), scene.shown('a')), ("waiting", "failed"));
    scene.reads('a', Status::Passed);
    assert_eq!(scene.command('a').status, Status::Failed);
}

#[test]
fn a_reading_of_an_earlier_answer_says_nothing() {
    let mut scene = decided(Word::Approve);
    let id = id_of(&sha('a'));
    let command_id = scene.gate.requests[0].answer.last_command_id(id);
    scene.says("eve", Word::Reject, 'a', 3);
    assert_eq!(scene.reads('a', Status::Passed), [], "an answer is on its way");
    scene.ends('a', CommandResult::Delivered);
    assert_eq!(scene.reads_after('a', Reading { command_id, shown: Status::Passed }), []);
    assert_eq!(scene.shown('a'), "failed");
}

#[test]
fn fail_first_says_failed_at_once_and_after_each_retry() {
    let mut scene = Scene::default();
    scene.policy.pending = Pending::FailFirst;
    scene.sees(&sighting('a', 1));
    assert_eq!(scene.command('a').status, Status::Failed);
    scene.ends('a', CommandResult::Delivered);
    scene.sees(&retry('a', 2));
    assert_eq!((scene.state('a'), scene.command('a').status), ("waiting", Status::Failed));
    scene.ends('a', CommandResult::Delivered);
    scene.says("ada", Word::Approve, 'a', 3);
    assert_eq!(scene.command('a').status, Status::Passed);
}

#[test]
fn a_reading_from_before_retry_says_nothing() {
    let mut scene = decided(Word::Reject);
    let command_id = scene.gate.requests[0].answer.last_command_id(id_of(&sha('a')));
    scene.sees(&retry('a', 3));
    assert_eq!(scene.reads_after('a', Reading { command_id, shown: Status::Failed }), []);
    scene.says("eve", Word::Reject, 'a', 4);
    assert_eq!(scene.command('a').status, Status::Failed, "GitLab shows pending until then");
}
