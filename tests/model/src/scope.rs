//! How much may happen in one run: a model is finite because each misfortune is counted.

/// What may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Budget {
    /// Pushes, each to the other one of two commits.
    pub pushes: u8,
    /// Changes of the target branch, each to the other one of two.
    pub retargets: u8,
    /// Presses of Retry.
    pub retries: u8,
    /// `passed` rows that a Developer posts by hand.
    pub rogues: u8,
    /// GitLab's own `pending` row for a new merge request, which may come late.
    pub own_rows: u8,
    /// Decisions of both approvers together.
    pub decisions: u8,
    /// Calls that never arrive.
    pub lost_calls: u8,
    /// Calls that GitLab makes again because the connection broke after we had stored them.
    pub repeated_calls: u8,
    /// Posts whose answer or whose report is lost, or that GitLab does not take now.
    pub losses: u8,
    /// Deaths of recorder between a commit and its acknowledgement.
    pub recorder_crashes: u8,
    /// Deaths of a replica of decision while it posts.
    pub decision_crashes: u8,
    /// Replicas that stand still so long that their command is delivered to somebody else.
    pub stalls: u8,
    /// Commands that stand on the bus twice.
    pub duplicates: u8,
    /// Looks of the sweep that run while other things happen.
    pub sweeps: u8,
}

/// One bounded world to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// For messages of tests.
    pub name: &'static str,
    /// How many people must approve.
    pub approvals: u32,
    /// Whether all of GitLab's times fall into one second.
    pub one_second: bool,
    /// What may happen.
    pub budget: Budget,
}

const NOTHING: Budget = Budget {
    pushes: 0,
    retargets: 0,
    retries: 0,
    rogues: 0,
    own_rows: 0,
    decisions: 0,
    lost_calls: 0,
    repeated_calls: 0,
    losses: 0,
    recorder_crashes: 0,
    decision_crashes: 0,
    stalls: 0,
    duplicates: 0,
    sweeps: 0,
};

const fn scope(name: &'static str, budget: Budget) -> Scope {
    Scope { name, approvals: 1, one_second: false, budget }
}

impl Scope {
    /// Answers that are lost, replicas that die, and a verdict that changes meanwhile.
    pub const ANSWERS: Self =
        scope("answers", Budget { decisions: 2, losses: 1, decision_crashes: 1, ..NOTHING });
    /// A push and a force-push back while answers are on their way.
    pub const PUSHES: Self = scope(
        "pushes",
        Budget { pushes: 2, decisions: 1, losses: 1, decision_crashes: 1, ..NOTHING },
    );
    /// The target branch changes, also while another commit is the head.
    pub const RETARGETS: Self =
        scope("retargets", Budget { pushes: 2, retargets: 1, decisions: 1, losses: 1, ..NOTHING });
    /// Retry, GitLab's own row and its time-out, calls that come twice.
    pub const RETRIES: Self = scope(
        "retries",
        Budget { retries: 1, own_rows: 1, repeated_calls: 1, decisions: 2, ..NOTHING },
    );
    /// What others do to GitLab and what never arrives, with a sweep that looks at any time.
    pub const OUTSIDERS: Self = scope(
        "outsiders",
        Budget {
            pushes: 1,
            retargets: 1,
            rogues: 1,
            lost_calls: 1,
            decisions: 1,
            sweeps: 1,
            ..NOTHING
        },
    );
    /// A sweep that looks while answers are on their way.
    pub const SWEEPS: Self =
        scope("sweeps", Budget { decisions: 2, losses: 1, sweeps: 1, ..NOTHING });
    /// Two people must approve, and the target branch changes.
    pub const PERSONS: Self =
        Self { approvals: 2, ..scope("persons", Budget { decisions: 3, retargets: 1, ..NOTHING }) };
    /// Recorder dies between commits and acknowledgements, and so do replicas.
    pub const RECORDER: Self = scope(
        "recorder",
        Budget { decisions: 2, losses: 1, recorder_crashes: 1, decision_crashes: 1, ..NOTHING },
    );
    /// Everything within one of GitLab's seconds.
    pub const ONE_SECOND: Self = Self {
        one_second: true,
        ..scope("one second", Budget { pushes: 2, decisions: 1, decision_crashes: 1, ..NOTHING })
    };
    /// Replicas that stand still, commands that stand on the bus twice.
    pub const REPLICAS: Self =
        scope("replicas", Budget { decisions: 2, stalls: 1, duplicates: 1, ..NOTHING });
    /// Both replicas fail at one command before the commit and the target branch change.
    pub const OTHERS: Self = scope(
        "others",
        Budget { pushes: 2, retargets: 1, decisions: 1, losses: 1, decision_crashes: 1, ..NOTHING },
    );

    /// What a test checks.
    pub const SMALL: [Self; 10] = [
        Self::ANSWERS,
        Self::PUSHES,
        Self::RETARGETS,
        Self::RETRIES,
        Self::OUTSIDERS,
        Self::SWEEPS,
        Self::PERSONS,
        Self::RECORDER,
        Self::ONE_SECOND,
        Self::REPLICAS,
    ];

    /// What `make model` checks.
    pub const LARGE: [Self; 7] = [
        scope(
            "three decisions, two late posts",
            Budget { decisions: 3, losses: 1, decision_crashes: 2, ..NOTHING },
        ),
        scope(
            "two deaths of recorder, one late post",
            Budget { decisions: 2, losses: 1, recorder_crashes: 2, decision_crashes: 1, ..NOTHING },
        ),
        Self { name: "pushes, retarget, loss, late post", ..Self::OTHERS },
        scope(
            "outsiders, two decisions, sweep",
            Budget { pushes: 1, rogues: 1, lost_calls: 1, decisions: 2, sweeps: 1, ..NOTHING },
        ),
        scope(
            "retry twice, own row, repeated call",
            Budget { retries: 2, own_rows: 1, repeated_calls: 1, decisions: 2, ..NOTHING },
        ),
        Self {
            approvals: 2,
            ..scope(
                "two persons, retarget, deaths",
                Budget {
                    decisions: 3,
                    retargets: 1,
                    recorder_crashes: 1,
                    decision_crashes: 1,
                    ..NOTHING
                },
            )
        },
        scope(
            "stall, duplicate, loss, late post",
            Budget {
                decisions: 2,
                losses: 1,
                stalls: 1,
                duplicates: 1,
                decision_crashes: 1,
                ..NOTHING
            },
        ),
    ];
}
