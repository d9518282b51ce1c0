//! Changes to a merge request and what hooks say about them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{MergeRequestRecord, State, records::Label};
use crate::payload;

/// What the title of a draft starts with.
const DRAFT: &str = "Draft: ";

/// What a hook says about the thing that happened.
#[derive(Debug, Default, Clone)]
pub(crate) struct Event {
    pub(crate) action: Option<&'static str>,
    pub(crate) oldrev: Option<String>,
    pub(crate) system_action: Option<&'static str>,
    pub(crate) changes: Map<String, Value>,
}

impl Event {
    pub(crate) fn of(action: &'static str) -> Self {
        Self { action: Some(action), ..Self::default() }
    }

    /// A retry names no action, no old revision and no changes.
    pub(crate) fn retry() -> Self {
        Self::default()
    }

    pub(super) fn changing(mut self, field: &str, previous: &Value, current: &Value) -> Self {
        let change = json!({ "previous": previous, "current": current });
        self.changes.insert(field.to_owned(), change);
        self
    }
}

/// Facts a change to a merge request may need.
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) actor_id: u64,
    pub(crate) fresh_sha: String,
}

/// Tells about a new head, if anyone is to be told.
pub(super) fn pushed(record: &MergeRequestRecord, oldrev: String) -> Option<Event> {
    (record.state == State::Opened).then(|| Event {
        // A branch that was gone has no old revision to name.
        oldrev: (!oldrev.is_empty()).then_some(oldrev),
        ..Event::of("update")
    })
}

/// Sets the title; as in GitLab, the title is what makes a draft.
pub(crate) fn retitled(record: &mut MergeRequestRecord, title: &str) -> Option<Event> {
    let before = std::mem::replace(&mut record.title, title.to_owned());
    let was_draft = std::mem::replace(&mut record.draft, title.starts_with(DRAFT));
    let event = Event::of("update").changing("title", &json!(before), &json!(title));
    Some(if was_draft == record.draft {
        event
    } else {
        event.changing("draft", &json!(was_draft), &json!(record.draft))
    })
}

/// Sets the description.
pub(crate) fn described(record: &mut MergeRequestRecord, text: &str) -> Option<Event> {
    let before = record.description.replace(text.to_owned());
    Some(Event::of("update").changing("description", &json!(before), &json!(text)))
}

/// Sets the labels.
pub(crate) fn labelled(record: &mut MergeRequestRecord, titles: &[&str]) -> Option<Event> {
    let before = payload::labels(record);
    record.labels = titles.iter().map(|title| label(title)).collect();
    let after = payload::labels(record);
    Some(Event::of("update").changing("labels", &before, &after))
}

/// Marks as draft or ready, which changes the title too.
pub(crate) fn drafted(record: &mut MergeRequestRecord, draft: bool) -> Option<Event> {
    let title = draft_title(&record.title, draft);
    (record.draft != draft).then(|| retitled(record, &title))?
}

/// The title with or without the mark of a draft.
pub(super) fn draft_title(title: &str, draft: bool) -> String {
    let bare = title.strip_prefix(DRAFT).unwrap_or(title);
    let prefix = if draft { DRAFT } else { "" };
    format!("{prefix}{bare}")
}

/// Points the merge request at another branch; the head stays.
pub(crate) fn retargeted(record: &mut MergeRequestRecord, branch: &str) -> Option<Event> {
    let before = std::mem::replace(&mut record.target_branch, branch.to_owned());
    Some(Event::of("update").changing("target_branch", &json!(before), &json!(branch)))
}

/// Closes an open merge request.
pub(crate) fn closed(record: &mut MergeRequestRecord, moment: &Moment) -> Option<Event> {
    record.closed_at = Some(moment.now);
    moved(record, State::Opened, State::Closed, "close")
}

/// Reopens a closed merge request.
pub(crate) fn reopened(record: &mut MergeRequestRecord, _moment: &Moment) -> Option<Event> {
    moved(record, State::Closed, State::Opened, "reopen")
}

/// Merges an open merge request without asking the gate.
pub(crate) fn merged(record: &mut MergeRequestRecord, moment: &Moment) -> Option<Event> {
    let event = moved(record, State::Opened, State::Merged, "merge")?;
    record.merged_at = Some(moment.now);
    record.merged_by = Some(moment.actor_id);
    record.merge_commit_sha = Some(moment.fresh_sha.clone());
    Some(event)
}

fn moved(
    record: &mut MergeRequestRecord,
    from: State,
    to: State,
    action: &'static str,
) -> Option<Event> {
    if record.state != from {
        return None;
    }
    record.state = to;
    Some(Event::of(action).changing("state_id", &json!(from.id()), &json!(to.id())))
}

/// The same title always gets the same label id, below 2^32.
pub(super) fn label(title: &str) -> Label {
    let digest = Sha256::digest(title);
    let id = digest.iter().take(4).fold(0, |id, byte| (id << 8) | u64::from(*byte));
    Label { id, title: title.to_owned() }
}
