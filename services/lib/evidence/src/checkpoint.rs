//! Checkpoints: the size and the root of the tree, signed with a key that the database does not hold.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::SigningKey;
use signed_note::{
    Note, Signer, StandardSigner, StandardVerifier, VerifierList, generate_key,
    new_ed25519_verifier_key,
};

use crate::{Frontier, Hash};

/// When a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// When it is not the private key of a log.
    #[error("it does not have the form PRIVATE+KEY+<name>+<id>+<key>")]
    Private,
    /// When it is not the public key of a log.
    #[error("it does not have the form <name>+<id>+<key>")]
    Public,
    /// When a log cannot have this name.
    #[error("the name of a log is not empty and has neither spaces nor +")]
    Name,
}

/// When a note is not a checkpoint that can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// When it is no checkpoint.
    #[error("it is not a checkpoint")]
    Malformed,
    /// When another key has signed it, or none.
    #[error("it is not signed with this key")]
    NotSigned,
}

/// What signs the checkpoints of one log.
pub struct LogKey {
    name: String,
    signer: StandardSigner,
    verifier: String,
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What tells whether a checkpoint is of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey(String);

/// How large the tree was at some time, and its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Records in the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl LogKey {
    /// A new key for a log of this name.
    ///
    /// # Errors
    ///
    /// When a log cannot have this name.
    pub fn generate(name: &str) -> Result<String, KeyError> {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
            return Err(KeyError::Name);
        }
        let (private, _) = generate_key(&mut rand_core::OsRng, name);
        Ok(private)
    }

    /// Reads a private key.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let signer = StandardSigner::new(text).map_err(|_| KeyError::Private)?;
        let bytes = text.splitn(5, '+').last().and_then(|key| BASE64_STANDARD.decode(key).ok());
        let seed = bytes.as_deref().and_then(|it| it.get(1..)).ok_or(KeyError::Private)?;
        let key = SigningKey::try_from(seed).map_err(|_| KeyError::Private)?;
        let name = signer.name().to_owned();
        let verifier = new_ed25519_verifier_key(&name, &key.verifying_key());
        Ok(Self { name, signer, verifier })
    }

    /// What others verify with.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey(self.verifier.clone())
    }

    /// A signed checkpoint of a tree, as a note; `None` when it cannot be signed.
    #[must_use]
    pub fn sign(&self, tree: &Frontier) -> Option<String> {
        let root = BASE64_STANDARD.encode(tree.root());
        let text = format!("{}\n{}\n{root}\n", self.name, tree.size());
        let mut note = Note::new(text.as_bytes(), &[]).ok()?;
        note.add_sigs(&[&self.signer]).ok()?;
        String::from_utf8(note.to_bytes()).ok()
    }
}

impl VerifierKey {
    /// Reads a public key.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        StandardVerifier::new(text).map_err(|_| KeyError::Public)?;
        Ok(Self(text.to_owned()))
    }

    /// The key as others write it down.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its log.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    /// What a note says, once its signature was checked.
    ///
    /// # Errors
    ///
    /// When it is no checkpoint of this log, or not signed with its key.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        let read = Note::from_bytes(note.as_bytes()).map_err(|_| NoteError::Malformed)?;
        let key = StandardVerifier::new(&self.0).map_err(|_| NoteError::NotSigned)?;
        let known = VerifierList::new(vec![Box::new(key)]);
        read.verify(&known).map_err(|_| NoteError::NotSigned)?;
        let text = std::str::from_utf8(read.text()).map_err(|_| NoteError::Malformed)?;
        let mut lines = text.lines();
        let (Some(name), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Malformed);
        };
        let root = BASE64_STANDARD.decode(root).ok().and_then(|it| Hash::try_from(it).ok());
        let (Ok(size), Some(root)) = (size.parse(), root) else {
            return Err(NoteError::Malformed);
        };
        if name == self.name() { Ok(Checkpoint { size, root }) } else { Err(NoteError::NotSigned) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use crate::leaf_hash;

    fn tree(records: &[&str]) -> Frontier {
        let mut tree = Frontier::default();
        records.iter().for_each(|record| tree.push(leaf_hash(record.as_bytes())));
        tree
    }

    #[test]
    fn a_checkpoint_is_opened_with_the_key_of_its_log() {
        let key = LogKey::read(&LogKey::generate("approvals.example.com").unwrap()).unwrap();
        let note = key.sign(&tree(&["one", "two"])).unwrap();
        assert!(note.starts_with("approvals.example.com\n2\n"), "{note}");
        let verifier = VerifierKey::read(key.verifier().as_str()).unwrap();
        let root = tree(&["one", "two"]).root();
        assert_eq!(verifier.open(&note), Ok(Checkpoint { size: 2, root }));
        let other = LogKey::read(&LogKey::generate("approvals.example.com").unwrap()).unwrap();
        assert_eq!(other.verifier().open(&note), Err(NoteError::NotSigned));
        let changed = note.replace("\n2\n", "\n3\n");
        assert_eq!(verifier.open(&changed), Err(NoteError::NotSigned));
        assert_eq!(verifier.open("nothing"), Err(NoteError::Malformed));
    }

    #[test]
    fn what_is_no_key_is_said_and_never_shown() {
        let private = LogKey::generate("log").unwrap();
        assert_eq!(LogKey::read("log").unwrap_err(), KeyError::Private);
        assert_eq!(LogKey::read(&private[..private.len() - 2]).unwrap_err(), KeyError::Private);
        assert_eq!(VerifierKey::read(&private).unwrap_err(), KeyError::Public);
        assert_eq!(LogKey::generate("a log").unwrap_err(), KeyError::Name);
        let shown = format!("{:?}", LogKey::read(&private).unwrap());
        assert_eq!(shown, "LogKey { name: \"log\", .. }");
    }
}
