//! What is there at the end: GitLab's history, the database and the streams, read without the
//! product's code. The other half of what the checker looks at.

mod collect;

use crate::log::{Micros, Notes};

pub(crate) use collect::collect;

/// One attempt to deliver a call, whoever made it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// In the order in which GitLab made them; none for a replayed one.
    pub(crate) number: Option<u64>,
    pub(crate) iid: u64,
    pub(crate) body_sha256: String,
    pub(crate) target_branch: String,
    /// Whether GitLab only asked again: somebody pressed Retry.
    pub(crate) retry: bool,
    /// The HTTP status; none when the connection broke.
    pub(crate) status: Option<u16>,
    /// When it was made.
    pub(crate) at: Micros,
}

/// An answer to the check that reached GitLab.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) iid: u64,
    pub(crate) sha: String,
    pub(crate) status: String,
    /// Whether it came with our token.
    pub(crate) ours: bool,
    pub(crate) received: Micros,
    /// When GitLab was done with it.
    pub(crate) ended: Micros,
    /// The HTTP status; none when the connection was cut.
    pub(crate) http_status: Option<u16>,
}

/// A merge request as GitLab shows it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) iid: u64,
    /// `opened`, `closed` or `merged`.
    pub(crate) state: String,
    pub(crate) head: String,
    pub(crate) target_branch: String,
    /// `pending`, `passed` or `failed`, for the head.
    pub(crate) status: String,
}

/// A row of `delivery`.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: String,
    /// `call` or `look-up`.
    pub(crate) origin: String,
    pub(crate) iid: u64,
    pub(crate) body_sha256: String,
    pub(crate) recorded: Micros,
}

/// A row of `decision`.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) source: String,
    pub(crate) decision_id: String,
    /// The request it was about, if there was one.
    pub(crate) request_id: Option<String>,
    pub(crate) word: String,
    pub(crate) sha: String,
    pub(crate) actor: String,
    pub(crate) reason: String,
    pub(crate) accepted: bool,
    pub(crate) round: i32,
    /// When the bus stored it.
    pub(crate) at: Micros,
    /// When it was recorded, as the audit record says.
    pub(crate) recorded: Micros,
}

/// A row of `status_check`.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) iid: u64,
    pub(crate) sha: String,
    pub(crate) target_branch: String,
    pub(crate) standing: String,
    pub(crate) verdict: String,
    pub(crate) round: i32,
}

/// A row of `audit`.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    pub(crate) seq: i64,
    pub(crate) record: String,
    pub(crate) hash: String,
}

/// The database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) requests: Vec<Request>,
    /// Ids of the rows of `response`.
    pub(crate) responses: Vec<String>,
    pub(crate) audit: Vec<Audit>,
    /// The right edge of the tree over them, as recorder goes on from it.
    pub(crate) tree: String,
}

/// A receipt on the bus.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) source: String,
    pub(crate) decision_id: String,
    pub(crate) accepted: bool,
}

/// A dead letter.
#[derive(Debug, Clone)]
pub(crate) struct DeadLetter {
    pub(crate) stream: String,
    pub(crate) reason: String,
    pub(crate) cause: String,
}

/// The streams.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams {
    /// Delivery ids.
    pub(crate) intake: Vec<String>,
    /// Source and decision id of each attempt; without an id it cannot be read.
    pub(crate) decisions: Vec<(String, Option<String>)>,
    /// Outcome ids.
    pub(crate) outcomes: Vec<String>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) dead: Vec<DeadLetter>,
}

/// Everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observed {
    /// How many different people must approve.
    pub(crate) approvals: u32,
    pub(crate) began: Micros,
    pub(crate) notes: Notes,
    pub(crate) calls: Vec<Call>,
    pub(crate) posts: Vec<Post>,
    pub(crate) merge_requests: Vec<Shown>,
    pub(crate) record: Record,
    pub(crate) streams: Streams,
    /// What still waits, when it did not become quiet.
    pub(crate) not_quiet: Option<String>,
    /// Places where a secret was found, and panics.
    pub(crate) in_logs: Vec<String>,
}
