//! `countersign audit verify`: everything that an export claims, checked with nothing but the export.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use approval::Policy;
use clap::Args;
use evidence::{
    Checkpoint, Frontier, Inputs, Line, Personal, Record, VerifierKey, commitment, leaf_hash,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    config::{hash_of, recorded},
    operator::{Problem, print},
};

/// What to check, and against what.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The exported file
    file: PathBuf,
    /// The key that the checkpoints must be signed with; without it that in the file, which proves less
    #[arg(long, value_name = "VERIFIER KEY")]
    key: Option<String>,
    /// A checkpoint that was kept elsewhere: the file must go on from it
    #[arg(long, value_name = "FILE")]
    known_checkpoint: Option<PathBuf>,
}

/// What was found to be as it should be.
#[derive(Debug, Default)]
struct Found {
    tree: Frontier,
    checkpoints: usize,
    /// Of the last checkpoint.
    signed: u64,
    verdicts: usize,
    erased: usize,
    /// Policies by their hash.
    policies: HashMap<String, Policy>,
    /// The verdict that each request had last.
    last: HashMap<Uuid, String>,
}

/// Checks a file: exit code 0 when all is right, 1 when something is not, 2 when it could not be checked.
pub(super) fn run(arguments: &Verify) -> Result<(), Problem> {
    let unable = |what: String| Problem::Unable(what);
    let (key, checkpoints) = ahead(&arguments.file, arguments.key.as_deref())?;
    let known = match &arguments.known_checkpoint {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| unable(format!("{}: {error}", file.display())))?;
            let opened = key.open(&text).map_err(|error| {
                Problem::Failed(format!("the known checkpoint is not of this log: {error}"))
            })?;
            Some(opened)
        }
        None => None,
    };
    let mut found = Found::default();
    for line in read(&arguments.file)? {
        if let Line::Record { seq, leaf, hash, personal } = line? {
            found.record(seq, &leaf, &hash, personal.as_deref()).map_err(Problem::Failed)?;
            let here = checkpoints.iter().chain(&known).filter(|it| it.size == found.tree.size());
            if let Some(other) = here.into_iter().find(|it| it.root != found.tree.root()) {
                return Err(Problem::Failed(found.rewritten(other, &checkpoints)));
            }
        }
    }
    found.checkpoints = checkpoints.len();
    found.signed = checkpoints.iter().map(|it| it.size).max().unwrap_or_default();
    found.ends_well(known)?;
    print(&found.told(&key, arguments));
    Ok(())
}

/// The lines of a file.
fn read(file: &Path) -> Result<impl Iterator<Item = Result<Line, Problem>> + use<>, Problem> {
    let opened = File::open(file);
    let opened = opened.map_err(|error| Problem::Unable(format!("{}: {error}", file.display())))?;
    let lines = BufReader::new(opened).lines().enumerate();
    Ok(lines.map(|(place, line)| {
        let number = place + 1;
        let line = line.map_err(|error| Problem::Unable(format!("line {number}: {error}")))?;
        serde_json::from_str(&line).map_err(|error| {
            Problem::Failed(format!("line {number} is none of an export: {error}"))
        })
    }))
}

/// What stands in the file beside the records: the key, and every checkpoint that it has signed.
fn ahead(file: &Path, given: Option<&str>) -> Result<(VerifierKey, Vec<Checkpoint>), Problem> {
    let (mut key, mut notes) = (None, Vec::new());
    for line in read(file)? {
        match line? {
            Line::Log { verifier } => key = Some(verifier),
            Line::Checkpoint(note) => notes.push(note),
            Line::Record { .. } => {}
        }
    }
    let text = given.map(ToOwned::to_owned).or(key);
    let text = text.ok_or_else(|| Problem::Unable("the file names no key".to_owned()))?;
    let key = VerifierKey::read(&text)
        .map_err(|error| Problem::Unable(format!("the verifier key: {error}")))?;
    let mut checkpoints = Vec::new();
    for (place, note) in notes.iter().enumerate() {
        match key.open(note) {
            Ok(checkpoint) => checkpoints.push(checkpoint),
            // Before the key was changed another one signed; the newest must be of this one.
            Err(_) if place + 1 < notes.len() => {}
            Err(error) => {
                return Err(Problem::Failed(format!("the newest checkpoint: {error}")));
            }
        }
    }
    Ok((key, checkpoints))
}

impl Found {
    /// Takes in a record; what is wrong with it, in one sentence.
    fn record(
        &mut self,
        seq: u64,
        leaf: &str,
        hash: &str,
        personal: Option<&str>,
    ) -> Result<(), String> {
        if seq != self.tree.size() + 1 {
            return Err(format!("after record {} comes record {seq}", self.tree.size()));
        }
        let actual = leaf_hash(leaf.as_bytes());
        if hex::encode(actual) != hash {
            return Err(format!("record {seq} was changed: it is not what its hash says"));
        }
        let record: Record = serde_json::from_str(leaf)
            .map_err(|error| format!("record {seq} is none of Countersign: {error}"))?;
        if record.seq != seq {
            return Err(format!("record {seq} says that it is record {}", record.seq));
        }
        if personal.is_some_and(|personal| commitment(personal) != record.personal) {
            return Err(format!("record {seq}: what it says of people was changed"));
        }
        self.tree.push(actual);
        self.judge(&record, personal).map_err(|wrong| format!("record {seq}: {wrong}"))
    }

    /// Makes the verdict of a record once more.
    fn judge(&mut self, record: &Record, personal: Option<&str>) -> Result<(), String> {
        let text = |name: &str| record.data[name].as_str().unwrap_or_default();
        match (record.kind.as_str(), record.request_id) {
            ("policy", _) => self.policy(text("policy"), text("text")),
            ("opened" | "became", Some(id)) if !text("verdict").is_empty() => {
                self.last.insert(id, text("verdict").to_owned());
                let Some(personal) = personal else {
                    self.erased += 1;
                    return Ok(());
                };
                let policy = self.policies.get(text("policy"));
                let policy = policy.ok_or("its policy is not on record")?;
                justified(policy, text("verdict"), text("inputs_sha256"), personal)?;
                self.verdicts += 1;
                Ok(())
            }
            ("asked", Some(id)) if text("status") == "passed" => {
                match self.last.get(&id).map(String::as_str) {
                    Some("approved") => Ok(()),
                    _ => Err("GitLab was to show passed for what was not approved".to_owned()),
                }
            }
            _ => Ok(()),
        }
    }

    fn policy(&mut self, hash: &str, text: &str) -> Result<(), String> {
        if hash_of(text) != hash {
            return Err("the policy is not the one of its hash".to_owned());
        }
        let policy = recorded(text).map_err(|error| error.to_string())?;
        self.policies.insert(hash.to_owned(), policy);
        Ok(())
    }

    /// Where another history begins, as far as checkpoints tell.
    fn rewritten(&self, other: &Checkpoint, all: &[Checkpoint]) -> String {
        let good = all.iter().filter(|it| it.size < other.size).map(|it| it.size).max();
        format!(
            "the records {} to {} are not those that were signed: the history was rewritten",
            good.unwrap_or_default() + 1,
            other.size
        )
    }

    /// Nothing is missing at the end, and nothing stands there unsigned.
    fn ends_well(&self, known: Option<Checkpoint>) -> Result<(), Problem> {
        let (size, most) = (self.tree.size(), known.map_or(0, |it| it.size).max(self.signed));
        if most > size {
            let sentence = format!("{most} records were signed, and {size} are here");
            return Err(Problem::Failed(sentence));
        }
        if self.signed < size {
            let sentence = format!("the records from {} on are not signed", self.signed + 1);
            return Err(Problem::Failed(sentence));
        }
        Ok(())
    }

    fn told(&self, key: &VerifierKey, arguments: &Verify) -> String {
        let size = self.tree.size();
        let mut lines = vec![format!("The record verifies: {size} records of {}.", key.name())];
        lines.push(format!("  {} signed checkpoints hold", self.checkpoints));
        lines.push(format!("  {} verdicts follow from what they were made of", self.verdicts));
        if self.erased > 0 {
            let count = self.erased;
            lines
                .push(format!("  {count} verdicts cannot be made again: their people were erased"));
        }
        match arguments.known_checkpoint.is_some() {
            true => lines.push("  it goes on from the known checkpoint".to_owned()),
            false => lines.push(
                "  no known checkpoint was given (--known-checkpoint): a whole new history would \
                 look the same"
                    .to_owned(),
            ),
        }
        if arguments.key.is_none() {
            lines.push(format!(
                "  the key is the one in the file (--key gives another): {}",
                key.as_str()
            ));
        }
        lines.join("\n")
    }
}

/// Whether a verdict follows from what it was made of.
fn justified(policy: &Policy, verdict: &str, digest: &str, personal: &str) -> Result<(), String> {
    let personal: Personal = serde_json::from_str(personal).map_err(|error| error.to_string())?;
    let inputs: &Value = &personal.data["inputs"];
    if evidence::digest(inputs) != digest {
        return Err("what its verdict was made of is not what was signed".to_owned());
    }
    let inputs: Inputs =
        serde_json::from_value(inputs.clone()).map_err(|error| error.to_string())?;
    let (again, why) = inputs.verdict(policy).map_err(|error| error.to_string())?;
    if again.as_str() != verdict {
        let again = again.as_str();
        return Err(format!("its verdict is {verdict}, and would be {again}: {why}"));
    }
    let said = personal.data["explanation"].as_str().unwrap_or_default();
    if said == why { Ok(()) } else { Err(format!("it explains itself otherwise: {why}")) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use std::io::Write;

    use evidence::LogKey;
    use serde_json::json;

    use super::*;

    /// An export by whoever has the key: a policy, and one verdict about nothing that anybody decided.
    fn export(verdict: &str, explanation: &str) -> tempfile::NamedTempFile {
        let policy = crate::load(None, &[]).unwrap().policy_text();
        let hash = hash_of(&policy);
        let inputs = json!({
            "sha": "a".repeat(40), "decisions": [], "round_began_at": 1, "passed": null,
            "frozen_at": null, "automatic_since": null,
            "facts": {
                "gitlab": "main", "project": "shop/web", "check": "Change", "title": "T", "url": "",
                "source_branch": "f", "target_branch": "main", "author_id": null,
                "author_name": null, "pushed_by": [], "labels": [], "draft": false,
            },
        });
        let verdict = json!({
            "state": verdict, "verdict": verdict, "policy": hash,
            "inputs_sha256": evidence::digest(&inputs),
        });
        let records = [
            ("policy", json!({ "policy": hash, "text": policy }), json!({})),
            ("opened", verdict, json!({ "inputs": inputs, "explanation": explanation })),
        ];
        let key = LogKey::read(&LogKey::generate("log").unwrap()).unwrap();
        let (mut tree, mut file) = (Frontier::default(), tempfile::NamedTempFile::new().unwrap());
        let mut write = |line: &Line| writeln!(file, "{}", serde_json::to_string(line).unwrap());
        write(&Line::Log { verifier: key.verifier().as_str().to_owned() }).unwrap();
        for (kind, data, personal) in records {
            let (message, salt) = (String::new(), String::new());
            let personal =
                serde_json::to_string(&Personal { salt, message, data: personal }).unwrap();
            let seq = tree.size() + 1;
            let (kind, request_id) = (kind.to_owned(), Some(Uuid::nil()));
            let commitment = commitment(&personal);
            let record = Record { seq, at: 1, kind, request_id, data, personal: commitment };
            let leaf = serde_json::to_string(&record).unwrap();
            let hash = leaf_hash(leaf.as_bytes());
            tree.push(hash);
            let (hash, personal) = (hex::encode(hash), Some(personal));
            write(&Line::Record { seq, leaf, hash, personal }).unwrap();
        }
        write(&Line::Checkpoint(key.sign(&tree).unwrap())).unwrap();
        file
    }

    fn said(file: &tempfile::NamedTempFile) -> String {
        let file = file.path().to_owned();
        let verify = Verify { file, key: None, known_checkpoint: None };
        run(&verify).err().map(|problem| problem.to_string()).unwrap_or_default()
    }

    #[test]
    fn whoever_signs_cannot_make_up_a_verdict() {
        let honest = "0 of 1: needs one more approval.";
        assert_eq!(said(&export("waiting", honest)), "");
        let made_up = said(&export("approved", "Approved by Ada."));
        let why = "record 2: its verdict is approved, and would be waiting: ";
        assert_eq!(made_up, format!("{why}{honest}"));
        let talked = said(&export("waiting", "Nobody is needed."));
        assert_eq!(talked, format!("record 2: it explains itself otherwise: {honest}"));
    }
}
