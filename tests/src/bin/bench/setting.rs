//! What stands around the product: a folder, a simulated GitLab, a bus, and the settings that
//! point to them.

use std::path::{Path, PathBuf};

use bus::embedded::{Options, Server};
use gitlab_sim::GitLabSim;
use tempfile::TempDir;
use tests::{HOOK_SECRET, Program, tool};

/// A folder and a GitLab for one part.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The simulated GitLab.
    pub(crate) gitlab: GitLabSim,
    folder: TempDir,
    token: String,
}

impl Setting {
    /// Makes both.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("countersign-bench-").tempdir().unwrap();
        // The calls of this GitLab go nowhere; one attempt is enough.
        let options = gitlab_sim::Options { call_retries: 0, ..gitlab_sim::Options::default() };
        let gitlab = GitLabSim::start(options).await.unwrap();
        let bot = gitlab.user_named("countersign-bot", "Countersign");
        let token = gitlab.token(&bot, &["api"], gitlab_sim::Role::Developer);
        Self { gitlab, folder, token: token.value().to_owned() }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a role of the product with nothing but what it needs and `more`.
    pub(crate) fn starts(&self, role: &str, data: &str, more: &[(&str, &str)]) -> Program {
        let data = self.path(data).display().to_string();
        let own = [
            ("COUNTERSIGN_GITLAB_URL", self.gitlab.url()),
            ("COUNTERSIGN_GITLAB_TOKEN", &self.token),
            ("COUNTERSIGN_HOOK_SECRET", HOOK_SECRET),
            ("COUNTERSIGN_LISTEN", "127.0.0.1:0"),
            ("COUNTERSIGN_UI__SIGN_IN", "name"),
            ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "127.0.0.1:0"),
            ("COUNTERSIGN_RECORDER__LISTEN", "127.0.0.1:0"),
            ("COUNTERSIGN_RECORDER__SECRET", "the-secret-of-recorder"),
            ("COUNTERSIGN_RECORDER__LOG_KEY", tests::LOG_KEY),
            ("COUNTERSIGN_DATA_DIR", &data),
        ];
        let all = own.iter().chain(more);
        let environment: Vec<_> =
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Program::start(&[role], &environment, self.path("countersign.log"))
            .unwrap_or_else(|said| panic!("countersign {role} did not start: {said}"))
    }

    /// The body of a call of this GitLab about a merge request.
    pub(crate) async fn body_of_a_call(&self) -> String {
        let author = self.gitlab.user_named("grace", "Grace Mbeki");
        let project = self.gitlab.project("shop/backend");
        let _check = project.check("Change approval", "http://127.0.0.1:1/", Some(HOOK_SECRET));
        let _opened = project.opens_merge_request("Faster checkout", &author);
        self.gitlab.calls_settled().await;
        self.gitlab.deliveries().last().unwrap().body.clone()
    }
}

/// Starts a nats-server on a folder.
pub(crate) async fn bus_server(folder: &Path) -> Server {
    let options = Options {
        program: tool("NATS_SERVER_BIN", "nats-server"),
        folder: folder.to_owned(),
        port: 0,
        users: Vec::new(),
        sync_always: true,
    };
    Server::start(&options).await.unwrap()
}

/// The processor time that a process has used so far, in seconds.
pub(crate) fn processor_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    // utime and stime are the 14th and 15th field; the name is the 2nd. A tick is 10 ms.
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 1e2
}

/// The memory of a process that is in use and in RAM, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
