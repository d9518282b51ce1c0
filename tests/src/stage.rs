//! One system on stage: GitLab, the product, and the people around it.

mod crowd;
mod looking;
mod running;
mod time;
mod trouble;

use std::{path::PathBuf, time::Duration};

use bus::embedded::{self, Server};
use gitlab_sim::{Check, GitLabSim, MergeRequest, Project, Token};
use tempfile::TempDir;

use crate::{
    Approver, Events, Kind, Operator, OutsideSystem, Program, Terms, bus::Inspector, canaries,
    database::StoryDatabase, process::tool, truth, users,
};

/// The key of the audit record in all stories whose roles run apart; it is for nothing else.
pub const LOG_KEY: &str =
    "PRIVATE+KEY+approvals.example.com+b1949dff+AdkeCFuEidKw5FFq3SKpMCfbUnP2XM7bjuZdJuwjZ96q";
/// The shared secret of the status check.
pub const HOOK_SECRET: &str = "a-shared-secret-for-stories";
/// The password of the outside system.
pub(crate) const SOURCE_PASSWORD: &str = "a-password-for-stories";
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(15);

/// One system on stage.
#[derive(Debug)]
pub struct Stage {
    /// The simulated GitLab.
    pub gitlab: GitLabSim,
    /// The project of the story.
    pub project: Project,
    /// Its status check.
    pub check: Check,
    /// The token that the product answers with.
    pub token: Token,
    /// One process, or one for each role; empty while stopped.
    programs: Vec<(&'static str, Program)>,
    /// The bus that is there already when the roles run apart.
    bus_server: Option<Server>,
    /// How that bus is run, to run it again on the same port.
    bus_options: Option<embedded::Options>,
    settings: Vec<(String, String)>,
    database: StoryDatabase,
    folder: TempDir,
    client: reqwest::Client,
    terms: Terms,
    forgot_decisions: bool,
}

/// A client that follows nothing and asks no proxy.
#[must_use]
pub fn http() -> reqwest::Client {
    // A second client in this process finds it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.no_proxy().build().unwrap()
}

/// Tells one story: everything is started, and checked once more at its end.
pub fn tell(kind: Kind, terms: Terms, story: impl AsyncFnOnce(&mut Stage)) {
    // A second story in this process finds it chosen.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stage = Stage::set(kind, terms).await;
        story(&mut stage).await;
        stage.ends_well().await;
    });
}

impl Stage {
    async fn set(kind: Kind, terms: Terms) -> Self {
        let folder = tempfile::Builder::new().prefix("countersign-story-").tempdir().unwrap();
        let database = StoryDatabase::new(kind, folder.path()).await;
        let gitlab = GitLabSim::start(terms.gitlab.clone()).await.unwrap();
        let bot = gitlab.user_named("countersign-bot", "Countersign");
        let token = gitlab.token(&bot, &["api"], gitlab_sim::Role::Developer);
        let data = folder.path().join("data").display().to_string();
        let own = [
            ("COUNTERSIGN_GITLAB_URL", gitlab.url().to_owned()),
            ("COUNTERSIGN_GITLAB_TOKEN", token.value().to_owned()),
            ("COUNTERSIGN_HOOK_SECRET", HOOK_SECRET.to_owned()),
            ("COUNTERSIGN_LISTEN", "127.0.0.1:0".to_owned()),
            ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("COUNTERSIGN_DATA_DIR", data),
            ("COUNTERSIGN_DATABASE_URL", database.url.clone()),
            ("COUNTERSIGN_UI__SIGN_IN", "name".to_owned()),
            ("COUNTERSIGN_BUS__ACK_WAIT_MS", "1000".to_owned()),
            ("COUNTERSIGN_DECISION__FIRST_WAIT_MS", "50".to_owned()),
            ("COUNTERSIGN_DECISION__REQUESTS_PER_SECOND", "500".to_owned()),
            ("COUNTERSIGN_DECISION__SWEEP_PER_SECOND", "0".to_owned()),
            ("COUNTERSIGN_RECORDER__CLOCK_MS", "50".to_owned()),
            ("COUNTERSIGN_RECORDER__READ_BACK_MS", "[100]".to_owned()),
            ("COUNTERSIGN_SOURCE__SERVICENOW__PASSWORD", SOURCE_PASSWORD.to_owned()),
        ];
        let mut settings: Vec<(String, String)> =
            own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        settings
            .extend(terms.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        if let Some(text) = &terms.config_file {
            let file = write_config(folder.path(), text);
            settings.push(("COUNTERSIGN_CONFIG".to_owned(), file));
        }
        let project = gitlab.project("shop/backend");
        let check = project.check("Change approval", "http://127.0.0.1:1/", Some(HOOK_SECRET));
        let client = http();
        let mut stage = Self {
            gitlab,
            project,
            check,
            token,
            programs: Vec::new(),
            bus_server: None,
            bus_options: None,
            settings,
            database,
            folder,
            client,
            terms,
            forgot_decisions: false,
        };
        if stage.terms.apart {
            stage.runs_a_bus().await;
        }
        stage.starts();
        stage
    }

    async fn runs_a_bus(&mut self) {
        let options = embedded::Options {
            program: tool("NATS_SERVER_BIN", "nats-server"),
            folder: self.folder.path().join("bus"),
            port: embedded::free_port().unwrap(),
            users: users::of_the_bus(&self.operator(), true),
            sync_always: true,
        };
        let server = Server::start(&options).await.unwrap();
        self.set_setting("COUNTERSIGN_NATS_URL", &server.url(options.users.first()));
        let recorder = format!("127.0.0.1:{}", embedded::free_port().unwrap());
        self.set_setting("COUNTERSIGN_RECORDER__LISTEN", &recorder);
        self.set_setting("COUNTERSIGN_RECORDER__SECRET", "the-secret-of-recorder");
        self.set_setting("COUNTERSIGN_RECORDER__LOG_KEY", LOG_KEY);
        self.set_setting("COUNTERSIGN_RECORDER__URL", &format!("http://{recorder}"));
        self.bus_server = Some(server);
        self.bus_options = Some(options);
    }

    /// One more dead letter belongs to the story.
    pub fn expects_a_dead_letter(&mut self) {
        self.terms.dead_letters += 1;
    }

    /// Where the product keeps its data.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The address under which everything is served.
    #[must_use]
    pub fn url(&self) -> String {
        self.role("ui").address("requests").replace("/approval-apps/", "")
    }

    /// Somebody opens a merge request; returns once GitLab's call was answered.
    pub async fn opens_merge_request(&self, title: &str) -> MergeRequest {
        let author = self.gitlab.user_named("grace", "Grace Mbeki");
        let merge_request = self.project.opens_merge_request(title, &author);
        self.gitlab.calls_settled().await;
        merge_request
    }

    /// Somebody in front of a browser.
    #[must_use]
    pub fn approver(&self, name: &str) -> Approver {
        Approver::new(name, &self.url(), self.client.clone())
    }

    /// Somebody at a terminal on this machine.
    #[must_use]
    pub fn operator(&self) -> Operator {
        Operator { settings: self.settings.clone() }
    }

    /// Another system with credentials of its own for the bus.
    #[must_use]
    pub fn outside_system(&self) -> OutsideSystem {
        OutsideSystem::new("servicenow", SOURCE_PASSWORD, &self.bus_address())
    }

    /// The id of the request for the head of a merge request, as anybody can compute it.
    #[must_use]
    pub fn request_id(&self, merge_request: &MergeRequest) -> String {
        self.request_id_of(merge_request, &merge_request.sha())
    }

    /// The id of the request for a commit of a merge request.
    #[must_use]
    pub fn request_id_of(&self, merge_request: &MergeRequest, sha: &str) -> String {
        let number = |id: u64| i64::try_from(id).unwrap();
        let (project, iid) = (number(self.project.id()), number(merge_request.iid()));
        let check = number(self.check.id());
        proto::request_id("main", project, iid, check, sha).to_string()
    }

    /// Waits until the page of a merge request's head says this state.
    pub async fn state_becomes(&self, merge_request: &MergeRequest, state: &str) {
        let request_id = self.request_id(merge_request);
        self.state_of_becomes(&request_id, state).await;
    }

    /// Waits until the page of a request says this state.
    pub async fn state_of_becomes(&self, request_id: &str, state: &str) {
        let reader = self.approver("Reader");
        let said = format!("the state to become {state}");
        until(&said, async || reader.opens(request_id).await.state() == state).await;
    }

    /// The bus, seen by its owner.
    pub async fn bus(&self) -> Inspector {
        let config = self.bus_folder().join("nats-server.conf");
        Inspector::connect(config, &self.bus_address()).await
    }

    /// Where the bus keeps its messages.
    fn bus_folder(&self) -> PathBuf {
        let apart = self.bus_options.as_ref().map(|options| options.folder.clone());
        apart.unwrap_or_else(|| self.data_folder().join("nats"))
    }

    fn bus_address(&self) -> String {
        match &self.bus_server {
            Some(server) => server.url(None),
            None => self.program().address("bus"),
        }
    }

    /// Listens to the changes of all requests, from an event on that was seen before.
    pub async fn listens(&self, last_seen: Option<&str>) -> Events {
        Events::open(&self.client, &self.url(), last_seen, None).await
    }

    /// Waits until the page of a merge request tells of a problem; what it says then.
    pub async fn reads_problem(&self, merge_request: &MergeRequest) -> String {
        let reader = self.approver("Reader");
        let request_id = self.request_id(merge_request);
        until("a problem to be told", async || {
            reader.opens(&request_id).await.html.contains("class=\"problem\"")
        })
        .await;
        reader.opens(&request_id).await.text_after("<dd id=\"shown\"")
    }

    /// Waits until GitLab shows a status that needs several attempts.
    pub async fn answered_in_the_end(&self, merge_request: &MergeRequest, status: &str) {
        let (merge_request, check) = (merge_request.clone(), self.check.clone());
        let shown = |_: &GitLabSim| merge_request.status(&check) == status;
        self.gitlab.wait_for("the answer", Duration::from_secs(60), shown).await.unwrap();
    }

    /// The body of a call that GitLab made.
    pub async fn body_of_a_call(&self) -> String {
        self.opens_merge_request("Faster checkout").await;
        self.gitlab.deliveries().last().unwrap().body.clone()
    }

    /// The process id of the embedded nats-server.
    #[must_use]
    pub fn nats_server_pid(&self) -> u32 {
        let files = std::fs::read_dir(self.data_folder().join("nats/run")).unwrap();
        let name = files.map(|file| file.unwrap().file_name()).next().unwrap();
        let name = name.to_str().unwrap().trim_end_matches(".ports");
        name.rsplit('_').next().unwrap().parse().unwrap()
    }

    /// Waits until nothing is under way: no message waits for anybody, and all are published.
    ///
    /// Nothing may have moved between two looks at the bus, or a message could have been applied
    /// after the look at the outbox and have left something there.
    pub async fn is_quiet(&self) {
        let bus = self.bus().await;
        let database = self.database.connection().await;
        until("everything to be quiet", async || {
            let before = bus.stored_when_nothing_waits().await;
            let published = truth::outbox_is_empty(database).await;
            let after = bus.stored_when_nothing_waits().await;
            published && before.is_some() && before == after
        })
        .await;
    }

    /// The number of rows in a table.
    pub async fn rows(&self, table: &str) -> i64 {
        truth::count(self.database.connection().await, table).await
    }

    /// A client for requests that no actor makes.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.client
    }

    /// What must hold at the end of every story.
    async fn ends_well(&mut self) {
        if self.programs.is_empty() {
            self.starts();
        }
        self.is_quiet().await;
        let bus = self.bus().await;
        assert_eq!(bus.messages("CS_DEAD").await, self.terms.dead_letters, "dead letters");
        let database = self.database.connection().await;
        truth::audit_record_verifies(database).await;
        if !self.forgot_decisions {
            let rule_approves = self.terms.rule_approves;
            truth::every_passed_was_decided(database, &self.gitlab, rule_approves).await;
            truth::every_attempt_has_one_receipt(database, &bus).await;
        }
        let own = [self.token.value()];
        canaries::are_in_no_row(database, &own).await;
        canaries::are_in_no_message(&self.bus_folder(), &own);
        canaries::are_not_in("a metric", &self.metrics().await, &own);
        self.database.close().await;
        let overlapped = self.gitlab.answers_overlapped();
        assert!(!overlapped || self.terms.leaves_an_answer_behind, "two answers at once");
        let log = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        canaries::are_not_in("the log", &log, &own);
        assert!(!log.contains("panicked"), "{log}");
        assert_eq!(self.is_stopped(), Some(0), "a clean stop");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log_file()).unwrap_or_default();
            let last: Vec<_> = log.lines().rev().take(25).collect();
            eprintln!("--- the end of its log");
            last.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

fn write_config(folder: &std::path::Path, text: &str) -> String {
    let file = folder.join("countersign.toml");
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

/// Waits for a condition, asking again every few milliseconds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    if waited.await.is_err() {
        panic!("waited {} s for {what}", PATIENCE.as_secs());
    }
}

/// Whether a process is alive: there, and not only waiting to be looked after.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim().chars().next();
    !matches!(state, None | Some('Z' | 'X'))
}

/// Waits until a process is gone.
pub async fn dies(pid: u32) {
    until("a process to end", async || !is_alive(pid)).await;
}
