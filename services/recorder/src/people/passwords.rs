//! Passwords: what one must be, its hash, and whether it is the right one.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use super::Refused;

/// Fewest characters, as people who guess are fast.
const CHARS_MIN: usize = 12;
/// Most bytes, as hashing takes longer with each.
const BYTES_MAX: usize = 1024;
/// A hash of nobody's password with the parameters of today: verifying it takes as long as another.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0ISE$\
    2nJ5b0yJr0m1W4o1s7m2kq3dVQY8b1uQ2h1dH4wzq0E";

/// What is wrong with a new password, in one sentence.
pub(super) fn trouble(id: &str, password: &str) -> Option<&'static str> {
    if password.chars().count() < CHARS_MIN {
        return Some("a password has at least 12 characters");
    }
    if password.len() > BYTES_MAX {
        return Some("a password has at most 1024 bytes");
    }
    let lower = password.to_lowercase();
    let first = lower.chars().next();
    if lower == id || lower.chars().all(|c| Some(c) == first) {
        return Some("a password is neither the login name nor one character again and again");
    }
    None
}

/// The hash of a password, with a salt of its own. It takes a while: not for an async thread.
pub(super) fn hash(password: &str) -> Result<String, Refused> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| Refused::Unable)
}

/// Whether this is the password; without a hash it takes the same time, and is not. Not for an async
/// thread.
pub(super) fn is_right(password: &str, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else {
        return false;
    };
    let right = password.len() <= BYTES_MAX
        && Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    right && hash.is_some()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[test]
    fn a_new_password_is_long_and_not_the_name() {
        assert_eq!(trouble("ada", "eleven char"), Some("a password has at least 12 characters"));
        assert_eq!(trouble("ada", &"x".repeat(1025)), Some("a password has at most 1024 bytes"));
        for poor in ["ada.lovelace", "Ada.Lovelace", "aaaaaaaaaaaa"] {
            assert!(trouble("ada.lovelace", poor).is_some(), "{poor}");
        }
        assert_eq!(trouble("ada", "twelve chars"), None);
    }

    #[test]
    fn only_the_right_password_is_right() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_right("correct horse battery", Some(&hash)));
        assert!(!is_right("correct horse batterz", Some(&hash)));
        assert!(!is_right("correct horse battery", None));
    }

    #[test]
    fn nobodys_hash_is_verified_like_another() {
        let (nobodys, ours) = (PasswordHash::new(NOBODYS).unwrap(), hash("twelve chars").unwrap());
        let ours = PasswordHash::new(&ours).unwrap();
        assert_eq!(nobodys.params, ours.params);
        assert_eq!(nobodys.hash.unwrap().as_bytes().len(), ours.hash.unwrap().as_bytes().len());
    }
}
