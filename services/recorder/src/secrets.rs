//! Secrets that recorder makes up and knows again by their hash: of sessions and of tokens.

use sha2::{Digest, Sha256};

/// 256 random bits, as lower-case hex; an error when the machine has none.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// By what it is found again. The secret is random, so that a plain SHA-256 cannot be guessed back.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
