//! Rules: whom they are for, who may decide, and how a verdict explains itself.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use std::num::NonZeroU32;

use super::*;
use crate::testing::{decision, policy, sighting};

fn facts() -> Facts {
    sighting('a', 1).facts
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn groups(of: &[&str]) -> Who {
    Who { groups: names(of), ..Who::default() }
}

fn asks(count: u32, from: Who) -> Requirement {
    Requirement::Approvals { count: NonZeroU32::new(count).unwrap(), from }
}

fn requires(requires: Requirement) -> Policy {
    Policy { rules: vec![Rule::for_all(requires, Reasons::Never)], ..policy(1) }
}

fn patterns(of: &[&str]) -> Vec<Pattern> {
    of.iter().map(|text| Pattern::parse(text).unwrap()).collect()
}

/// An approval of somebody who is in a group.
fn approves(who: &str, group: &str, at: i64) -> Decision {
    let mut decision = decision(who, Word::Approve, at);
    decision.actor.groups = names(&[group]);
    decision
}

fn explain(policy: &Policy, decisions: &[Decision]) -> String {
    policy.evaluate(&facts(), &decisions.iter().collect::<Vec<_>>(), &Timing::default()).explanation
}

fn verdict(policy: &Policy, decisions: &[&Decision]) -> Verdict {
    policy.evaluate(&facts(), decisions, &Timing::default()).verdict
}

/// Whoever made a decision tries another one.
fn tries(who: &Decision, word: Word, reason: &str) -> Attempt {
    let (source, actor, reason) = (who.source.clone(), who.actor.clone(), reason.to_owned());
    Attempt { source, actor, word, reason, ..crate::testing::attempt("", word, 'a', 1) }
}

#[test]
fn a_rule_can_ask_for_signed_decisions() {
    let mut policy = policy(1);
    policy.rules[0].signed = true;
    let ada = decision("ada", Word::Approve, 1);
    let said = "The rule default takes only decisions that ui has signed.";
    assert_eq!(says(&policy, &ada, Word::Approve, "").as_deref(), Some(said));
    let broken = Attempt { break_glass: true, ..tries(&ada, Word::Approve, "Down") };
    assert_eq!(policy.check(&facts(), &broken).err().map(|it| it.message).as_deref(), Some(said));
    let signed = Attempt { signed: true, ..tries(&ada, Word::Approve, "") };
    assert_eq!(policy.check(&facts(), &signed), Ok(()));
}

fn says(policy: &Policy, who: &Decision, word: Word, reason: &str) -> Option<String> {
    let said = policy.check(&facts(), &tries(who, word, reason));
    said.err().map(|refusal| refusal.message)
}

#[test]
fn the_verdict_explains_itself() {
    let ada = decision("ada", Word::Approve, 1);
    let bob = decision("bob", Word::Approve, 2);
    let eve = decision("eve", Word::Reject, 3);
    let two = policy(2);
    assert_eq!(explain(&policy(1), &[]), "0 of 1: needs one more approval.");
    assert_eq!(explain(&policy(3), &[]), "0 of 3: needs 3 more approvals.");
    let one = std::slice::from_ref(&ada);
    let said = "1 of 2: needs one more approval. Approved so far by ada.";
    assert_eq!(explain(&two, one), said);
    assert_eq!(explain(&two, &[bob.clone(), ada.clone()]), "Approved by ada, bob.");
    assert_eq!(explain(&two, &[ada, bob, eve]), "Rejected by eve.");
}

#[test]
fn all_of_several_groups() {
    let both = [asks(1, groups(&["cab"])), asks(2, groups(&["security", "leads"]))];
    let policy = requires(Requirement::All(both.to_vec()));
    let (jane, ada, bob) =
        (approves("jane", "cab", 1), approves("ada", "security", 2), approves("bob", "leads", 3));
    let said = "0 of 1: needs one more approval from cab. \
                0 of 2: needs 2 more approvals from security or leads.";
    assert_eq!(explain(&policy, &[]), said);
    let said = "1 of 2: needs one more approval from security or leads. Approved so far by ada.";
    assert_eq!(explain(&policy, &[jane.clone(), ada.clone()]), said);
    let said = "Approved by jane for cab. Approved by ada, bob for security or leads.";
    assert_eq!(explain(&policy, &[jane, ada, bob]), said);
}

#[test]
fn one_of_several_groups() {
    let either = [asks(1, groups(&["cab"])), asks(2, groups(&["leads"]))];
    let policy = requires(Requirement::Any(either.to_vec()));
    let (ada, bob) = (approves("ada", "leads", 1), approves("bob", "leads", 2));
    let said = "0 of 1: needs one more approval from cab. Or: \
                1 of 2: needs one more approval from leads. Approved so far by ada.";
    assert_eq!(explain(&policy, std::slice::from_ref(&ada)), said);
    assert_eq!(explain(&policy, &[ada.clone(), bob.clone()]), "Approved by ada, bob for leads.");
    let finding = policy.evaluate(&facts(), &[&ada, &bob], &Timing::default()).finding.unwrap();
    assert_eq!(finding.parts.iter().map(|part| part.met).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_source_can_be_asked_for() {
    let from = Who { sources: names(&["servicenow"]), ..Who::default() };
    let policy = requires(asks(1, from));
    let ada = decision("ada", Word::Approve, 1);
    let said = "ada may not decide here. Those who may: the source servicenow.";
    assert_eq!(says(&policy, &ada, Word::Approve, "").as_deref(), Some(said));
    let change = Decision { source: "servicenow".into(), ..ada };
    assert_eq!(says(&policy, &change, Word::Approve, ""), None);
    assert_eq!(verdict(&policy, &[&change]), Verdict::Approved);
}

#[test]
fn the_first_rule_that_is_for_it_counts() {
    let rule = |name: &str, count, scope| Rule {
        name: name.to_owned(),
        scope,
        ..Rule::for_all(asks(count, Who::default()), Reasons::Never)
    };
    let hotfix = Scope { labels: names(&["hotfix"]), ..Scope::default() };
    let production = Scope {
        gitlabs: names(&["main"]),
        projects: patterns(&["shop/**"]),
        target_branches: patterns(&["main", "release/*"]),
        checks: patterns(&["Change *"]),
        labels: Vec::new(),
    };
    let rules = vec![rule("hotfix", 1, hotfix), rule("production", 2, production)];
    let policy = Policy { rules, ..policy(1) };
    let name = |facts: &Facts| policy.rule(facts).map(|rule| rule.name.clone());
    assert_eq!(name(&facts()).as_deref(), Some("production"));
    let hotfix = Facts { labels: names(&["backend", "hotfix"]), ..facts() };
    assert_eq!(name(&hotfix).as_deref(), Some("hotfix"));
    for other in [
        Facts { gitlab: "other".into(), ..facts() },
        Facts { project_path: "shop".into(), ..facts() },
        Facts { target_branch: "release/1/2".into(), ..facts() },
        Facts { check_name: "QA".into(), ..facts() },
    ] {
        assert_eq!(name(&other), None, "{other:?}");
    }
}

#[test]
fn where_no_rule_is_nobody_can_approve() {
    let policy = Policy { rules: Vec::new(), ..policy(1) };
    let ada = decision("ada", Word::Approve, 1);
    let said = "No rule of the policy is for this merge request, so nobody can approve it.";
    assert_eq!(says(&policy, &ada, Word::Approve, "").as_deref(), Some(said));
    assert_eq!(explain(&policy, std::slice::from_ref(&ada)), said);
    assert_eq!(verdict(&policy, &[&ada]), Verdict::Waiting);
}

#[test]
fn one_person_counts_once_and_the_last_word_stands() {
    let yes = decision("ada", Word::Approve, 1);
    let again = decision("ada", Word::Approve, 2);
    let back = decision("ada", Word::Revoke, 3);
    assert!(explain(&policy(2), &[yes.clone(), again.clone()]).starts_with("1 of 2"));
    for order in [[&yes, &again, &back], [&back, &again, &yes], [&again, &back, &yes]] {
        assert_eq!(verdict(&policy(1), &order), Verdict::Waiting);
    }
}

#[test]
fn at_the_same_time_the_stricter_word_stands() {
    let yes = decision("ada", Word::Approve, 1);
    let no = decision("ada", Word::Reject, 1);
    for order in [[&yes, &no], [&no, &yes]] {
        assert_eq!(verdict(&policy(1), &order), Verdict::Rejected);
    }
}

/// Jane has an account at the browser side, one in `ServiceNow`, and two in GitLab.
fn jane() -> People {
    let identity = |source: &str, id: &str| (source.to_owned(), id.to_owned());
    People(vec![Person {
        name: "Jane Doe".into(),
        gitlab_user_ids: vec![7, 70],
        identities: vec![identity("ui", "jane"), identity("servicenow", "jane.doe")],
    }])
}

#[test]
fn a_person_with_two_accounts_counts_once() {
    let policy = Policy { people: jane(), ..requires(asks(2, Who::default())) };
    let facts = Facts { author_id: Some(1), ..facts() };
    let here = decision("jane", Word::Approve, 1);
    let there = Decision {
        source: "servicenow".into(),
        actor: crate::testing::actor("jane.doe"),
        ..decision("jane.doe", Word::Approve, 2)
    };
    assert_eq!(
        policy.evaluate(&facts, &[&here, &there], &Timing::default()).verdict,
        Verdict::Waiting
    );
    let other = decision("ada", Word::Approve, 4);
    assert_eq!(
        policy.evaluate(&facts, &[&here, &other], &Timing::default()).verdict,
        Verdict::Approved
    );
    let back = Decision { word: Word::Revoke, at: crate::testing::seconds(3), ..there };
    assert_eq!(
        policy.evaluate(&facts, &[&here, &other, &back], &Timing::default()).verdict,
        Verdict::Waiting
    );
}

#[test]
fn the_author_and_those_who_pushed_may_not_approve_but_may_reject() {
    let policy = Policy { people: jane(), ..policy(1) };
    let jane = decision("jane", Word::Approve, 1);
    let check = |facts: &Facts, word| {
        policy.check(facts, &tries(&jane, word, "")).err().map(|it| it.message)
    };
    let author = Facts { author_id: Some(7), ..facts() };
    let pusher = Facts { author_id: Some(1), pushed_by: vec![2, 70], ..facts() };
    let said = "jane is the author of this merge request and may not approve it.";
    assert_eq!(check(&author, Word::Approve).as_deref(), Some(said));
    let said = "jane has pushed to this merge request and may not approve it.";
    assert_eq!(check(&pusher, Word::Approve).as_deref(), Some(said));
    assert_eq!(check(&pusher, Word::Reject), None);
    for facts in [&author, &pusher] {
        assert_eq!(policy.evaluate(facts, &[&jane], &Timing::default()).verdict, Verdict::Waiting);
    }
}

#[test]
fn a_rule_can_let_the_author_approve() {
    let mut policy = Policy { people: jane(), ..policy(1) };
    policy.rules[0].author_may_approve = true;
    let jane = decision("jane", Word::Approve, 1);
    let author = Facts { author_id: Some(7), ..facts() };
    assert_eq!(policy.evaluate(&author, &[&jane], &Timing::default()).verdict, Verdict::Approved);
    let pusher = Facts { pushed_by: vec![7], author_id: Some(1), ..facts() };
    assert_eq!(policy.evaluate(&pusher, &[&jane], &Timing::default()).verdict, Verdict::Waiting);
}

#[test]
fn only_the_listed_may_decide() {
    let from = Who { people: names(&["ada"]), groups: names(&["cab"]), ..Who::default() };
    let policy = requires(asks(1, from));
    assert_eq!(says(&policy, &approves("ada", "dev", 1), Word::Approve, ""), None);
    assert_eq!(says(&policy, &approves("bob", "cab", 1), Word::Reject, ""), None);
    let said = "eve may not decide here. Those who may: cab or ada.";
    assert_eq!(says(&policy, &approves("eve", "dev", 1), Word::Reject, "").as_deref(), Some(said));
}

#[test]
fn a_decision_may_need_a_reason() {
    let ada = decision("ada", Word::Approve, 1);
    let mut policy = policy(1);
    for (reasons, needed) in [
        (Reasons::Never, [false, false, false]),
        (Reasons::Against, [false, true, true]),
        (Reasons::Always, [true, true, true]),
    ] {
        policy.rules[0].reasons = reasons;
        for (word, needed) in [Word::Approve, Word::Reject, Word::Revoke].into_iter().zip(needed) {
            let said = format!("To {} needs a reason; say why.", word.as_str());
            assert_eq!(says(&policy, &ada, word, "  "), needed.then_some(said), "{reasons:?}");
            assert_eq!(says(&policy, &ada, word, "CAB of Tuesday"), None);
        }
    }
}

#[test]
fn a_rule_has_times_of_its_own() {
    let mut policy = policy(1);
    policy.times.decide_within = Some(9);
    assert_eq!(policy.times(&facts()).decide_within, Some(9));
    policy.rules[0].decide_within = Some(3);
    policy.rules[0].approval_lasts = Some(4);
    let times = policy.times(&facts());
    assert_eq!((times.decide_within, times.approval_lasts), (Some(3), Some(4)));
}
