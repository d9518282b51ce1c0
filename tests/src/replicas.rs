//! Two processes of every role, three nats-servers and PostgreSQL: what a cluster runs.

mod balancer;
mod certificates;
mod nats;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::embedded::free_port;
use gitlab_sim::{Check, GitLabSim, MergeRequest, Options, Role};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use self::{balancer::Balancer, nats::NatsCluster};
use crate::{HOOK_SECRET, Inspector, Kind, LOG_KEY, Program, StoryDatabase};

const RECORDER_SECRET: &str = "the-secret-of-recorder";
/// A rule that approves, so that every call leads to an answer.
const POLICY: &str =
    "[[policy.rule]]\nname = \"All\"\nrequires.approvals = 1\napprove_when = \"!draft\"\n";
/// A lease lasts 45 s, and a message that a dead process held comes back after a while.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);
/// How often a merge request is opened and the list is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// One process that can be started again.
struct Member {
    role: &'static str,
    number: usize,
    settings: Vec<(String, String)>,
    program: Option<Program>,
}

/// Everything that runs.
pub struct Replicas {
    /// The simulated GitLab.
    pub gitlab: GitLabSim,
    /// Its status check.
    pub check: Check,
    members: Vec<Member>,
    nats: NatsCluster,
    /// Where the pages are, whichever ui answers.
    pages: String,
    _balancers: Vec<Balancer>,
    _database: StoryDatabase,
    folder: TempDir,
}

/// Work that goes on while something happens.
pub struct Work {
    stop: Arc<AtomicBool>,
    opening: JoinHandle<Vec<MergeRequest>>,
    looking: JoinHandle<Vec<u16>>,
}

/// What came of it.
pub struct Done {
    /// What was opened meanwhile.
    pub merge_requests: Vec<MergeRequest>,
    /// How the list was answered, each time.
    pub looks: Vec<u16>,
}

impl Replicas {
    /// Starts everything, both of each role at once.
    pub async fn start() -> Self {
        let _chosen_before = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let database = StoryDatabase::new(Kind::Postgres, folder.path()).await;
        let nats = NatsCluster::start(folder.path()).await;
        let gitlab = GitLabSim::start(Options::default()).await.unwrap();
        let bot = gitlab.user_named("countersign-bot", "Countersign");
        let token = gitlab.token(&bot, &["api"], Role::Developer);
        let check = gitlab.project("shop/backend").check(
            "Change approval",
            "http://127.0.0.1:1/",
            Some(HOOK_SECRET),
        );
        let mut balancers = Vec::new();
        let mut front = async |role: &'static str| {
            let servers = [free_port().unwrap(), free_port().unwrap()];
            let balancer = Balancer::start(servers.to_vec()).await;
            let address = balancer.address();
            balancers.push(balancer);
            (role, servers, address)
        };
        let (ingress, recorder, ui) =
            (front("ingress").await, front("recorder").await, front("ui").await);
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, POLICY).unwrap();
        let common = [
            ("COUNTERSIGN_CONFIG", policy.display().to_string()),
            ("COUNTERSIGN_BUS__ROOT_CERTIFICATES_PATH", nats.authority().display().to_string()),
            ("COUNTERSIGN_BUS__REPLICAS", "3".to_owned()),
            ("COUNTERSIGN_BUS__STREAM_BYTES_MAX", "33554432".to_owned()),
            ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("COUNTERSIGN_DATABASE_URL", database.url.clone()),
            ("COUNTERSIGN_RECORDER__SECRET", RECORDER_SECRET.to_owned()),
            ("COUNTERSIGN_RECORDER__LOG_KEY", LOG_KEY.to_owned()),
            ("COUNTERSIGN_RECORDER__URL", format!("http://{}", recorder.2)),
            ("COUNTERSIGN_GITLAB_URL", gitlab.url().to_owned()),
            ("COUNTERSIGN_GITLAB_TOKEN", token.value().to_owned()),
            ("COUNTERSIGN_HOOK_SECRET", HOOK_SECRET.to_owned()),
            ("COUNTERSIGN_UI__SIGN_IN", "name".to_owned()),
            ("COUNTERSIGN_DECISION__SWEEP_PER_SECOND", "0".to_owned()),
            ("COUNTERSIGN_DECISION__REQUESTS_PER_SECOND", "400".to_owned()),
        ];
        let listens = [&ingress, &recorder, &ui];
        let members = members(&common, &listens, &nats, folder.path());
        let mut replicas = Self {
            gitlab,
            check,
            members,
            nats,
            pages: format!("http://{}/approval-apps/", ui.2),
            _balancers: balancers,
            _database: database,
            folder,
        };
        replicas.start_all();
        replicas.check.point_at(&format!("http://{}/approval-apps/status_check", ingress.2));
        replicas
    }

    /// Both of a role at once: they find the same empty database and the same empty bus.
    fn start_all(&mut self) {
        let folder = self.folder.path().to_owned();
        for pair in self.members.chunks_mut(2) {
            std::thread::scope(|scope| {
                for member in pair {
                    scope.spawn(|| member.start(&folder));
                }
            });
        }
    }

    /// Opens merge requests and looks at the list, until told to end.
    #[must_use]
    pub fn works(&self) -> Work {
        let stop = Arc::new(AtomicBool::new(false));
        let (gitlab, ended) = (self.gitlab.clone(), stop.clone());
        let opening = tokio::spawn(async move {
            let (project, author) = (gitlab.project("shop/backend"), gitlab.user("grace"));
            let mut opened = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                opened.push(project.opens_merge_request("Faster checkout", &author));
                tokio::time::sleep(EVERY).await;
            }
            opened
        });
        let (pages, ended) = (self.pages.clone(), stop.clone());
        let looking = tokio::spawn(async move {
            let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
            let client = client.build().unwrap();
            let mut looks = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let look = client.get(&pages).send().await;
                looks.push(look.map_or(0, |answer| answer.status().as_u16()));
                tokio::time::sleep(EVERY).await;
            }
            looks
        });
        Work { stop, opening, looking }
    }

    /// Every process is stopped and started again, one after the other.
    pub fn restart_in_turns(&mut self) {
        let folder = self.folder.path().to_owned();
        for member in &mut self.members {
            let status = member.program.take().unwrap().stop();
            assert_eq!(status.code(), Some(0), "{}-{}", member.role, member.number);
            member.start(&folder);
        }
    }

    /// The nats-server that leads a stream dies, and comes back when another leads.
    pub async fn loses_the_leader_of(&mut self, stream: &str) {
        self.nats.loses_the_leader_of(stream).await;
    }

    /// Waits until every merge request is answered: what a process held that is gone is given to another one
    /// when its lease is over.
    pub async fn answers_all(&self, merge_requests: &[MergeRequest]) {
        let begun = std::time::Instant::now();
        let open = || -> Vec<u64> {
            let waits = |it: &&MergeRequest| it.status(&self.check) != "passed";
            merge_requests.iter().filter(waits).map(MergeRequest::iid).collect()
        };
        while !open().is_empty() {
            assert!(begun.elapsed() < ANSWERED_WITHIN, "not answered: {:?}", open());
            tokio::time::sleep(EVERY).await;
        }
        eprintln!("all were answered {:?} after the last was opened", begun.elapsed());
    }

    /// The bus as its owner sees it.
    pub async fn bus(&self) -> Inspector {
        self.nats.inspector().await
    }
}

/// A role, the ports of its two processes, and the address in front of both.
type Front = (&'static str, [u16; 2], std::net::SocketAddr);

/// Two processes of each role, not started yet.
fn members(
    common: &[(&str, String)],
    listens: &[&Front],
    nats: &NatsCluster,
    folder: &std::path::Path,
) -> Vec<Member> {
    let mut members = Vec::new();
    for role in ["recorder", "decision", "ui", "ingress"] {
        for number in 0..2 {
            let mut settings: Vec<(String, String)> =
                common.iter().map(|(name, it)| ((*name).to_owned(), it.clone())).collect();
            let data = folder.join(format!("{role}-{number}"));
            settings.push(("COUNTERSIGN_DATA_DIR".to_owned(), data.display().to_string()));
            settings.push(("COUNTERSIGN_NATS_URL".to_owned(), nats.url(role)));
            let manages = (role == "recorder").to_string();
            settings.push(("COUNTERSIGN_BUS__MANAGE_STREAMS".to_owned(), manages));
            let place = listens.iter().find(|it| it.0 == role);
            if let Some((_, ports, _)) = place {
                let name = match role {
                    "recorder" => "COUNTERSIGN_RECORDER__LISTEN",
                    _ => "COUNTERSIGN_LISTEN",
                };
                settings.push((name.to_owned(), format!("127.0.0.1:{}", ports[number])));
            }
            members.push(Member { role, number, settings, program: None });
        }
    }
    members
}

impl Drop for Replicas {
    /// Whoever must find out why needs what the processes said.
    fn drop(&mut self) {
        for member in self.members.iter().filter(|_| std::thread::panicking()) {
            let log = member.program.as_ref().map(Program::log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("--- {}-{}\n{tail}", member.role, member.number);
        }
    }
}

impl Member {
    fn start(&mut self, folder: &std::path::Path) {
        let log = folder.join(format!("{}-{}.log", self.role, self.number));
        let program = Program::start(&[self.role], &self.settings, log);
        let said = |said| panic!("{}-{} did not start: {said}", self.role, self.number);
        self.program = Some(program.unwrap_or_else(said));
    }
}

impl Work {
    /// Ends the work, and says what came of it.
    pub async fn ends(self) -> Done {
        self.stop.store(true, Ordering::Relaxed);
        Done { merge_requests: self.opening.await.unwrap(), looks: self.looking.await.unwrap() }
    }
}
