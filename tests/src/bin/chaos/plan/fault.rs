//! What goes wrong.

use std::time::Duration;

use super::Draw;
use crate::proxy::Disturbance;

/// A kind of fault, as `--faults` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// kill -9 and a start, of any role and of nats-server
    Kill,
    /// SIGSTOP and SIGCONT
    Stop,
    /// SIGTERM and a start
    Restart,
    /// cut, silent, slow and half-open connections
    Link,
    /// GitLab down, slow, over its limit or answering wrong
    Gitlab,
    /// `pg_terminate_backend`, only with PostgreSQL
    Postgres,
    /// no space left, only where tmpfs can be mounted
    Disk,
    /// messages are taken off a consumer and given back, or never acknowledged
    Redelivery,
    /// calls sent several times
    Calls,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 9] = [
        Self::Kill,
        Self::Stop,
        Self::Restart,
        Self::Link,
        Self::Gitlab,
        Self::Postgres,
        Self::Disk,
        Self::Redelivery,
        Self::Calls,
    ];

    fn weight(self) -> u64 {
        match self {
            Self::Kill => 30,
            Self::Link => 22,
            Self::Stop => 12,
            Self::Gitlab => 12,
            Self::Restart | Self::Postgres | Self::Redelivery => 8,
            Self::Calls => 4,
            Self::Disk => 5,
        }
    }
}

/// What there is to disturb.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// The processes by name, nats-server first.
    pub(crate) members: Vec<String>,
    /// The connections that go through a proxy, as "from -> to".
    pub(crate) links: Vec<String>,
    /// The folders that can be filled up.
    pub(crate) disks: Vec<&'static str>,
    /// Whether PostgreSQL is the database.
    pub(crate) postgres: bool,
}

/// The name of the nats-server among the members.
pub(crate) const BUS: &str = "nats";
/// The folders that can be filled up.
pub(crate) const BUS_DISK: &str = "bus";
/// The folder of the SQLite database.
pub(crate) const DATABASE_DISK: &str = "database";

impl Shape {
    /// One recorder on SQLite, two on PostgreSQL; always two of ingress and decision.
    pub(crate) fn of(postgres: bool, disks: bool) -> Self {
        let recorders: &[&str] =
            if postgres { &["recorder-1", "recorder-2"] } else { &["recorder-1"] };
        let others = ["ingress-1", "ingress-2", "decision-1", "decision-2", "ui-1"];
        let roles: Vec<&str> = recorders.iter().chain(&others).copied().collect();
        let mut links: Vec<String> = roles.iter().map(|role| format!("{role} -> nats")).collect();
        for role in ["decision-1", "decision-2", "ui-1"] {
            links.push(format!("{role} -> recorder"));
        }
        for role in ["decision-1", "decision-2"] {
            links.push(format!("{role} -> gitlab"));
        }
        links.extend(["gitlab -> ingress", "servicenow -> nats"].map(str::to_owned));
        if postgres {
            links.extend(recorders.iter().map(|role| format!("{role} -> postgres")));
        }
        let members = std::iter::once(BUS).chain(roles).map(str::to_owned).collect();
        let disks = match (disks, postgres) {
            (false, _) => vec![],
            (true, true) => vec![BUS_DISK],
            (true, false) => vec![BUS_DISK, DATABASE_DISK],
        };
        Self { members, links, disks, postgres }
    }
}

/// What GitLab does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GitLabTrouble {
    /// A 5xx.
    Error(u16),
    /// 429, with or without `Retry-After`.
    TooMany(Option<u64>),
    /// Stores the answer and cuts the connection.
    CutAfter,
    /// Stores the answer late.
    Late,
    /// Stores the answer and says so late.
    SaysLate,
    /// 409, try again.
    RowLocked,
    /// A page where JSON is expected.
    Html,
}

/// One fault.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// kill -9; started again after a pause.
    Kill { member: String, pause: Duration },
    /// SIGSTOP for a while.
    Stop { member: String, lasting: Duration },
    /// SIGTERM, then a start.
    Restart { member: String },
    /// A link is disturbed for a while.
    Link { link: String, how: Disturbance, lasting: Duration },
    /// GitLab's API answers like this for a while.
    GitLab { trouble: GitLabTrouble, lasting: Duration },
    /// All connections of recorder to PostgreSQL are ended by the server.
    Backends,
    /// A disk is full for a while.
    DiskFull { disk: &'static str, lasting: Duration },
    /// Messages of a stream are taken from our consumer and given back, or kept.
    Redelivery { stream: &'static str, consumer: &'static str, give_back: bool },
    /// Each call is sent twice more for a while.
    RepeatedCalls { lasting: Duration },
}

impl Fault {
    pub(super) fn draw(draw: &mut Draw, shape: &Shape, kinds: &[Kind]) -> Self {
        let possible = |kind: &Kind| match kind {
            Kind::Postgres => shape.postgres,
            Kind::Disk => !shape.disks.is_empty(),
            _ => true,
        };
        let kinds: Vec<(u64, Kind)> =
            kinds.iter().copied().filter(possible).map(|kind| (kind.weight(), kind)).collect();
        let kind = if kinds.is_empty() { Kind::Kill } else { draw.weighted(&kinds) };
        let short = draw.between(Duration::from_millis(200), Duration::from_secs(3));
        let member = draw.pick(&shape.members);
        match kind {
            Kind::Kill => {
                let pause = draw.between(Duration::ZERO, Duration::from_secs(1));
                Self::Kill { member, pause }
            }
            Kind::Stop => Self::Stop { member, lasting: short },
            Kind::Restart => Self::Restart { member },
            Kind::Link => {
                let how = Disturbance::draw(draw);
                Self::Link { link: draw.pick(&shape.links), how, lasting: short }
            }
            Kind::Gitlab => Self::GitLab { trouble: trouble(draw), lasting: short },
            Kind::Postgres => Self::Backends,
            Kind::Disk => Self::DiskFull { disk: draw.pick(&shape.disks), lasting: short },
            Kind::Redelivery => redelivery(draw),
            Kind::Calls => Self::RepeatedCalls { lasting: short },
        }
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Kill { .. } => Kind::Kill,
            Self::Stop { .. } => Kind::Stop,
            Self::Restart { .. } => Kind::Restart,
            Self::Link { .. } => Kind::Link,
            Self::GitLab { .. } => Kind::Gitlab,
            Self::Backends => Kind::Postgres,
            Self::DiskFull { .. } => Kind::Disk,
            Self::Redelivery { .. } => Kind::Redelivery,
            Self::RepeatedCalls { .. } => Kind::Calls,
        }
    }

    /// What it is called in the report.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Kill { member, .. } => format!("kill -9 {}", role_of(member)),
            Self::Stop { member, .. } => format!("SIGSTOP {}", role_of(member)),
            Self::Restart { member } => format!("SIGTERM {}", role_of(member)),
            Self::Link { how, .. } => format!("link {}", how.name()),
            Self::GitLab { trouble, .. } => format!("GitLab {}", trouble.name()),
            Self::Backends => "PostgreSQL ends its connections".to_owned(),
            Self::DiskFull { disk, .. } => format!("disk of the {disk} full"),
            Self::Redelivery { give_back: true, .. } => "messages given back (nak)".to_owned(),
            Self::Redelivery { .. } => "messages never acknowledged".to_owned(),
            Self::RepeatedCalls { .. } => "calls sent three times".to_owned(),
        }
    }

    /// What it hits, for the timeline.
    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Kill { member, .. } | Self::Stop { member, .. } | Self::Restart { member } => {
                member
            }
            Self::Link { link, .. } => link,
            Self::GitLab { .. } => "gitlab",
            Self::Backends => "postgres",
            Self::DiskFull { disk, .. } => disk,
            Self::Redelivery { stream, .. } => stream,
            Self::RepeatedCalls { .. } => "gitlab -> ingress",
        }
    }
}

/// `recorder` of `recorder-1`.
fn role_of(member: &str) -> &str {
    member.split('-').next().unwrap_or(member)
}

fn trouble(draw: &mut Draw) -> GitLabTrouble {
    let seconds = draw.chance(50).then_some(1);
    draw.weighted(&[
        (3, GitLabTrouble::Error(500)),
        (2, GitLabTrouble::Error(502)),
        (3, GitLabTrouble::TooMany(seconds)),
        (3, GitLabTrouble::CutAfter),
        (3, GitLabTrouble::Late),
        (3, GitLabTrouble::SaysLate),
        (1, GitLabTrouble::RowLocked),
        (1, GitLabTrouble::Html),
    ])
}

impl GitLabTrouble {
    fn name(self) -> String {
        match self {
            Self::Error(code) => format!("answers {code}"),
            Self::TooMany(_) => "answers 429".to_owned(),
            Self::CutAfter => "stores and cuts".to_owned(),
            Self::Late => "stores late".to_owned(),
            Self::SaysLate => "stores and says so late".to_owned(),
            Self::RowLocked => "answers 409 row locked".to_owned(),
            Self::Html => "answers with a page".to_owned(),
        }
    }
}

fn redelivery(draw: &mut Draw) -> Fault {
    let (stream, consumer) = draw.pick(&[
        ("CS_INTAKE", "recorder"),
        ("CS_DECISION_UI", "recorder"),
        ("CS_DECISION_SERVICENOW", "recorder"),
        ("CS_OUTCOME", "recorder"),
        ("CS_RESPOND", "decision"),
    ]);
    Fault::Redelivery { stream, consumer, give_back: draw.chance(60) }
}
