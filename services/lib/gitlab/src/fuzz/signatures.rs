//! The signature against the definition of HMAC, RFC 2104, written out.

use sha2::{Digest, Sha256};

use super::*;
use crate::signature::{sign, verify};

const BLOCK_BYTES: usize = 64;

fn by_definition(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let hash = |pad: u8, text: &[u8]| {
        let key: Vec<u8> = block.iter().map(|byte| byte ^ pad).collect();
        Sha256::digest([&key, text].concat()).to_vec()
    };
    hash(0x5c, &hash(0x36, message))
}

proptest! {
    #[test]
    fn both_agree(
        key in prop::collection::vec(any::<u8>(), 1..200),
        body in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        prop_assert_eq!(sign(&key, &body), hex::encode(by_definition(&key, &body)));
    }

    #[test]
    fn only_the_right_one_is_taken(
        keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..200),
        header in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "[0-9a-fA-F]{64}".prop_map(String::into_bytes),
        ],
        right in any::<prop::sample::Index>(),
        signed in any::<bool>(),
    ) {
        let header = match keys.is_empty() || !signed {
            true => header,
            false => hex::encode(by_definition(right.get::<Vec<u8>>(&keys), &body)).into_bytes(),
        };
        let expected = keys.iter().position(|key| {
            !key.is_empty()
                && header.eq_ignore_ascii_case(hex::encode(by_definition(key, &body)).as_bytes())
        });
        let found = verify(Some(&header), keys.iter().map(Vec::as_slice), &body);
        prop_assert_eq!(found.ok(), expected);
    }
}
