//! The audit record as evidence: a Merkle tree over its records (RFC 9162, section 2), checkpoints that
//! are signed (C2SP tlog-checkpoint and signed-note), and what a verdict was made of.
//!
//! Invariant: nothing here reads a clock, a file or a database. Whoever has an export and a checkpoint
//! kept elsewhere can check both with this crate alone.

mod checkpoint;
mod export;
mod inputs;
mod tree;

pub use checkpoint::{Checkpoint, KeyError, LogKey, NoteError, VerifierKey};
pub use export::{Line, Personal, Record, commitment, digest, sorted};
pub use inputs::{Inputs, InputsError};
pub use tree::{Frontier, Hash, leaf_hash};
