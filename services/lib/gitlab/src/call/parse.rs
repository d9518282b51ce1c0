//! From the kept fields of a body to a [`StatusCheckCall`].
//!
//! A field that decides something (ids, SHA, branches, state, path) must be right or the call is
//! refused; a field that is only shown (title, names) is cut or left empty.

use super::json::{Node, Want, read};
use super::{CallError, Person, StatusCheckCall};
use crate::text::{
    LABEL_BYTES, LABELS, NAME_CHARS, TITLE_CHARS, capped, harmless, is_object_id, timestamp,
    web_url,
};

/// Longer branch names, paths and words are refused rather than cut: a cut one would be another.
const EXACT_BYTES: usize = 1_024;

const SCALAR: Want = object(&[]);
const LABEL: Want = object(&[("title", &SCALAR)]);
const LABEL_LIST: Want = list(LABELS, &LABEL);
const WHOLE_PROJECT: Want = object(&[("id", &SCALAR), ("path_with_namespace", &SCALAR)]);
const USER: Want = object(&[("id", &SCALAR), ("username", &SCALAR), ("name", &SCALAR)]);
/// `{previous, current}`, or the two-element array that GitLab's documentation shows.
const CHANGE: Want = Want { fields: &[("previous", &SCALAR)], items: Some((1, &SCALAR)) };
const ATTRIBUTES: Want = object(&[
    ("iid", &SCALAR),
    ("target_project_id", &SCALAR),
    ("source_project_id", &SCALAR),
    ("author_id", &SCALAR),
    ("title", &SCALAR),
    ("source_branch", &SCALAR),
    ("target_branch", &SCALAR),
    ("url", &SCALAR),
    ("state", &SCALAR),
    ("action", &SCALAR),
    ("oldrev", &SCALAR),
    ("system", &SCALAR),
    ("draft", &SCALAR),
    ("work_in_progress", &SCALAR),
    ("updated_at", &SCALAR),
    ("last_commit", &object(&[("id", &SCALAR)])),
    ("target", &WHOLE_PROJECT),
    ("labels", &LABEL_LIST),
]);
const CALL: Want = object(&[
    ("object_kind", &SCALAR),
    ("user", &USER),
    ("project", &WHOLE_PROJECT),
    ("object_attributes", &ATTRIBUTES),
    ("labels", &LABEL_LIST),
    ("changes", &object(&[("target_branch", &CHANGE)])),
    ("external_approval_rule", &object(&[("id", &SCALAR), ("name", &SCALAR)])),
]);

const fn object(fields: &'static [(&'static str, &'static Want)]) -> Want {
    Want { fields, items: None }
}

const fn list(limit: usize, item: &'static Want) -> Want {
    Want { fields: &[], items: Some((limit, item)) }
}

/// Reads a verified body.
///
/// # Errors
///
/// When the body is not a status check call, is ambiguous, or a field that decides something is
/// missing or malformed. No error repeats the body.
pub fn parse(body: &[u8]) -> Result<StatusCheckCall, CallError> {
    let call = read(body, &CALL)?;
    if !matches!(call, Node::Object { .. }) {
        return Err(CallError::NotAnObject);
    }
    check_kind(&call)?;
    let check = section(&call, "external_approval_rule")?;
    let check_id = required_id(check, "id", "external_approval_rule.id")?;
    let mr = section(&call, "object_attributes")?;
    let project_id = required_id(mr, "target_project_id", "object_attributes.target_project_id")?;
    let author_id = optional_id(mr, "author_id", "object_attributes.author_id")?;
    let actor = actor(&call);

    Ok(StatusCheckCall {
        project_id,
        project_path: project_path(&call, mr, project_id)?,
        iid: required_id(mr, "iid", "object_attributes.iid")?,
        check_id,
        check_name: shown(check, "name", NAME_CHARS),
        sha: sha(mr)?,
        oldrev: oldrev(mr),
        action: exact(mr.at(&["action"]), "object_attributes.action")?,
        state: exact(mr.at(&["state"]), "object_attributes.state")?
            .filter(|state| !state.is_empty())
            .ok_or(CallError::MissingField("object_attributes.state"))?,
        source_project_id: optional_id(
            mr,
            "source_project_id",
            "object_attributes.source_project_id",
        )?,
        source_branch: exact(mr.at(&["source_branch"]), "object_attributes.source_branch")?
            .unwrap_or_default(),
        target_branch: exact(mr.at(&["target_branch"]), "object_attributes.target_branch")?
            .unwrap_or_default(),
        previous_target_branch: previous_target_branch(&call)?,
        title: shown(mr, "title", TITLE_CHARS),
        url: web_url(mr.at(&["url"]).and_then(Node::text).unwrap_or_default()),
        author_id,
        author_name: actor
            .as_ref()
            .filter(|actor| Some(actor.id) == author_id)
            .map(|actor| actor.name.clone()),
        actor,
        labels: labels(&call, mr),
        draft: flag(mr, "draft", "object_attributes.draft")?
            .or(flag(mr, "work_in_progress", "object_attributes.work_in_progress")?)
            .unwrap_or(false),
        system: mr.at(&["system"]) == Some(&Node::Bool(true)),
        updated_at: mr.at(&["updated_at"]).and_then(Node::text).and_then(timestamp),
        no_changes: match call.at(&["changes"]) {
            None => true,
            Some(changes) => matches!(changes, Node::Object { empty: true, .. }),
        },
    })
}

fn check_kind(call: &Node) -> Result<(), CallError> {
    match call.at(&["object_kind"]) {
        None => Err(CallError::MissingField("object_kind")),
        Some(Node::Text(kind)) if kind == "merge_request" => Ok(()),
        Some(Node::Text(kind)) => Err(CallError::NotAMergeRequestCall(harmless(kind))),
        Some(_) => Err(bad("object_kind", "text")),
    }
}

/// One of the objects without which there is no call.
fn section<'n>(call: &'n Node, key: &'static str) -> Result<&'n Node, CallError> {
    let node = call.at(&[key]).ok_or(CallError::MissingField(key))?;
    match node {
        Node::Object { .. } => Ok(node),
        _ => Err(bad(key, "an object")),
    }
}

fn bad(path: &'static str, expected: &'static str) -> CallError {
    CallError::BadField { path, expected }
}

fn required_id(node: &Node, key: &str, path: &'static str) -> Result<i64, CallError> {
    optional_id(node, key, path)?.ok_or(CallError::MissingField(path))
}

fn optional_id(node: &Node, key: &str, path: &'static str) -> Result<Option<i64>, CallError> {
    match node.at(&[key]) {
        None => Ok(None),
        Some(value) => match value.id() {
            Some(id) => Ok(Some(id)),
            None => Err(bad(path, "a positive whole number below 2^63")),
        },
    }
}

/// A text that decides something: kept byte by byte, or refused. Git allows no control character in
/// the name of a branch, nor GitLab in a path.
fn exact(node: Option<&Node>, path: &'static str) -> Result<Option<String>, CallError> {
    let Some(node) = node else { return Ok(None) };
    match node.text() {
        Some(text) if text.len() <= EXACT_BYTES && !text.contains(char::is_control) => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(bad(path, "text of at most 1,024 bytes without control characters")),
    }
}

/// A text that is only shown: whatever is wrong with it, it is cut or empty.
fn shown(node: &Node, key: &str, chars: usize) -> String {
    let text = node.at(&[key]).and_then(Node::text);
    capped(text.unwrap_or_default(), chars)
}

fn flag(node: &Node, key: &str, path: &'static str) -> Result<Option<bool>, CallError> {
    match node.at(&[key]) {
        None => Ok(None),
        Some(Node::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(bad(path, "true or false")),
    }
}

fn sha(mr: &Node) -> Result<Option<String>, CallError> {
    const PATH: &str = "object_attributes.last_commit.id";
    let Some(commit) = mr.at(&["last_commit"]) else {
        return Ok(None);
    };
    if !matches!(commit, Node::Object { .. }) {
        return Err(bad("object_attributes.last_commit", "an object"));
    }
    let id = commit.at(&["id"]).ok_or(CallError::MissingField(PATH))?;
    match id.text() {
        Some(sha) if is_object_id(sha) => Ok(Some(sha.to_owned())),
        _ => Err(bad(PATH, "a full SHA of 40 or 64 lower-case hex digits")),
    }
}

/// The old head is a hint, so a bad one is dropped; all zeros is git's word for "no commit".
fn oldrev(mr: &Node) -> Option<String> {
    let text = mr.at(&["oldrev"])?.text()?;
    let commit = is_object_id(text) && text.bytes().any(|b| b != b'0');
    commit.then(|| text.to_owned())
}

/// The target project's path: from the object whose id is the target's, because `project` and
/// `target` should be the same project but only one of them need be there.
fn project_path(call: &Node, mr: &Node, project_id: i64) -> Result<String, CallError> {
    const PATHS: [&str; 2] =
        ["project.path_with_namespace", "object_attributes.target.path_with_namespace"];
    let candidates = [call.at(&["project"]), mr.at(&["target"])];
    let mut first = None;
    for (project, path) in candidates.into_iter().zip(PATHS) {
        let Some(project) = project else { continue };
        let Some(found) = exact(project.at(&["path_with_namespace"]), path)? else {
            continue;
        };
        if project.at(&["id"]).and_then(Node::id) == Some(project_id) {
            return Ok(found);
        }
        first.get_or_insert(found);
    }
    Ok(first.unwrap_or_default())
}

fn previous_target_branch(call: &Node) -> Result<Option<String>, CallError> {
    let change = call.at(&["changes", "target_branch"]);
    let previous = match change {
        Some(Node::List(items)) => items.first().filter(|item| **item != Node::Null),
        Some(change) => change.at(&["previous"]),
        None => None,
    };
    exact(previous, "changes.target_branch.previous")
}

fn actor(call: &Node) -> Option<Person> {
    let user = call.at(&["user"])?;
    Some(Person {
        id: user.at(&["id"])?.id()?,
        username: shown(user, "username", NAME_CHARS),
        name: shown(user, "name", NAME_CHARS),
    })
}

fn labels(call: &Node, mr: &Node) -> Vec<String> {
    let Some(Node::List(labels)) = mr.at(&["labels"]).or_else(|| call.at(&["labels"])) else {
        return Vec::new();
    };
    let mut bytes = 0;
    labels
        .iter()
        .map(|label| shown(label, "title", NAME_CHARS))
        .filter(|title| !title.is_empty())
        .take_while(|title| {
            bytes += title.len();
            bytes <= LABEL_BYTES
        })
        .collect()
}
