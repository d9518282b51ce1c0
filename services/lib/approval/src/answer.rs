//! The answer GitLab should show, and what we know of the one it shows.

use uuid::Uuid;

use crate::{Sha, Time};

/// What a status check can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nobody has decided yet; GitLab turns it into `failed` after two to three minutes.
    Pending,
    /// The merge request may be merged.
    Passed,
    /// It may not.
    Failed,
}

impl Status {
    /// GitLab's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    /// Reads GitLab's word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "pending" => Some(Self::Pending),
            "passed" => Some(Self::Passed),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// What GitLab shows for one commit, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// We never answered: GitLab shows `pending`, or `failed` after its own timeout.
    Nothing,
    /// Somebody pressed Retry, which puts GitLab back to `pending`; or our `pending`.
    Pending,
    /// GitLab stored our `passed`.
    Passed,
    /// Somebody else's `passed`: every developer may post one.
    ForeignPassed,
    /// GitLab stored our `failed`.
    Failed,
    /// An answer may or may not have been stored.
    Unsure,
}

impl Shown {
    /// Whether GitLab may show `passed`.
    #[must_use]
    pub fn may_be_passed(self) -> bool {
        matches!(self, Self::Passed | Self::ForeignPassed | Self::Unsure)
    }

    /// Whether GitLab may show a `passed` of ours: what must be revoked when the verdict is gone.
    #[must_use]
    pub fn may_be_our_passed(self) -> bool {
        matches!(self, Self::Passed | Self::Unsure)
    }

    /// The word stored and shown to people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Pending => "pending",
            Self::Passed => "passed",
            Self::ForeignPassed => "foreign_passed",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
        }
    }

    /// Reads the stored word; an unknown one means we are not sure.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "nothing" => Self::Nothing,
            "pending" => Self::Pending,
            "passed" => Self::Passed,
            "foreign_passed" => Self::ForeignPassed,
            "failed" => Self::Failed,
            _ => Self::Unsure,
        }
    }

    fn is(self, status: Status) -> bool {
        matches!(
            (self, status),
            (Self::Pending, Status::Pending)
                | (Self::Passed, Status::Passed)
                | (Self::Failed, Status::Failed)
        )
    }
}

/// An answer that is on its way to GitLab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command {
    /// Derived from the request and the number of commands before it.
    pub id: Uuid,
    /// What to post.
    pub status: Status,
    /// Whether an attempt may have reached GitLab although we saw no answer.
    pub may_have_been_applied: bool,
}

/// How one attempt to carry out a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandResult {
    /// GitLab stored it.
    Delivered,
    /// Not yet; the next attempt follows by itself.
    Retrying,
    /// It was not posted, because the wanted answer had changed.
    Obsolete,
    /// GitLab says that another commit is the head, and which one if we could read it.
    NotHead(Option<Sha>),
    /// It was not stored and nobody will try again.
    GivenUp,
}

/// The report on one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The command it belongs to.
    pub command_id: Uuid,
    /// What the command told GitLab.
    pub status: Status,
    /// How it ended.
    pub result: CommandResult,
    /// Whether this or an earlier attempt may have reached GitLab.
    pub may_have_been_applied: bool,
    /// What happened, in one sentence.
    pub message: String,
}

/// What GitLab was seen to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The newest command when GitLab was asked; of a request that was never answered,
    /// [`Answer::last_command_id`] of none.
    pub command_id: Uuid,
    /// What GitLab showed.
    pub shown: Status,
}

/// Our side of the conversation with GitLab about one commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Answer {
    /// What GitLab shows.
    pub shown: Shown,
    /// The one command that may be on its way.
    pub outstanding: Option<Command>,
    /// How many commands were ever given; Retry, which changes what GitLab shows, counts as one.
    pub commands: u32,
    /// When the outstanding command was given or last heard of.
    pub heard_at: Time,
    /// Why the last attempt was not stored; cleared by the next that is.
    pub problem: Option<String>,
}

impl Answer {
    /// Before anything was said.
    #[must_use]
    pub fn none() -> Self {
        Self {
            shown: Shown::Nothing,
            outstanding: None,
            commands: 0,
            heard_at: Time(0),
            problem: None,
        }
    }

    /// Gives the command that brings GitLab to `wanted`, unless it shows that already.
    pub(crate) fn bring_to(
        &mut self,
        request: Uuid,
        wanted: Option<Status>,
        at: Time,
    ) -> Option<Command> {
        let wanted = wanted.filter(|status| !self.shown.is(*status))?;
        self.command(request, wanted, at)
    }

    /// Gives a command, unless one is on its way already: the later one waits for its outcome.
    pub(crate) fn command(&mut self, request: Uuid, status: Status, at: Time) -> Option<Command> {
        if self.outstanding.is_some() {
            return None;
        }
        self.commands += 1;
        self.heard_at = at;
        let id = self.last_command_id(request);
        let command = Command { id, status, may_have_been_applied: false };
        self.outstanding = Some(command);
        Some(command)
    }

    /// The id of the newest command; of none, when none was given.
    #[must_use]
    pub fn last_command_id(&self, request: Uuid) -> Uuid {
        Uuid::new_v5(&request, &self.commands.to_be_bytes())
    }

    /// Takes in how an attempt ended.
    pub(crate) fn settle(&mut self, outcome: &Outcome, at: Time) {
        let Some(command) = self.outstanding.filter(|it| it.id == outcome.command_id) else {
            self.settle_stray(outcome);
            return;
        };
        self.heard_at = at;
        let maybe = command.may_have_been_applied || outcome.may_have_been_applied;
        match outcome.result {
            CommandResult::Delivered => {
                self.shown = match outcome.status {
                    Status::Pending => Shown::Pending,
                    Status::Passed => Shown::Passed,
                    Status::Failed => Shown::Failed,
                };
                self.problem = None;
            }
            CommandResult::Retrying => {
                self.problem = Some(outcome.message.clone());
                self.outstanding = Some(Command { may_have_been_applied: maybe, ..command });
                return;
            }
            CommandResult::Obsolete => self.problem = None,
            CommandResult::NotHead(_) | CommandResult::GivenUp => {
                self.problem = Some(outcome.message.clone());
            }
        }
        if maybe && outcome.result != CommandResult::Delivered {
            self.shown = match command.status {
                // Only posted where no `passed` stands.
                Status::Pending => Shown::Pending,
                Status::Passed | Status::Failed => Shown::Unsure,
            };
        }
        self.outstanding = None;
    }

    /// Takes in what GitLab shows; what we believed before.
    ///
    /// A reading that belongs to an earlier answer than the last says nothing: the later one may
    /// have landed after it was made.
    pub(crate) fn read(&mut self, request: Uuid, reading: Reading) -> Option<Shown> {
        if self.outstanding.is_some() || reading.command_id != self.last_command_id(request) {
            return None;
        }
        let believed = self.shown;
        self.shown = match (reading.shown, believed) {
            (Status::Passed, Shown::Passed | Shown::Unsure) => Shown::Passed,
            (Status::Passed, _) => Shown::ForeignPassed,
            // GitLab's own row, and what GitLab makes of a `pending` by itself: no answer of ours.
            (Status::Pending | Status::Failed, Shown::Nothing) => Shown::Nothing,
            (Status::Failed, Shown::Pending) => Shown::Pending,
            (Status::Pending, _) => Shown::Pending,
            (Status::Failed, _) => Shown::Failed,
        };
        Some(believed)
    }

    /// What was read before counts no more. While a command is on its way no reading counts anyway.
    pub(crate) fn outdate_readings(&mut self) {
        if self.outstanding.is_none() {
            self.commands += 1;
        }
    }

    /// A report on a command that is settled already: two posts may have crossed, and the one
    /// that landed last counts at GitLab.
    fn settle_stray(&mut self, outcome: &Outcome) {
        let delivered = outcome.result == CommandResult::Delivered;
        if (delivered || outcome.may_have_been_applied) && !self.shown.is(outcome.status) {
            self.shown = Shown::Unsure;
        }
    }
}
