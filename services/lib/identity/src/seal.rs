//! What only the holder of a secret can read: a text sealed under it (ChaCha20-Poly1305, RFC 8439).

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use sha2::{Digest, Sha256};

const NONCE_BYTES: usize = 12;
/// Keeps this key apart from any other use of the same secret.
const PURPOSE: &[u8] = b"countersign: proof of a session";

/// When a sealed text cannot be read: it was sealed under another secret, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was sealed under another secret, or changed since")]
pub struct Unreadable;

fn cipher(secret: &str) -> ChaCha20Poly1305 {
    // The secret is 256 random bits: it needs no stretching.
    let key = Sha256::new().chain_update(PURPOSE).chain_update(secret).finalize();
    ChaCha20Poly1305::new(&Key::from(<[u8; 32]>::from(key)))
}

/// Seals a text under a secret of at least 256 random bits, as lower-case hex.
///
/// # Errors
///
/// When the machine has no random bits.
pub fn seal(secret: &str, text: &str) -> Result<String, Unreadable> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| Unreadable)?;
    let message = Payload { msg: text.as_bytes(), aad: b"" };
    let sealed = cipher(secret).encrypt(&Nonce::from(nonce), message).map_err(|_| Unreadable)?;
    Ok(hex::encode([&nonce[..], &sealed].concat()))
}

/// Opens what was sealed under this secret.
///
/// # Errors
///
/// When it was sealed under another one, or changed since.
pub fn open(secret: &str, sealed: &str) -> Result<String, Unreadable> {
    let bytes = hex::decode(sealed).map_err(|_| Unreadable)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unreadable)?;
    let opened = cipher(secret).decrypt(&Nonce::from(*nonce), sealed).map_err(|_| Unreadable)?;
    String::from_utf8(opened).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[test]
    fn what_is_sealed_is_read_with_its_secret_alone() {
        let sealed = seal("secret", "text").unwrap();
        assert_eq!(open("secret", &sealed).unwrap(), "text");
        assert_ne!(seal("secret", "text").unwrap(), sealed);
        assert!(!sealed.contains(&hex::encode("text")));
        assert_eq!(open("another", &sealed), Err(Unreadable));
        let changed =
            sealed.replace(&sealed[30..31], if &sealed[30..31] == "0" { "1" } else { "0" });
        assert_eq!(open("secret", &changed), Err(Unreadable));
        for wrong in ["", "00", "zz"] {
            assert_eq!(open("secret", wrong), Err(Unreadable), "{wrong}");
        }
    }
}
