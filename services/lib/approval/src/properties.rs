//! Whatever the bus duplicates or reorders: the same end, or a recorded refusal, never a panic.

use proptest::prelude::*;

use crate::testing::{Scene, attempt, id_of, outcome, policy, seconds, sha, sighting};
use crate::{
    CommandResult, ForeignPassed, Freeze, MergeRequestState, Pending, Policy, Scope, Shown,
    Sighting, Standing, Status, Times, Verdict, Window, Word,
};

const COMMITS: [char; 3] = ['a', 'b', 'c'];

#[derive(Debug, Clone)]
enum Event {
    Sight(Box<Sighting>),
    Decide(u8, Word, char, i64),
    /// Ends the outstanding command of a commit, if there is one.
    End(char, CommandResult, bool),
    /// Reads back what GitLab shows for a commit: `passed`, if it can be and is.
    Read(char, bool),
    /// Somebody else posts `passed`, which a sweep sees.
    Forge(char),
    /// The clock says so many seconds.
    Tick(i64),
}

fn words() -> impl Strategy<Value = Word> {
    prop_oneof![Just(Word::Approve), Just(Word::Reject), Just(Word::Revoke)]
}

fn sightings() -> impl Strategy<Value = Sighting> {
    let state = prop_oneof![
        6 => Just(MergeRequestState::Open),
        1 => Just(MergeRequestState::Closed),
        1 => Just(MergeRequestState::Merged)
    ];
    let commit =
        prop_oneof![9 => prop::sample::select(&COMMITS[..]).prop_map(Some), 1 => Just(None)];
    let oldrev = prop::option::of(prop::sample::select(&COMMITS[..]));
    let flags = (any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.1));
    (commit, oldrev, state, 1_i64..12, flags, 0..2_u8).prop_map(
        |(commit, oldrev, state, at, (retry, authoritative, timeless), target)| {
            let mut seen = Sighting { state, retry, authoritative, ..sighting('a', at) };
            seen.sha = commit.map(sha);
            seen.oldrev = oldrev.map(sha);
            seen.facts.target_branch = ["main", "production"][usize::from(target)].into();
            if timeless {
                seen.facts.updated_at = None;
            }
            seen
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let commit = || prop::sample::select(&COMMITS[..]);
    let result = prop_oneof![
        4 => Just(CommandResult::Delivered),
        1 => Just(CommandResult::Retrying),
        1 => Just(CommandResult::Obsolete),
        1 => Just(CommandResult::NotHead(None)),
        1 => Just(CommandResult::GivenUp)
    ];
    prop_oneof![
        3 => sightings().prop_map(|seen| Event::Sight(Box::new(seen))),
        3 => (0..3_u8, words(), commit(), 1_i64..12)
            .prop_map(|(who, word, digit, at)| Event::Decide(who, word, digit, at)),
        3 => (commit(), result, any::<bool>()).prop_map(|(c, r, maybe)| Event::End(c, r, maybe)),
        1 => (commit(), any::<bool>()).prop_map(|(c, passed)| Event::Read(c, passed)),
        1 => commit().prop_map(Event::Forge),
        1 => (0_i64..40).prop_map(Event::Tick),
    ]
}

/// In the first minute of 1970, for so many seconds.
fn freeze((from, lasts): (i8, i8)) -> Freeze {
    let at = |second| jiff::civil::datetime(1970, 1, 1, 0, 0, second, 0);
    let window = Window::Once { from: at(from), until: at(from + lasts) };
    let (name, scope, time_zone) = ("F".into(), Scope::default(), jiff::tz::TimeZone::UTC);
    Freeze { name, scope, time_zone, window }
}

fn policies() -> impl Strategy<Value = Policy> {
    let pending = prop_oneof![
        Just(Pending::Quiet),
        Just(Pending::FailFirst),
        Just(Pending::Heartbeat { every: seconds(3).0, lasts: seconds(20).0 })
    ];
    let foreign = prop_oneof![Just(ForeignPassed::Answer), Just(ForeignPassed::Report)];
    let limit = || prop::option::of((1_i64..30).prop_map(|it| seconds(it).0));
    let freezes = prop::collection::vec((0..30_i8, 1..12_i8).prop_map(freeze), 0..2);
    (1..3_u32, pending, foreign, limit(), limit(), freezes).prop_map(
        |(approvals, pending, foreign_passed, decide_within, approval_lasts, freezes)| {
            let policy = policy(approvals);
            let times = Times { decide_within, approval_lasts, ..policy.times };
            Policy { pending, foreign_passed, times, freezes, ..policy }
        },
    )
}

/// GitLab as far as these events tell: the status it may show for each commit.
#[derive(Default)]
struct GitLab {
    may_be_passed: std::collections::BTreeMap<char, bool>,
}

fn play(scene: &mut Scene, gitlab: &mut GitLab, event: &Event) {
    match event {
        Event::Sight(sighting) => drop(scene.sees(sighting)),
        Event::Decide(who, word, digit, at) => {
            let attempt = attempt(&format!("person {who}"), *word, *digit, *at);
            let policy = scene.policy.clone();
            let _receipt = scene.gate.decide(id_of(&sha(*digit)), attempt, &policy);
        }
        Event::End(digit, result, maybe) => {
            let id = id_of(&sha(*digit));
            let Some(command) = scene.gate.request(id).and_then(|it| it.answer.outstanding) else {
                return;
            };
            let landed = *result == CommandResult::Delivered;
            let told = command.status == Status::Passed;
            let passed = gitlab.may_be_passed.entry(*digit).or_default();
            if landed {
                *passed = told;
            } else if *maybe {
                *passed |= told;
            }
            let may_have_been_applied = *maybe && !landed;
            let outcome =
                crate::Outcome { may_have_been_applied, ..outcome(command, result.clone()) };
            scene.hears(*digit, &outcome);
        }
        Event::Read(digit, passed) => {
            let may_be_passed = gitlab.may_be_passed.entry(*digit).or_default();
            let passed = *may_be_passed && *passed;
            let shown = if passed { Status::Passed } else { Status::Failed };
            if !scene.reads(*digit, shown).is_empty() {
                *may_be_passed = passed;
            }
        }
        Event::Forge(digit) => {
            if !scene.reads(*digit, Status::Passed).is_empty() {
                gitlab.may_be_passed.insert(*digit, true);
            }
        }
        Event::Tick(at) => {
            let verdicts = |scene: &Scene| -> Vec<_> {
                scene.gate.requests.iter().map(|it| it.verdict).collect()
            };
            let before = verdicts(scene);
            scene.is(*at);
            for (was, now) in before.into_iter().zip(verdicts(scene)) {
                // Only ever stricter: a freeze makes an approval wait again.
                let frozen = !scene.policy.freezes.is_empty()
                    && (was, now) == (Verdict::Approved, Verdict::Waiting);
                let stricter = now == Verdict::Expired || frozen;
                assert!(was == now || stricter, "time made {was:?} {now:?}");
            }
        }
    }
}

/// What must hold after every single event.
fn check(Scene { gate, policy }: &Scene, gitlab: &GitLab) {
    let current = gate.requests.iter().filter(|it| it.standing == Standing::Current).count();
    assert!(current <= COMMITS.len());
    for request in &gate.requests {
        let counted: Vec<_> =
            request.decisions.iter().filter(|it| it.round == request.round).collect();
        let judged = policy.evaluate(&request.facts, &counted, &request.timing).verdict;
        if request.verdict != Verdict::Expired {
            assert_eq!(request.verdict, judged, "the verdict is what its decisions amount to");
        }
        if request.may_tell(Status::Passed, policy) {
            assert_eq!((request.verdict, judged), (Verdict::Approved, Verdict::Approved));
        }
        let digit = request.sha.as_str().chars().next().unwrap_or('?');
        let may_be_passed = gitlab.may_be_passed.get(&digit).copied().unwrap_or(false);
        let in_flight = request.answer.outstanding.is_some_and(|it| it.may_have_been_applied);
        if may_be_passed && !in_flight {
            assert!(request.answer.shown.may_be_passed(), "we forgot that {digit} may be passed");
        }
    }
}

proptest! {
    #[test]
    fn no_order_of_events_panics_or_forgets_what_gitlab_may_show(
        policy in policies(),
        events in prop::collection::vec(events(), 0..40),
    ) {
        let (mut scene, mut gitlab) = (Scene { policy, ..Scene::default() }, GitLab::default());
        for event in &events {
            play(&mut scene, &mut gitlab, event);
            check(&scene, &gitlab);
        }
    }

    #[test]
    fn decisions_amount_to_the_same_in_any_order_and_number(
        said in prop::collection::vec((0..3_u8, words(), 2_i64..9), 1..12),
        seed in any::<prop::sample::Index>(),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let settle = |order: &[(u8, Word, i64)]| {
            let mut scene = Scene::default();
            scene.sees(&sighting('a', 1));
            for (who, word, at) in order {
                scene.says(&format!("person {who}"), *word, 'a', *at);
            }
            scene.state('a')
        };
        let mut shuffled = said.clone();
        shuffled.rotate_left(seed.index(said.len()));
        shuffled.extend(again.iter().map(|index| said[index.index(said.len())]));
        prop_assert_eq!(settle(&said), settle(&shuffled));
    }

    #[test]
    fn in_a_freeze_nothing_is_approved_however_late_it_arrives(
        (from, lasts) in (3..20_i8, 1..12_i8),
        early in prop::collection::vec((0..3_u8, words(), 2_i64..40), 0..8),
        late in prop::collection::vec((0..3_u8, words(), 2_i64..40), 0..8),
        inside in any::<prop::sample::Index>(),
    ) {
        let policy = Policy { freezes: vec![freeze((from, lasts))], ..policy(1) };
        let mut scene = Scene { policy, ..Scene::default() };
        scene.sees(&sighting('a', 1));
        let now = i64::from(from) + i64::try_from(inside.index(lasts.unsigned_abs().into()))?;
        for (who, word, at) in early.into_iter().chain(late) {
            if at <= now {
                scene.says(&format!("person {who}"), word, 'a', at);
            }
        }
        scene.is(now);
        prop_assert_ne!(scene.state('a'), "approved");
    }

    #[test]
    fn calls_in_any_order_end_with_the_same_head_and_facts(
        order in Just(vec![1_i64, 2, 3, 4, 5, 6]).prop_shuffle(),
        commits in prop::collection::vec(prop::sample::select(&COMMITS[..]), 6),
        twice in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let seen = |at: i64| {
            let index = usize::try_from(at - 1).unwrap_or(0);
            let mut seen = sighting(commits[index], at);
            seen.facts.title = format!("title {at}");
            seen
        };
        let mut scene = Scene::default();
        for at in order.iter().chain(twice.iter().map(|index| &order[index.index(6)])) {
            scene.sees(&seen(*at));
        }
        let head = scene.gate.head().map(|head| (head.sha.clone(), head.facts.title.clone()));
        prop_assert_eq!(head, Some((sha(commits[5]), "title 6".to_owned())));
        for request in &scene.gate.requests {
            let current = request.standing == Standing::Current;
            prop_assert_eq!(current, request.sha == sha(commits[5]));
        }
    }

    #[test]
    fn once_quiet_gitlab_shows_the_verdict(
        policy in policies(),
        events in prop::collection::vec(events(), 0..40),
    ) {
        let (mut scene, mut gitlab) = (Scene { policy, ..Scene::default() }, GitLab::default());
        for event in &events {
            play(&mut scene, &mut gitlab, event);
        }
        // One more sighting of the head, then GitLab stores whatever we say.
        let last = scene.gate.head().map_or('a', |it| it.sha.as_str().chars().next().unwrap_or('a'));
        scene.sees(&Sighting { authoritative: true, ..sighting(last, 99) });
        for _ in 0..3 {
            play(&mut scene, &mut gitlab, &Event::End(last, CommandResult::Delivered, false));
        }
        let Some(head) = scene.gate.head().filter(|it| it.standing == Standing::Current) else {
            return Ok(());
        };
        prop_assert_eq!(head.answer.outstanding, None);
        match head.verdict {
            Verdict::Approved => prop_assert_eq!(head.answer.shown, Shown::Passed),
            Verdict::Rejected | Verdict::Expired => prop_assert_eq!(head.answer.shown, Shown::Failed),
            Verdict::Waiting => prop_assert!(!head.answer.shown.may_be_our_passed()),
        }
    }
}
