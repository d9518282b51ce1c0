//! The tree over the audit record (RFC 9162, 2.1.1), made without the product's own code.

use sha2::{Digest, Sha256};

/// The hash of a record in the tree.
#[must_use]
pub fn leaf(record: &str) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

/// The roots of the whole subtrees that a tree is made of, widest first, as lower-case hex.
#[must_use]
pub fn peaks(leaves: &[[u8; 32]]) -> String {
    if leaves.is_empty() {
        return String::new();
    }
    let width = 1_usize << leaves.len().ilog2();
    let (first, rest) = leaves.split_at(width);
    format!("{}{}", hex::encode(root(first)), peaks(rest))
}

/// The root of a whole tree.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    let half = leaves.len() / 2;
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = (root(&leaves[..half]), root(&leaves[half..]));
            Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
        }
    }
}
