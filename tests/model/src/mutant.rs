//! The protocol with one rule broken.

/// One broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// Recorder is not asked before a post.
    PostWithoutLeave,
    /// A message is acknowledged before its transaction is committed.
    AckBeforeCommit,
    /// A new verdict gives a command although one is outstanding.
    TwoCommands,
    /// A refused answer is posted for the commit that GitLab names as the head.
    AimAgain,
    /// No answer counts as stored.
    SilenceIsStored,
    /// No answer counts as not stored.
    SilenceIsNotStored,
    /// Calls with the same body count as one.
    OneCallPerBody,
    /// A changed target branch is not noticed.
    IgnoreRetarget,
    /// Approvals are counted, not people.
    CountDecisions,
    /// GitLab is never asked what it shows.
    NeverLook,
    /// Commands are published before the transaction that gives them is committed.
    PublishBeforeCommit,
    /// Decisions of earlier rounds count.
    OldRoundsCount,
    /// A command is acknowledged before its post.
    AckBeforePost,
    /// A decision about a commit counts for whatever is the head.
    AnyCommit,
    /// A decision that is delivered again is recorded again.
    ForgetDecisions,
    /// The status that a sweep saw counts, whatever was answered since.
    StaleSweep,
    /// A process trusts its own first attempt and forgets that others had theirs.
    ForgetOthers,
    /// A post that GitLab stored is forgotten when its report is lost.
    ForgetUnreported,
    /// The right to post is lent to whoever asks.
    TwoLeases,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::PostWithoutLeave,
        Self::AckBeforeCommit,
        Self::TwoCommands,
        Self::AimAgain,
        Self::SilenceIsStored,
        Self::SilenceIsNotStored,
        Self::OneCallPerBody,
        Self::IgnoreRetarget,
        Self::CountDecisions,
        Self::NeverLook,
        Self::PublishBeforeCommit,
        Self::OldRoundsCount,
        Self::AckBeforePost,
        Self::AnyCommit,
        Self::ForgetDecisions,
        Self::StaleSweep,
        Self::ForgetOthers,
        Self::ForgetUnreported,
        Self::TwoLeases,
    ];
}
