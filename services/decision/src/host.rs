//! One GitLab instance: whose turn it is to ask it something.
//!
//! Bad news goes first. While the instance is away, or has asked us to slow down, nobody asks; then
//! one tries, and only after it succeeded all others follow.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gitlab::{ApiError, Client, PostOutcome};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{config::Answers, pace};

/// Most turns at once.
const AT_ONCE: usize = 8;
/// How long a turn is waited for before somebody else may wait instead, also for another instance.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same for bad news, and how soon it waits again.
const PATIENCE_OF_BAD_NEWS: Duration = Duration::from_secs(20);
const BAD_NEWS_AGAIN: Duration = Duration::from_millis(500);
/// Shortest wait that is worth putting a message back for.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// What a turn is for; what stands first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// A `failed`: it may take back a `passed`.
    Failed,
    /// Any other answer.
    Answer,
    /// A question that somebody waits for.
    Question,
    /// A note in a merge request, which no merge waits for.
    Note,
    /// The sweep.
    Sweep,
}

/// How the instance is, after it was asked something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers.
    Well,
    /// It is not there.
    Away,
    /// It has asked us to wait this long.
    SlowDown(Duration),
    /// One answer that says nothing about the instance.
    Unclear,
}

/// No turn now; try again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy(pub(crate) Duration);

/// One GitLab instance.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) client: Client,
    pub(crate) answers: Answers,
    state: Mutex<State>,
    changed: Notify,
    per_second: f64,
    first_wait: Duration,
    stop: CancellationToken,
}

#[derive(Debug)]
struct State {
    waiting: BTreeSet<(Urgency, u64)>,
    next_ticket: u64,
    under_way: usize,
    /// Requests that may be sent now; refilled with time.
    tokens: f64,
    refilled_at: Instant,
    failures: u32,
    not_before: Instant,
}

/// A turn; the next one follows when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Host);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.changed.notify_waiters();
    }
}

impl Turn<'_> {
    /// Says how the instance was found.
    pub(crate) fn found(&self, health: Health) {
        let mut state = self.0.state();
        let now = Instant::now();
        match health {
            Health::Well => state.failures = 0,
            Health::Unclear => {}
            Health::SlowDown(wait) => state.not_before = state.not_before.max(now + wait),
            // All that were under way find the same; it counts once.
            Health::Away if state.not_before > now => {}
            Health::Away => {
                state.failures = state.failures.saturating_add(1);
                let wait = pace::wait(self.0.first_wait, state.failures, false, pace::roll());
                state.not_before = state.not_before.max(now + wait);
            }
        }
    }
}

/// A place in the queue; given up when dropped.
struct Ticket<'a> {
    host: &'a Host,
    place: (Urgency, u64),
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.host.state().waiting.remove(&self.place);
        self.host.changed.notify_waiters();
    }
}

impl Host {
    /// At most `per_second` requests leave in a second, over a longer time.
    pub(crate) fn new(
        client: Client,
        answers: Answers,
        per_second: f64,
        first_wait: Duration,
        stop: CancellationToken,
    ) -> Self {
        let now = Instant::now();
        let state = State {
            waiting: BTreeSet::new(),
            next_ticket: 0,
            under_way: 0,
            tokens: per_second.max(1.0),
            refilled_at: now,
            failures: 0,
            not_before: now,
        };
        let (state, changed) = (Mutex::new(state), Notify::new());
        Self { client, answers, state, changed, per_second, first_wait, stop }
    }

    /// Waits for a turn to send so many requests. Bad news waits through most of what is wrong with an
    /// instance; the sweep, which holds up nobody, as long as it takes.
    pub(crate) async fn turn(&self, urgency: Urgency, requests: u32) -> Result<Turn<'_>, Busy> {
        let ticket = self.queue(urgency);
        let patience = match urgency {
            Urgency::Sweep => None,
            Urgency::Failed => Some(Instant::now() + PATIENCE_OF_BAD_NEWS),
            Urgency::Answer | Urgency::Question | Urgency::Note => Some(Instant::now() + PATIENCE),
        };
        loop {
            let changed = self.changed.notified();
            let wait = match self.take(ticket.place, requests) {
                Ok(turn) => return Ok(turn),
                Err(wait) => wait,
            };
            let too_long = patience.is_some_and(|end| match urgency {
                // It stands first when the instance is back: it waits to the last moment.
                Urgency::Failed => Instant::now() >= end,
                _ => Instant::now() + wait > end,
            });
            if self.stop.is_cancelled() || too_long {
                let again = if urgency == Urgency::Failed { BAD_NEWS_AGAIN } else { wait };
                return Err(Busy(again.max(SHORTEST_WAIT)));
            }
            let wait = patience.map_or(wait, |end| wait.min(end.duration_since(Instant::now())));
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    fn queue(&self, urgency: Urgency) -> Ticket<'_> {
        let mut state = self.state();
        state.next_ticket += 1;
        let place = (urgency, state.next_ticket);
        state.waiting.insert(place);
        Ticket { host: self, place }
    }

    /// Takes the turn, or says how long to wait before looking again.
    fn take(&self, place: (Urgency, u64), requests: u32) -> Result<Turn<'_>, Duration> {
        let mut state = self.state();
        let now = Instant::now();
        state.refill(now, self.per_second);
        let at_once = if state.failures > 0 { 1 } else { AT_ONCE };
        let first = state.waiting.first() == Some(&place);
        if state.not_before > now {
            return Err(state.not_before - now);
        }
        if !first || state.under_way >= at_once {
            // Whoever is before us wakes us.
            return Err(Duration::from_secs(1));
        }
        let cost = f64::from(requests).min(self.per_second.max(1.0));
        if state.tokens < cost {
            return Err(Duration::from_secs_f64((cost - state.tokens) / self.per_second));
        }
        state.tokens -= cost;
        state.under_way += 1;
        Ok(Turn(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refill(&mut self, now: Instant, per_second: f64) {
        let passed = now.duration_since(self.refilled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * per_second).min(per_second.max(1.0));
        self.refilled_at = now;
    }
}

/// How the instance is, by its answer to a post.
pub(crate) fn after_post(outcome: &PostOutcome) -> Health {
    match outcome {
        PostOutcome::RateLimited { .. } => match outcome.handling() {
            gitlab::Handling::RetryAfter(wait) => Health::SlowDown(wait),
            _ => Health::Away,
        },
        PostOutcome::NotSent { .. }
        | PostOutcome::Unknown { .. }
        | PostOutcome::ServerError { status: 502..=504 } => Health::Away,
        PostOutcome::ServerError { .. } => Health::Unclear,
        _ => Health::Well,
    }
}

/// How the instance is, by its answer to a question.
pub(crate) fn after_question<T>(answer: &Result<T, ApiError>) -> Health {
    match answer {
        Err(ApiError::RateLimited { retry_after: Some(wait) }) => Health::SlowDown(*wait),
        Err(
            ApiError::RateLimited { .. }
            | ApiError::Unreachable { .. }
            | ApiError::ServerError { status: 502..=504 },
        ) => Health::Away,
        Err(ApiError::ServerError { .. }) => Health::Unclear,
        _ => Health::Well,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(per_second: f64) -> Host {
        let config =
            gitlab::ClientConfig::new("http://127.0.0.1:1".into(), "token".to_owned().into(), "0");
        let client = Client::new(config).unwrap_or_else(|error| unreachable!("{error}"));
        let first_wait = Duration::from_millis(500);
        Host::new(client, Answers::Last, per_second, first_wait, CancellationToken::new())
    }

    /// Who gets the turns, in their order, when all wait before the first turn is given back.
    async fn order(host: &Host, all: &[Urgency]) -> Vec<Urgency> {
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            let ticket = host.queue(Urgency::Failed);
            held.extend(host.take(ticket.place, 1).ok());
        }
        let got = Mutex::new(Vec::new());
        let wait_for = async |urgency: Urgency| {
            if let Ok(turn) = host.turn(urgency, 1).await {
                got.lock().unwrap_or_else(PoisonError::into_inner).push(urgency);
                tokio::task::yield_now().await;
                drop(turn);
            }
        };
        let waiting = futures::future::join_all(all.iter().map(|urgency| wait_for(*urgency)));
        let begin = async {
            tokio::task::yield_now().await;
            drop(held);
        };
        tokio::join!(waiting, begin);
        got.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    #[tokio::test(start_paused = true)]
    async fn bad_news_goes_first_and_the_sweep_last() {
        use Urgency::{Answer, Failed, Question, Sweep};
        let got = order(&host(100.0), &[Sweep, Answer, Question, Failed, Answer, Failed]).await;
        assert_eq!(got, [Failed, Failed, Answer, Answer, Question, Sweep]);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_leave_than_allowed() {
        let (host, begun) = (host(10.0), Instant::now());
        for _ in 0..40 {
            assert!(host.turn(Urgency::Failed, 1).await.is_ok());
        }
        let took = begun.elapsed().as_secs_f64();
        assert!((2.9..3.5).contains(&took), "10 at once, then 10 a second: {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_instance_that_is_away_is_tried_by_one() {
        let host = host(100.0);
        let turn = host.turn(Urgency::Answer, 1).await.unwrap_or_else(|_| unreachable!());
        turn.found(Health::Away);
        drop(turn);
        let begun = Instant::now();
        let probe = host.turn(Urgency::Answer, 1).await.unwrap_or_else(|_| unreachable!());
        assert!(begun.elapsed() >= Duration::from_millis(250));
        let other = host.queue(Urgency::Answer);
        assert!(host.take(other.place, 1).is_err(), "one tries");
        probe.found(Health::Well);
        assert!(host.take(other.place, 1).is_ok(), "then all follow");
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_as_long_as_gitlab_asks() {
        let host = host(100.0);
        let turn = host.turn(Urgency::Answer, 1).await.unwrap_or_else(|_| unreachable!());
        turn.found(Health::SlowDown(Duration::from_secs(40)));
        drop(turn);
        let busy = host.turn(Urgency::Answer, 1).await.err();
        assert_eq!(busy, Some(Busy(Duration::from_secs(40))));
        let begun = Instant::now();
        let mut put_back = 0;
        while host.turn(Urgency::Failed, 1).await.is_err() {
            put_back += 1;
        }
        assert_eq!((begun.elapsed(), put_back), (Duration::from_secs(40), 1), "and gives way");
    }
}
