//! The product with every role as processes of its own, and what stands around it: GitLab, a
//! nats-server, a database, and a proxy in each connection between them.

mod disk;
mod member;
mod settings;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use gitlab_sim::{Check, GitLabSim, Options, Project, Role, Token};
use tempfile::TempDir;
use tests::{Inspector, Kind, StoryDatabase};

pub(crate) use disk::Disk;
pub(crate) use member::{End, Member};
pub(crate) use settings::{
    BUS_PASSWORD, HOOK_SECRET, RECORDER_SECRET, SOURCE_PASSWORD, SWEEP_PER_SECOND,
};

use crate::{plan::Shape, proxy::Proxy};

/// How long one attempt of GitLab's call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);
/// After which GitLab fails a pending row of its own.
const PENDING_TIMEOUT: Duration = Duration::from_secs(20);

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The simulated GitLab.
    pub(crate) gitlab: GitLabSim,
    /// Its project.
    pub(crate) project: Project,
    /// Its status check.
    pub(crate) check: Check,
    /// The token the product answers with.
    pub(crate) token: Token,
    /// The database, reached directly by the checker.
    pub(crate) database: StoryDatabase,
    /// The processes, nats-server first.
    pub(crate) members: Vec<Member>,
    /// The proxies by the names of their links.
    pub(crate) links: BTreeMap<String, Proxy>,
    /// The folders that can be filled up.
    pub(crate) disks: Vec<Disk>,
    /// Where the pages are served.
    pub(crate) pages: String,
    folder: TempDir,
}

impl Cluster {
    /// Starts everything.
    pub(crate) async fn start(kind: Kind, shape: &Shape, approvals: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("countersign-chaos-").tempdir()?;
        let disks = shape.disks.iter().map(|name| Disk::mount(name, folder.path()));
        let disks = disks.collect::<Result<Vec<_>>>()?;
        let database_folder = folder.path().join(crate::plan::DATABASE_DISK);
        std::fs::create_dir_all(&database_folder)?;
        let database = StoryDatabase::new(kind, &database_folder).await;
        let gitlab = GitLabSim::start(Options {
            call_timeout: CALL_TIMEOUT,
            call_backoff: Duration::from_millis(100),
            pending_timeout: PENDING_TIMEOUT,
            // GitLab promises no order.
            calls_in_order: false,
            history_limit: 1_000_000,
            ..Options::default()
        })
        .await?;
        let bot = gitlab.user_named(crate::BOT, "Countersign");
        let token = gitlab.token(&bot, &["api"], Role::Developer);
        let project = gitlab.project("shop/backend");
        project.require_checks(true);
        let check = project.check("Change approval", "http://127.0.0.1:1/", Some(HOOK_SECRET));

        let ports = settings::Ports::free()?;
        let links = links(shape, &ports, &gitlab, &database).await?;
        let from = settings::Around {
            gitlab_token: token.value(),
            database_url: &database.url,
            folder: folder.path(),
            approvals,
            ports: &ports,
            links: &links,
        };
        let mut members = Vec::new();
        for name in &shape.members {
            members.push(from.member(name));
        }
        let pages = format!("http://{}", ports.of("ui-1"));
        let cluster =
            Self { gitlab, project, check, token, database, members, links, disks, pages, folder };
        for member in &cluster.members {
            member.start().await.with_context(|| format!("starting {}", member.name))?;
        }
        let hook = cluster.link("gitlab -> ingress").address();
        cluster.check.point_at(&format!("http://{hook}/approval-apps/status_check"));
        Ok(cluster)
    }

    /// The proxy of a link.
    pub(crate) fn link(&self, name: &str) -> &Proxy {
        self.links.get(name).expect("a link of this shape")
    }

    /// A process by its name.
    pub(crate) fn member(&self, name: &str) -> &Member {
        self.members.iter().find(|it| it.name == name).expect("a member of this shape")
    }

    /// The bus, seen by its owner, without a proxy in between.
    pub(crate) async fn bus(&self) -> Result<Inspector> {
        let address = self.member(crate::plan::BUS).address;
        Ok(Inspector::with_password(Some(BUS_PASSWORD), &format!("nats://{address}")).await?)
    }

    /// The number of calls that wait in the spools of ingress.
    pub(crate) fn spooled(&self) -> usize {
        let spools =
            ["ingress-1", "ingress-2"].map(|name| self.folder.path().join(name).join("spool"));
        spools.iter().map(|spool| std::fs::read_dir(spool).map_or(0, Iterator::count)).sum()
    }

    /// Every file that a process has logged to.
    pub(crate) fn logs(&self) -> Vec<PathBuf> {
        self.members.iter().map(|member| member.log.clone()).collect()
    }

    /// Copies the logs to where they outlive the run.
    pub(crate) fn keep_logs(&self) -> Result<PathBuf> {
        let kept = tempfile::Builder::new().prefix("countersign-chaos-logs-").tempdir()?.keep();
        for log in self.logs() {
            let name = log.file_name().context("a log has a name")?;
            std::fs::copy(&log, kept.join(name))?;
        }
        Ok(kept)
    }
}

/// A proxy for each link.
async fn links(
    shape: &Shape,
    ports: &settings::Ports,
    gitlab: &GitLabSim,
    database: &StoryDatabase,
) -> Result<BTreeMap<String, Proxy>> {
    let mut links = BTreeMap::new();
    for link in &shape.links {
        let (_, to) = link.split_once(" -> ").context("a link names its ends")?;
        let servers: Vec<SocketAddr> = match to {
            "nats" => vec![ports.of("nats")],
            "gitlab" => vec![gitlab.url().trim_start_matches("http://").parse()?],
            "postgres" => vec![settings::host_of(&database.url).parse()?],
            role => {
                let of_role = shape.members.iter().filter(|it| it.starts_with(role));
                of_role.map(|name| ports.of(name)).collect()
            }
        };
        links.insert(link.clone(), Proxy::start(servers).await?);
    }
    Ok(links)
}
