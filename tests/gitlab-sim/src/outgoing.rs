//! Calls to the status checks: the queue, its dials and the delivery log.
//!
//! An answer of any kind is final. Only a broken connection is tried again, and
//! the address and the secret are looked up when a call is sent, not when it is
//! queued.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{
    Client, Method, Response,
    header::{CONTENT_TYPE, LOCATION},
};
use tokio::sync::oneshot;

use crate::{
    core::{Core, locked},
    delivery::{Delivery, Order, Outcome, entry},
    options::Options,
    signature::signature_of,
    times,
    world::Call,
};

/// How many redirects a call follows.
const REDIRECTS_MAX: u32 = 5;

/// The queue of calls.
#[derive(Debug)]
pub(crate) struct Outgoing {
    client: Client,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    last_call: u64,
    under_way: usize,
    holding: bool,
    held: VecDeque<Call>,
    copies: u32,
    lose: u32,
    delay: Duration,
    /// For each merge request, the end of the first attempt of its newest call.
    turns: HashMap<(u64, u64), oneshot::Receiver<()>>,
    log: VecDeque<Delivery>,
    /// How many entries the log ever had.
    logged: usize,
    log_limit: usize,
}

impl Outgoing {
    pub(crate) fn new(options: &Options) -> Result<Self, reqwest::Error> {
        let call_timeout = options.call_timeout;
        // The provider may be installed already, by the program or by another simulator.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // GitLab opens a connection per call; a kept one could break for no fault of the receiver.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .connect_timeout(call_timeout.min(Duration::from_secs(10)))
            .timeout(call_timeout)
            .user_agent("Ruby")
            .build()?;
        Ok(Self {
            client,
            queue: Mutex::new(Queue { log_limit: options.history_limit, ..Queue::default() }),
        })
    }

    pub(crate) fn hold(&self) {
        locked(&self.queue).holding = true;
    }

    pub(crate) fn held(&self) -> usize {
        locked(&self.queue).held.len()
    }

    pub(crate) fn duplicate(&self, copies: u32) {
        locked(&self.queue).copies = copies;
    }

    pub(crate) fn lose_next(&self, count: u32) {
        locked(&self.queue).lose = count;
    }

    pub(crate) fn delay(&self, by: Duration) {
        locked(&self.queue).delay = by;
    }

    pub(crate) fn log(&self) -> Vec<Delivery> {
        locked(&self.queue).log.iter().cloned().collect()
    }

    pub(crate) fn delivered(&self) -> usize {
        locked(&self.queue).logged
    }

    pub(crate) fn under_way(&self) -> usize {
        locked(&self.queue).under_way
    }

    fn note(&self, delivery: Delivery) {
        locked(&self.queue).note(delivery);
    }
}

impl Queue {
    fn note(&mut self, delivery: Delivery) {
        self.logged += 1;
        self.log.push_back(delivery);
        if self.log.len() > self.log_limit {
            self.log.pop_front();
        }
    }
}

/// A call that is being delivered.
struct Errand {
    id: u64,
    call: Call,
    delay: Duration,
    before: Option<oneshot::Receiver<()>>,
    turn: Option<oneshot::Sender<()>>,
}

impl Core {
    /// Takes a call from the world: loses it, holds it or sends it.
    pub(crate) fn submit(self: &Arc<Self>, call: Call) {
        let mut queue = locked(&self.outgoing.queue);
        let unsent = if queue.lose > 0 {
            queue.lose -= 1;
            Some(Outcome::Lost)
        } else if queue.held.iter().any(|held| is_same(held, &call)) {
            Some(Outcome::Deduplicated)
        } else {
            None
        };
        if let Some(outcome) = unsent {
            queue.last_call += 1;
            let entry = entry(queue.last_call, &call, outcome);
            queue.note(entry);
        } else if queue.holding {
            queue.held.push_back(call);
        } else {
            drop(queue);
            self.send_copies(&call);
        }
    }

    /// Stops holding and sends what was held.
    pub(crate) fn release(self: &Arc<Self>, order: Order) {
        let mut calls: Vec<Call> = {
            let mut queue = locked(&self.outgoing.queue);
            queue.holding = false;
            queue.held.drain(..).collect()
        };
        order.apply(&mut calls);
        for call in &calls {
            self.send_copies(call);
        }
        self.changed();
    }

    fn send_copies(self: &Arc<Self>, call: &Call) {
        let copies = locked(&self.outgoing.queue).copies;
        for _ in 0..=copies {
            let errand = self.errand(call.clone());
            let core = Arc::clone(self);
            self.spawn(async move { core.run(errand).await });
        }
    }

    fn errand(&self, call: Call) -> Errand {
        let mut queue = locked(&self.outgoing.queue);
        queue.last_call += 1;
        queue.under_way += 1;
        let (turn, next) = oneshot::channel();
        let before = queue.turns.insert((call.project_id, call.iid), next);
        Errand {
            id: queue.last_call,
            call,
            delay: queue.delay,
            before: before.filter(|_| self.options.calls_in_order),
            turn: Some(turn),
        }
    }

    async fn run(self: Arc<Self>, mut errand: Errand) {
        if let Some(before) = errand.before.take() {
            // An error only means that the call before this one ended without a word.
            let _ = before.await;
        }
        tokio::time::sleep(errand.delay).await;
        let mut pause = self.options.call_backoff;
        for attempt in 1..=self.options.call_retries.saturating_add(1) {
            if attempt > 1 {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
            let broken = self.attempt(&errand, attempt).await;
            errand.turn = None;
            self.changed();
            if !broken {
                break;
            }
        }
        locked(&self.outgoing.queue).under_way -= 1;
        self.changed();
    }

    /// Makes one attempt and says whether the connection broke.
    async fn attempt(&self, errand: &Errand, attempt: u32) -> bool {
        let call = &errand.call;
        let target = self.read(|world| {
            let project = world.projects.get(&call.project_id)?;
            let check = project.check(call.check_id)?;
            Some((check.external_url.clone(), check.secret.clone()))
        });
        // A job for a deleted check finds nothing and ends.
        let Some((url, secret)) = target else {
            self.outgoing.note(entry(errand.id, call, Outcome::Lost));
            return false;
        };
        let signature = secret.map(|secret| signature_of(&secret, call.body.as_bytes()));
        let started_at = times::now();
        let outcome = self.post(&url, &call.body, signature.as_deref()).await;
        let broken = matches!(outcome, Outcome::Broken(_));
        self.outgoing.note(Delivery {
            url,
            signature,
            attempt,
            started_at,
            ..entry(errand.id, call, outcome)
        });
        broken
    }

    async fn post(&self, url: &str, body: &str, signature: Option<&str>) -> Outcome {
        let mut url = url.to_owned();
        let mut method = Method::POST;
        let mut redirects = 0;
        loop {
            let mut request = self.outgoing.client.request(method.clone(), &url);
            request = request.header(CONTENT_TYPE, "application/json");
            if let Some(signature) = signature {
                request = request.header("X-Gitlab-Signature", signature);
            }
            if method == Method::POST {
                request = request.body(body.to_owned());
            }
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => return Outcome::Broken(whole(&error)),
            };
            let next = redirect(&answer);
            let status = answer.status().as_u16();
            if let Err(error) = answer.bytes().await {
                return Outcome::Broken(whole(&error));
            }
            let Some(next) = next else {
                let method = method.to_string();
                return Outcome::Answered { status, method, redirects };
            };
            redirects += 1;
            if redirects > REDIRECTS_MAX {
                return Outcome::Broken("too many redirects".to_owned());
            }
            if matches!(status, 301..=303) {
                method = Method::GET;
            }
            url = next;
        }
    }
}

fn redirect(answer: &Response) -> Option<String> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    let next = answer.url().join(location).ok()?;
    Some(next.to_string())
}

fn is_same(one: &Call, other: &Call) -> bool {
    one.check_id == other.check_id && one.body == other.body
}

/// An error with its causes, as one line.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
