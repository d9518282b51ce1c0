//! What people and systems do.

use super::Draw;

/// What somebody says about a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Approve,
    Reject,
    Revoke,
}

impl Word {
    /// The word of the decision message.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Revoke => "revoke",
        }
    }

    fn draw(draw: &mut Draw) -> Self {
        draw.weighted(&[(72, Self::Approve), (16, Self::Reject), (12, Self::Revoke)])
    }
}

/// Who decides: a name on a page, or an actor of the outside system.
pub(crate) type Person = &'static str;

const IN_BROWSERS: [Person; 3] = ["Ada", "Bob", "Eve"];
const OUTSIDE: [Person; 2] = ["jane.doe", "john.roe"];

/// One operation. Numbers choose among what is there when it is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Open,
    Push(u64),
    /// Two pushes within one second of GitLab's time.
    PushTwice(u64),
    /// A force-push back to an earlier head.
    PushBack(u64),
    Retarget(u64),
    EditTitle(u64),
    PressRetry(u64),
    Close(u64),
    Reopen(u64),
    Merge(u64),
    /// A decision in the web form.
    Form(u64, Person, Word),
    /// A decision of the outside system on the bus.
    Message(u64, Person, Word),
    /// A decision of the outside system about a commit that was the head before.
    MessageAboutEarlierCommit(u64, Person),
    /// The same message once more.
    RepeatMessage(u64),
    /// The id of an earlier message with another word.
    ReuseId(u64),
    /// Bytes on the bus that are no decision.
    Nonsense,
    /// An old call with its signature, sent once more by somebody who kept it.
    ReplayCall(u64),
    /// A developer answers the check with their own token.
    ForeignPassed(u64),
}

impl Operation {
    pub(super) fn draw(draw: &mut Draw, may_open: bool) -> Self {
        let which = draw.number();
        let word = Word::draw(draw);
        let (in_browser, outside) = (draw.pick(&IN_BROWSERS), draw.pick(&OUTSIDE));
        let open = if may_open { 9 } else { 0 };
        let builders: [(u64, &dyn Fn() -> Self); 18] = [
            (open, &|| Self::Open),
            (6, &|| Self::Push(which)),
            (3, &|| Self::PushTwice(which)),
            (3, &|| Self::PushBack(which)),
            (4, &|| Self::Retarget(which)),
            (2, &|| Self::EditTitle(which)),
            (5, &|| Self::PressRetry(which)),
            (2, &|| Self::Close(which)),
            (3, &|| Self::Reopen(which)),
            (2, &|| Self::Merge(which)),
            (26, &|| Self::Form(which, in_browser, word)),
            (20, &|| Self::Message(which, outside, word)),
            (2, &|| Self::MessageAboutEarlierCommit(which, outside)),
            (4, &|| Self::RepeatMessage(which)),
            (1, &|| Self::ReuseId(which)),
            (1, &|| Self::Nonsense),
            (4, &|| Self::ReplayCall(which)),
            (2, &|| Self::ForeignPassed(which)),
        ];
        draw.weighted(&builders)()
    }

    /// What it is called in the report.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open => "open a merge request",
            Self::Push(_) => "push",
            Self::PushTwice(_) => "push twice at once",
            Self::PushBack(_) => "force-push back",
            Self::Retarget(_) => "retarget",
            Self::EditTitle(_) => "edit the title",
            Self::PressRetry(_) => "press Retry",
            Self::Close(_) => "close",
            Self::Reopen(_) => "reopen",
            Self::Merge(_) => "merge",
            Self::Form(..) => "decide in the browser",
            Self::Message(..) => "decide on the bus",
            Self::MessageAboutEarlierCommit(..) => "decide about an earlier commit",
            Self::RepeatMessage(_) => "repeat a decision",
            Self::ReuseId(_) => "reuse a decision id",
            Self::Nonsense => "send nonsense",
            Self::ReplayCall(_) => "replay an old call",
            Self::ForeignPassed(_) => "post a foreign passed",
        }
    }
}
