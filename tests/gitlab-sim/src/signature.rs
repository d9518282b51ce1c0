//! The signature GitLab puts on its calls.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Gives the lower-case hex HMAC-SHA256 of a body, as in `X-Gitlab-Signature`.
#[must_use]
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub fn signature_of(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes any key");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::signature_of;

    #[test]
    fn the_known_vector() {
        assert_eq!(
            signature_of("shared_secret", b"{}"),
            "6c52a647de5847fc387ead12919dc6a5b9ed08e9538583c83da266d958e33aec"
        );
    }
}
