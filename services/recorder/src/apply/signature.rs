//! What a source has signed: Ed25519 over its name and the bytes of the message, with an nkey.

use std::collections::HashMap;

use bus::SIGNATURE_HEADER;
use nkeys::KeyPair;

/// Keeps this signature apart from any other use of the same key.
const PURPOSE: &str = "countersign decision v1";

/// How a source signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// Its public keys, as NATS writes them (`U…`); several during a change.
    pub public_keys: Vec<String>,
    /// Whether a decision without a signature is refused.
    pub required: bool,
}

/// Whether a text is the public key of an nkey.
#[must_use]
pub fn is_public_key(text: &str) -> bool {
    KeyPair::from_public_key(text).is_ok()
}

/// How each source signs; those that are not in it do not.
pub(crate) type Keys = HashMap<String, Signing>;

/// Whether a source has signed these bytes; without a signature it has not, which can be right.
///
/// What is wrong comes back as one sentence.
pub(super) fn is_signed(
    keys: &Keys,
    source: &str,
    signature: Option<&str>,
    data: &[u8],
) -> Result<bool, String> {
    let signing = keys.get(source);
    let Some(signature) = signature else {
        return match signing {
            Some(Signing { required: true, .. }) => Err(format!(
                "The source {source} must sign its decisions (header {SIGNATURE_HEADER})."
            )),
            _ => Ok(false),
        };
    };
    let wrong = || format!("The signature is not one of the source {source} over this message.");
    let signing = signing.ok_or_else(|| {
        format!(
            "No public key of the source {source} is configured, so its signature cannot count."
        )
    })?;
    let signature = hex::decode(signature).map_err(|_| wrong())?;
    let signed = [PURPOSE.as_bytes(), b"\n", source.as_bytes(), b"\n", data].concat();
    let is_of = |key: &String| {
        KeyPair::from_public_key(key).is_ok_and(|key| key.verify(&signed, &signature).is_ok())
    };
    if signing.public_keys.iter().any(is_of) { Ok(true) } else { Err(wrong()) }
}
