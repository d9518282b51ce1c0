//! The handles that tests tell their stories with.

mod merge_request;
mod notes;
mod people;
mod project;

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

pub use merge_request::MergeRequest;
pub use people::{Token, User};
pub use project::{Check, NewMergeRequest, Project};

use crate::{
    core::Core,
    delivery::{Delivery, Order},
    dials::{Fault, Lasting, Routes},
    history::Answer,
    options::{Options, StartError},
    server,
    waiting::{self, NotInTime, PATIENCE},
    world::{Role, Row},
};

/// How long `stop` waits for open connections to end.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// A running simulated GitLab; it stops when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct GitLabSim {
    core: Arc<Core>,
    _stops: Arc<DropGuard>,
}

impl GitLabSim {
    /// Starts a simulator on the loopback interface.
    ///
    /// # Errors
    ///
    /// Fails when the port is taken.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let port = options.port;
        let failed = |source| StartError::Listen { port, source };
        let listener = TcpListener::bind((options.host, port)).await;
        let listener = listener.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let url = options.url.clone().unwrap_or_else(|| format!("http://{address}"));
        let core = Core::new(url, options)?;
        server::start(&core, listener);
        core.start_pending_timeout();
        let stops = Arc::new(core.stop.clone().drop_guard());
        Ok(Self { core, _stops: stops })
    }

    /// Stops the server and everything that is under way.
    pub async fn stop(&self) {
        self.core.stop.cancel();
        self.core.tasks.close();
        // A task that does not end in time is left to the runtime.
        let _ = tokio::time::timeout(STOP_LIMIT, self.core.tasks.wait()).await;
    }

    /// The address without a slash at the end; the API is at `/api/v4` below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.core.url
    }

    /// The port that is listened on.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.core.url.rsplit(':').next();
        port.and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// The user with this name; made on first use.
    #[must_use]
    pub fn user(&self, username: &str) -> User {
        self.user_named(username, &capitalised(username))
    }

    /// The user with this user name and, if it is new, this full name.
    #[must_use]
    pub fn user_named(&self, username: &str, name: &str) -> User {
        let id = self.core.write(|world| world.user(username, name));
        User::new(&self.core, id)
    }

    /// Makes a token for a user, who gets the role on every project that does not set its own.
    #[must_use]
    pub fn token(&self, user: &User, scopes: &[&str], role: Role) -> Token {
        let value = self.core.write(|world| world.add_token(user.id(), scopes, role));
        Token::new(&self.core, value)
    }

    /// From now on a user's token of this value is taken.
    pub fn takes_token(&self, user: &User, value: &str, scopes: &[&str], role: Role) {
        self.core.write(|world| world.take_token(user.id(), value.to_owned(), scopes, role));
    }

    /// Gives a user a role on one project.
    pub fn set_role(&self, user: &User, project: &Project, role: Role) {
        project.change(|record| {
            record.roles.insert(user.id(), role);
        });
    }

    /// The project with this path, such as `shop/backend`; made on first use.
    #[must_use]
    pub fn project(&self, path: &str) -> Project {
        let id = self.core.write(|world| world.project(path));
        Project::new(&self.core, id)
    }

    /// All projects, oldest first.
    #[must_use]
    pub fn projects(&self) -> Vec<Project> {
        let ids: Vec<u64> = self.core.read(|world| {
            let projects = world.projects.values();
            projects.filter(|project| !project.deleted).map(|project| project.id).collect()
        });
        ids.into_iter().map(|id| Project::new(&self.core, id)).collect()
    }

    /// The merge requests of all projects, oldest first.
    #[must_use]
    pub fn merge_requests(&self) -> Vec<MergeRequest> {
        let ids: Vec<u64> = self.core.read(|world| world.merge_requests.keys().copied().collect());
        ids.into_iter().map(|id| MergeRequest::new(&self.core, id)).collect()
    }

    /// The merge request with this number in a project.
    #[must_use]
    pub fn merge_request(&self, project: &Project, iid: u64) -> Option<MergeRequest> {
        let found = project.merge_requests();
        found.into_iter().find(|merge_request| merge_request.iid() == iid)
    }

    /// All rows of `status_check_responses`, by id.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.core.read(|world| world.rows.clone())
    }

    /// Lets time pass for pending rows only, and runs the pending time-out at once.
    pub fn let_pending_age(&self, by: Duration) {
        self.core.time_out_pending(by);
    }

    /// Keeps back the pending rows that GitLab adds for new merge requests, as when its queue is long.
    pub fn hold_pending_rows(&self) {
        self.core.write(|world| world.holds_rows = true);
    }

    /// Adds the pending rows that were kept back; they win over answers that came before.
    pub fn release_pending_rows(&self) {
        self.core.write(|world| {
            world.holds_rows = false;
            world.insert_held_rows();
        });
    }

    /// From now on the first answer counts, until Retry is pressed on a failed one: as Deckhouse
    /// Code does it.
    pub fn keeps_the_first_answer(&self) {
        self.core.write(|world| world.keeps_first_answer = true);
    }

    /// Makes API answers go wrong; faults are used up in the order they were set.
    pub fn fault(&self, fault: Fault, lasting: Lasting, routes: Routes) {
        self.core.dials.add(fault, lasting, routes);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.core.dials.clear();
    }

    /// How many faults are still in force.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.core.dials.count()
    }

    /// Keeps calls back from now on.
    pub fn hold_calls(&self) {
        self.core.outgoing.hold();
    }

    /// How many calls are kept back.
    #[must_use]
    pub fn held_calls(&self) -> usize {
        self.core.outgoing.held()
    }

    /// Stops keeping calls back and sends those that were.
    pub fn release_calls(&self, order: Order) {
        self.core.release(order);
    }

    /// Sends each call so many times more; 0 ends it.
    pub fn duplicate_calls(&self, copies: u32) {
        self.core.outgoing.duplicate(copies);
    }

    /// Loses the next calls without a word.
    pub fn lose_next_calls(&self, count: u32) {
        self.core.outgoing.lose_next(count);
    }

    /// Waits before each call; zero ends it.
    pub fn delay_calls(&self, by: Duration) {
        self.core.outgoing.delay(by);
    }

    /// The delivery log, one entry per attempt.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.core.outgoing.log()
    }

    /// Every answer to a status check that the API received.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        self.core.history.all()
    }

    /// Whether two answers for one merge request and check were ever in flight at once.
    #[must_use]
    pub fn answers_overlapped(&self) -> bool {
        self.answers().iter().any(|answer| answer.overlapped)
    }

    /// How many calls are being delivered or wait for their next attempt.
    #[must_use]
    pub fn calls_under_way(&self) -> usize {
        self.core.outgoing.under_way()
    }

    /// Waits until no call is under way; calls that are kept back do not count.
    pub async fn calls_settled(&self) {
        let settled = |sim: &Self| sim.calls_under_way() == 0;
        self.until("the end of all calls", settled).await;
    }

    /// Waits until the delivery log has so many entries.
    pub async fn delivered(&self, count: usize) {
        let enough = |sim: &Self| sim.core.outgoing.delivered() >= count;
        self.until(&format!("delivery attempt {count}"), enough).await;
    }

    /// Waits until so many answers were received and dealt with.
    pub async fn answered(&self, count: usize) {
        let enough = |sim: &Self| {
            let ended = |answer: &Answer| answer.ended_at.is_some();
            sim.core.history.count(ended) >= count
        };
        self.until(&format!("answer {count}"), enough).await;
    }

    /// Waits until a condition about the simulator holds.
    ///
    /// # Panics
    ///
    /// After 10 seconds, with the condition's name and what happened so far.
    pub async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        if let Err(error) = self.wait_for(what, PATIENCE, condition).await {
            waiting::give_up(&error, &self.core.summary());
        }
    }

    /// Waits until a condition about the simulator holds, but no longer than the limit.
    ///
    /// # Errors
    ///
    /// Fails when the limit is reached.
    pub async fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<(), NotInTime> {
        waiting::wait(&self.core, what, limit, || condition(self)).await
    }
}

fn capitalised(username: &str) -> String {
    let words = username.split(['.', '-', '_']).map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join(" ")
}
