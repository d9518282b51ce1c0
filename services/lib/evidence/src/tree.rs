//! A Merkle tree that only grows, by its right edge alone.

use sha2::{Digest, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a record (RFC 9162, 2.1.1).
#[must_use]
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a tree: the roots of the whole subtrees that it is made of, widest first. That is all
/// it takes to add records and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Reads what [`Frontier::to_text`] has written; `None` when it is none of a tree of this size.
    #[must_use]
    pub fn read(size: u64, text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let peaks: Vec<Hash> =
            bytes.chunks(32).map(Hash::try_from).collect::<Result<_, _>>().ok()?;
        let whole = peaks.len() == usize::try_from(size.count_ones()).ok()?;
        whole.then_some(Self { size, peaks })
    }

    /// Its peaks, as lower-case hex.
    #[must_use]
    pub fn to_text(&self) -> String {
        hex::encode(self.peaks.concat())
    }

    /// How many records there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a record by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut peak = leaf;
        // Each trailing one of the size is a whole subtree as wide as the new one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                peak = node_hash(&left, &peak);
            }
        }
        self.peaks.push(peak);
        self.size += 1;
    }

    /// The root of the tree (RFC 9162, 2.1.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::*;

    fn grown(records: &[Vec<u8>]) -> Frontier {
        let mut tree = Frontier::default();
        records.iter().for_each(|record| tree.push(leaf_hash(record)));
        tree
    }

    #[test]
    fn an_empty_tree_has_the_root_of_nothing() {
        let root = hex::encode(Frontier::default().root());
        assert_eq!(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn the_root_is_that_of_the_whole_tree() {
        let mut whole = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut records = Vec::new();
        for size in 1..=130_u8 {
            records.push(vec![size; usize::from(size)]);
            whole.push(records[records.len() - 1].clone());
            let tree = grown(&records);
            assert_eq!(tree.root()[..], whole.root().as_bytes()[..], "{size}");
            assert_eq!(Frontier::read(tree.size(), &tree.to_text()), Some(tree), "{size}");
        }
    }

    #[test]
    fn what_is_no_edge_is_not_read() {
        let tree = grown(&[vec![1], vec![2], vec![3]]);
        let text = tree.to_text();
        assert_eq!(Frontier::read(3, &text), Some(tree));
        for (size, wrong) in [(4, text.as_str()), (3, &text[2..]), (3, "zz"), (1, "")] {
            assert_eq!(Frontier::read(size, wrong), None);
        }
        assert_eq!(Frontier::read(0, "").unwrap(), Frontier::default());
    }
}
