//! One state of everything: GitLab, the streams, recorder, two replicas of decision.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use approval::{Gate, Sha};
use uuid::Uuid;

use crate::{
    gitlab::{Branch, Commit, GitLab, Status},
    people::{Person, Said},
    scope::Budget,
};

/// Id of a command as the core derived it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CommandId(pub(crate) Uuid);

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.simple().to_string();
        f.write_str(&text[..4])
    }
}

/// What is seen of GitLab: by a call, or by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    pub(crate) commit: Commit,
    pub(crate) oldrev: Option<Commit>,
    pub(crate) target: Branch,
    pub(crate) retry: bool,
    /// Whether GitLab was asked, rather than that it called.
    pub(crate) asked: bool,
    /// What a sweep saw as the status of the commit, and the last command it knew of.
    pub(crate) swept: Option<(Status, CommandId)>,
    /// When the bus stored it.
    pub(crate) at: u8,
    /// GitLab's `updated_at`.
    pub(crate) updated: u8,
    /// Whether its delivery id is on record: it is delivered once more after a crash.
    pub(crate) recorded: bool,
}

/// What recorder asks of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Order {
    /// Post a status.
    Respond { commit: Commit, command: CommandId, status: Status, deliveries: u8 },
    /// Look what GitLab shows after an answer.
    ReadBack { commit: Commit, command: CommandId },
    /// Look what the merge request is like.
    LookUp,
}

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Result {
    Delivered,
    Retrying,
    Obsolete,
    NotHead(Commit),
}

/// What decision tells recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Report {
    Outcome {
        commit: Commit,
        command: CommandId,
        status: Status,
        result: Result,
        may_have_been_applied: bool,
        recorded: bool,
    },
    Read {
        commit: Commit,
        command: CommandId,
        status: Status,
    },
}

/// A post that may land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Post {
    pub(crate) commit: Commit,
    pub(crate) command: CommandId,
    pub(crate) status: Status,
    /// How often its command was delivered, with this time.
    pub(crate) deliveries: u8,
    /// Whether the policy was satisfied when the leave to post was given.
    pub(crate) lawful: bool,
    /// Whether its command is with somebody else by now, because this replica stood still.
    pub(crate) overtaken: bool,
}

/// What a replica remembers of its attempts at a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Attempts {
    pub(crate) command: CommandId,
    pub(crate) made: u8,
    pub(crate) may_have_been_applied: bool,
}

/// One process of decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Replica {
    pub(crate) posting: Option<Post>,
    pub(crate) memory: Vec<Attempts>,
}

/// A decision that was accepted, as the oracle remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Accepted {
    pub(crate) who: Person,
    pub(crate) word: approval::Word,
    pub(crate) commit: Commit,
    pub(crate) target: Branch,
    pub(crate) at: u8,
    pub(crate) round: u32,
}

/// A promise that was broken on the way to this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// A `passed` landed that was posted while the policy was not satisfied.
    UnlawfulPassed,
    /// A call was applied a second time.
    AppliedTwice,
    /// A call that was answered 2xx left the bus without a record.
    NotRecorded,
    /// An attempt got a second receipt.
    TwoReceipts,
    /// An attempt left the bus without a receipt.
    NoReceipt,
    /// `delivered` was reported for a post that never landed.
    UntrueDelivered,
}

/// Why GitLab may differ from the verdict until somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Disturbance {
    Rogue,
    LostCall,
    OwnRowLate,
    LatePost,
}

/// What the checker knows and no process does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Known {
    pub(crate) accepted: Vec<Accepted>,
    /// Commands given and not settled.
    pub(crate) open: Vec<(Commit, CommandId)>,
    /// Commands of which a post landed.
    pub(crate) landed: Vec<CommandId>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) disturbances: Vec<Disturbance>,
}

/// One state of everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// Ticks with each thing that GitLab does and each decision.
    pub(crate) now: u8,
    pub(crate) gitlab: GitLab,
    /// `CS_INTAKE`.
    pub(crate) intake: Vec<Call>,
    /// `CS_DECISION_UI`.
    pub(crate) said: Vec<Said>,
    /// Recorder's memory.
    pub(crate) gate: Arc<Gate>,
    /// Committed and not yet published.
    pub(crate) outbox: Vec<Order>,
    /// `CS_RESPOND`.
    pub(crate) orders: Vec<Order>,
    pub(crate) replicas: [Replica; 2],
    /// Posts of processes that died.
    pub(crate) late: Vec<Post>,
    /// `CS_OUTCOME`.
    pub(crate) reports: Vec<Report>,
    /// Bodies seen; only a mutant cares.
    pub(crate) bodies: Vec<Call>,
    pub(crate) left: Budget,
    pub(crate) known: Known,
}

impl World {
    pub(crate) fn opened(budget: Budget) -> Self {
        let mut world = Self {
            now: 1,
            gitlab: GitLab::opened(),
            intake: Vec::new(),
            said: Vec::new(),
            gate: Arc::default(),
            outbox: Vec::new(),
            orders: Vec::new(),
            replicas: Default::default(),
            late: Vec::new(),
            reports: Vec::new(),
            bodies: Vec::new(),
            left: budget,
            known: Known::default(),
        };
        world.call(None, false);
        world
    }

    /// GitLab calls, and ingress answers after the bus has stored it under a new delivery id.
    pub(crate) fn call(&mut self, oldrev: Option<Commit>, retry: bool) {
        let call = Call { oldrev, retry, ..self.look() };
        self.intake.push(Call { asked: false, ..call });
    }

    /// What GitLab answers when it is asked.
    pub(crate) fn look(&self) -> Call {
        Call {
            commit: self.gitlab.head,
            oldrev: None,
            target: self.gitlab.target,
            retry: false,
            asked: true,
            swept: None,
            at: self.now,
            updated: self.gitlab.updated,
            recorded: false,
        }
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        add(&mut self.known.faults, fault);
    }

    pub(crate) fn disturb(&mut self, disturbance: Disturbance) {
        add(&mut self.known.disturbances, disturbance);
    }

    /// Whether nothing of ours is left to do.
    pub(crate) fn is_quiet(&self) -> bool {
        self.intake.is_empty()
            && self.said.is_empty()
            && self.outbox.is_empty()
            && self.orders.is_empty()
            && self.reports.is_empty()
            && self.replicas.iter().all(|replica| replica.posting.is_none())
    }

    /// What recorder knows about a commit.
    pub(crate) fn request(&self, commit: Commit) -> Option<&approval::Request> {
        self.gate.request(request_id(commit))
    }
}

/// Adds to a set kept in order.
pub(crate) fn add<T: Ord>(set: &mut Vec<T>, item: T) {
    if let Err(place) = set.binary_search(&item) {
        set.insert(place, item);
    }
}

/// Takes one such item out; whether there was one.
pub(crate) fn take<T: PartialEq>(items: &mut Vec<T>, item: &T) -> bool {
    let place = items.iter().position(|it| it == item);
    place.map(|place| items.remove(place)).is_some()
}

static SHAS: LazyLock<[Sha; 2]> = LazyLock::new(|| {
    ["a", "b"].map(|digit| Sha::parse(&digit.repeat(40)).expect("40 hexadecimal digits"))
});

pub(crate) fn sha(commit: Commit) -> Sha {
    SHAS[commit as usize].clone()
}

pub(crate) fn request_id(commit: Commit) -> Uuid {
    Uuid::from_u128(0xa + commit as u128)
}

pub(crate) fn id_of(sha: &Sha) -> Uuid {
    let b = SHAS[Commit::B as usize] == *sha;
    request_id(if b { Commit::B } else { Commit::A })
}

pub(crate) fn commit_of(id: Uuid) -> Commit {
    if id == request_id(Commit::B) { Commit::B } else { Commit::A }
}

/// The id of a request's command number `count`, as the core derives it; of none, for 0.
pub(crate) fn command_id(request: Uuid, count: u32) -> CommandId {
    CommandId(Uuid::new_v5(&request, &count.to_be_bytes()))
}
