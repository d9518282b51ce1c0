//! `X-GitLab-Signature`: the lower-case hex HMAC-SHA256 of the raw body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// Bytes of an HMAC-SHA256.
const MAC_BYTES: usize = 32;

/// Why a body is not accepted as GitLab's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No `X-GitLab-Signature` header: the status check has no shared secret in GitLab.
    #[error("The call has no X-GitLab-Signature header; set a shared secret on the status check.")]
    Missing,
    /// The header is there but is not 64 hex digits.
    #[error("The X-GitLab-Signature header is not 64 hex digits.")]
    Malformed,
    /// The header is well formed but no secret of ours makes it.
    #[error("The signature does not match; the shared secret in GitLab differs from ours.")]
    Mismatch,
}

/// The signature GitLab sends for this body, in lower-case hex.
#[must_use]
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    hex::encode(mac(secret, body))
}

/// A signature as a caller claims it, in the right form but not yet proven.
#[derive(Debug, Clone, Copy)]
pub struct Claim([u8; MAC_BYTES]);

impl Claim {
    /// Reads the header's bytes, which can be done before there is a body.
    ///
    /// # Errors
    ///
    /// When the header is absent or is not 64 hex digits.
    pub fn read(header: Option<&[u8]>) -> Result<Self, SignatureError> {
        let header = header.ok_or(SignatureError::Missing)?;
        let mut claimed = [0_u8; MAC_BYTES];
        hex::decode_to_slice(header, &mut claimed).map_err(|_| SignatureError::Malformed)?;
        Ok(Self(claimed))
    }

    /// Checks it against every secret and returns the index of the one that matched.
    ///
    /// Several secrets live side by side while one is being replaced. All of them are always tried,
    /// so the time taken tells neither how close a guess was nor which secret is in use. An empty
    /// secret never matches: otherwise a blank setting would let anybody sign.
    ///
    /// # Errors
    ///
    /// When it was made with none of the secrets.
    pub fn verify<'a>(
        &self,
        secrets: impl IntoIterator<Item = &'a [u8]>,
        body: &[u8],
    ) -> Result<usize, SignatureError> {
        let mut found = Choice::from(0);
        let mut matched = 0_u64;
        for (index, secret) in (0_u64..).zip(secrets) {
            let usable = Choice::from(u8::from(!secret.is_empty()));
            let equal = mac(secret, body).ct_eq(&self.0) & usable;
            matched.conditional_assign(&index, equal & !found);
            found |= equal;
        }
        if bool::from(found) {
            usize::try_from(matched).map_err(|_| SignatureError::Mismatch)
        } else {
            Err(SignatureError::Mismatch)
        }
    }
}

/// Reads the header's bytes and checks them against every secret; see [`Claim`].
///
/// # Errors
///
/// When the header is absent, is not 64 hex digits, or was made with none of the secrets.
pub fn verify<'a>(
    header: Option<&[u8]>,
    secrets: impl IntoIterator<Item = &'a [u8]>,
    body: &[u8],
) -> Result<usize, SignatureError> {
    Claim::read(header)?.verify(secrets, body)
}

fn mac(secret: &[u8], body: &[u8]) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;
    use proptest::prelude::*;

    const KEY: &[u8] = b"shared_secret";
    const SIGNATURE: &str = "6c52a647de5847fc387ead12919dc6a5b9ed08e9538583c83da266d958e33aec";

    fn check(header: Option<&str>, secrets: &[&[u8]]) -> Result<usize, SignatureError> {
        verify(header.map(str::as_bytes), secrets.iter().copied(), b"{}")
    }

    #[test]
    fn gitlabs_own_vector_signs_and_verifies() {
        assert_eq!(sign(KEY, b"{}"), SIGNATURE);
        assert_eq!(check(Some(SIGNATURE), &[KEY]), Ok(0));
    }

    #[test]
    fn w01_w02_a_missing_or_empty_signature_is_refused() {
        assert_eq!(check(None, &[KEY]), Err(SignatureError::Missing));
        assert_eq!(check(Some(""), &[KEY]), Err(SignatureError::Malformed));
    }

    #[test]
    fn w04_upper_case_hex_is_the_same_signature() {
        assert_eq!(check(Some(&SIGNATURE.to_uppercase()), &[KEY]), Ok(0));
    }

    #[test]
    fn w05_a_prefix_or_any_other_form_is_refused() {
        for header in [
            format!("sha256={SIGNATURE}"),
            format!(" {SIGNATURE}"),
            format!("{SIGNATURE}00"),
            SIGNATURE[2..].to_owned(),
            SIGNATURE[1..].to_owned(),
            "g".repeat(64),
        ] {
            assert_eq!(check(Some(&header), &[KEY]), Err(SignatureError::Malformed), "{header}");
        }
        let not_text = [0xFF; 64];
        assert_eq!(verify(Some(&not_text), [KEY], b"{}"), Err(SignatureError::Malformed));
    }

    #[test]
    fn w07_another_secret_is_refused() {
        assert_eq!(check(Some(SIGNATURE), &[b"other"]), Err(SignatureError::Mismatch));
        assert_eq!(check(Some(SIGNATURE), &[]), Err(SignatureError::Mismatch));
    }

    #[test]
    fn w08_the_index_tells_which_secret_signed() {
        assert_eq!(check(Some(SIGNATURE), &[b"new", KEY]), Ok(1));
        assert_eq!(check(Some(SIGNATURE), &[KEY, b"new"]), Ok(0));
        assert_eq!(check(Some(SIGNATURE), &[b"new", KEY, KEY]), Ok(1));
    }

    #[test]
    fn w10_other_bytes_of_the_same_json_are_refused() {
        let header = Some(SIGNATURE.as_bytes());
        assert_eq!(verify(header, [KEY], b"{ }"), Err(SignatureError::Mismatch));
    }

    #[test]
    fn an_empty_secret_lets_nobody_in() {
        let header = sign(b"", b"{}");
        assert_eq!(check(Some(&header), &[b""]), Err(SignatureError::Mismatch));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_one_flipped_bit_does_not(
            secret in prop::collection::vec(any::<u8>(), 1..300),
            body in prop::collection::vec(any::<u8>(), 0..300),
            bit in 0_usize..256,
        ) {
            let header = sign(&secret, &body);
            let secrets = || [secret.as_slice()];
            prop_assert_eq!(verify(Some(header.as_bytes()), secrets(), &body), Ok(0));
            let mut forged = hex::decode(&header).unwrap();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = hex::encode(forged);
            prop_assert_eq!(
                verify(Some(forged.as_bytes()), secrets(), &body),
                Err(SignatureError::Mismatch)
            );
        }

        #[test]
        fn no_header_panics(header in prop::collection::vec(any::<u8>(), 0..130)) {
            let result = verify(Some(&header), [KEY], b"{}");
            prop_assert!(result.is_err());
        }
    }
}
