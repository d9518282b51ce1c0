//! How soon a call is to be seen on an open page, and how soon a click reaches GitLab.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use gitlab_sim::MergeRequest;
use tests::{Events, Kind, Page, Stage, Terms, tell};
use tokio::sync::mpsc;

use crate::{
    calls::{Call, Line, Template},
    report::{Section, Waits, millis, verdict},
};

/// Calls a second.
const CALL_RATE: u32 = 200;
const CALLS: u32 = CALL_RATE * 5;
/// Connections that calls are sent over; one that is free is taken.
const LINES: usize = 64;
/// Clicks a second.
const CLICK_RATE: u32 = 20;
const CLICKS: u32 = CLICK_RATE * 10;
/// For 99 of 100, both for calls and for clicks.
const GOAL: Duration = Duration::from_millis(100);

/// Measures it, in a story of its own that ends with all the checks that stories end with.
pub(crate) fn measure() -> Section {
    let (mut taken, mut seen, mut posted) = (Waits::default(), Waits::default(), Waits::default());
    tell(Kind::Sqlite, Terms::default(), async |stage| {
        let calls = calls(stage).await;
        taken.extend(calls.taken);
        seen.extend(calls.seen);
        posted.extend(clicks(stage).await);
    });
    let title = "Latency of countersign up at a steady rate, from the moment each was due";
    let mut section = Section::new(title, &["", "p50 ms", "p99 ms", "goal p99", ""]);
    let row = |name: String, waits: &Waits| {
        let goal = format!("<= {} ms", GOAL.as_millis());
        [name, millis(waits.p50()), millis(waits.p99()), goal, verdict(waits.p99() <= GOAL)]
    };
    section.row(row(format!("call to 202, {CALLS} at {CALL_RATE}/s"), &taken).into_iter().take(3));
    section.row(row(format!("call to open page, {CALLS} at {CALL_RATE}/s"), &seen));
    section.row(row(format!("click to POST at GitLab, {CLICKS} at {CLICK_RATE}/s"), &posted));
    section
}

/// How long each call took.
struct Calls {
    /// To its 202.
    taken: Vec<Duration>,
    /// To an open page.
    seen: Vec<Duration>,
}

/// Sends calls at a steady rate.
async fn calls(stage: &mut Stage) -> Calls {
    let template = Template::new(&stage.body_of_a_call().await);
    let hook = stage.program().address("hook");
    let calls: Vec<Call> = (0..CALLS).map(|at| template.call(u64::from(at), &hook)).collect();
    let ids = calls.iter().map(|call| call.request_id.clone()).collect();
    let watching = tokio::spawn(watch(stage.listens(None).await, ids));
    let sent = send(&hook, calls).await;
    let seen = watching.await.unwrap();
    Calls {
        seen: sent.iter().map(|sent| seen[&sent.request_id].duration_since(sent.due)).collect(),
        taken: sent.iter().map(|sent| sent.taken.duration_since(sent.due)).collect(),
    }
}

/// When each request was first seen on the stream of an open page.
async fn watch(mut events: Events, mut wanted: HashSet<String>) -> HashMap<String, Instant> {
    let mut seen = HashMap::new();
    while !wanted.is_empty() {
        let event = events.next().await;
        let now = Instant::now();
        let data: serde_json::Value = serde_json::from_str(&event.data).unwrap_or_default();
        if let Some(id) = data["request_id"].as_str().and_then(|id| wanted.take(id)) {
            seen.insert(id, now);
        }
    }
    seen
}

/// A call that was sent.
struct Sent {
    request_id: String,
    due: Instant,
    taken: Instant,
}

/// Sends calls when they are due, whether or not earlier ones were answered.
async fn send(hook: &str, calls: Vec<Call>) -> Vec<Sent> {
    let (give_back, mut free) = mpsc::channel(LINES);
    for _ in 0..LINES {
        give_back.send(Line::open(hook).await).await.unwrap();
    }
    let mut pace = pace(CALL_RATE);
    let mut sent = Vec::new();
    for call in calls {
        let due = pace.tick().await.into_std();
        let mut line = free.recv().await.unwrap();
        let give_back = give_back.clone();
        sent.push(tokio::spawn(async move {
            line.send(&call.bytes).await;
            let taken = Instant::now();
            // After the last call nobody waits for it.
            let _unneeded = give_back.send(line).await;
            Sent { request_id: call.request_id, due, taken }
        }));
    }
    futures::future::try_join_all(sent).await.unwrap()
}

/// Somebody clicks at a steady rate; how long each click took to reach GitLab.
async fn clicks(stage: &mut Stage) -> Vec<Duration> {
    let author = stage.gitlab.user_named("grace", "Grace Mbeki");
    let opened: Vec<MergeRequest> = (0..CLICKS)
        .map(|at| stage.project.opens_merge_request(&format!("Change {at}"), &author))
        .collect();
    stage.gitlab.calls_settled().await;
    let ada = stage.approver("Ada");
    let mut pages = Vec::new();
    for merge_request in &opened {
        pages.push(ada.opens_newest(merge_request).await);
    }
    let before = stage.gitlab.answers().len();
    let mut pace = pace(CLICK_RATE);
    let mut clicked = HashMap::new();
    let mut under_way = Vec::new();
    let pages: Vec<Arc<Page>> = pages.into_iter().map(Arc::new).collect();
    for (merge_request, page) in opened.iter().zip(pages) {
        pace.tick().await;
        clicked.insert(merge_request.iid(), kit::clock::now_micros());
        let ada = ada.clone();
        under_way.push(tokio::spawn(async move { ada.decides(&page, "approve", "").await }));
    }
    for click in under_way {
        assert_eq!(click.await.unwrap().state(), "Approved");
    }
    stage.gitlab.answered(before + opened.len()).await;
    let answers = stage.gitlab.answers();
    let waits = answers[before..].iter().filter_map(|answer| {
        let clicked = clicked.remove(&answer.iid)?;
        let micros = answer.received_at.as_microsecond() - clicked;
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
    });
    let waits: Vec<_> = waits.collect();
    assert_eq!(waits.len(), opened.len(), "a click never reached GitLab");
    waits
}

/// Ticks at a rate; what is late is caught up with.
fn pace(rate: u32) -> tokio::time::Interval {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    pace
}
