//! Passwords: Argon2id hashes in the PHC format, and checking one against them.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, SaltString};
use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};

/// Shortest password that is taken. Source: NIST SP 800-63B, 5.1.1.1. Unit: characters.
pub const CHARS_MIN: usize = 8;
/// Longest password that is looked at. Unit: bytes.
pub const BYTES_MAX: usize = 1024;
/// What an unknown user's password is compared with, so that the answer takes as long as for a known one.
pub const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$zDzqQiUeAUDT2Bs1OQLoRNxtI6jEY9RcI0YyfJuyMwk";

/// The Argon2id hash of a password in the PHC format, under a fresh salt.
///
/// # Errors
/// None for any password that fits into memory.
pub fn hash(password: &str) -> Result<String, password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}

/// Whether a password is the one of a hash.
pub fn fits(password: &str, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    PasswordHash::new(hash).is_ok_and(verify)
}

/// What is wrong with a new password.
pub fn fault(password: &str) -> Option<String> {
    let is_fine = password.chars().count() >= CHARS_MIN && password.len() <= BYTES_MAX;
    (!is_fine).then(|| format!("choose a password of at least {CHARS_MIN} characters, and at most {BYTES_MAX} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let hashed = hash("first crack").unwrap();
        assert!(fits("first crack", &hashed) && !fits("second crack", &hashed) && !fits("first crack", "nonsense"));
    }

    #[test]
    fn nobody_has_a_password_that_is_checked_like_any_other() {
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn a_new_password_is_neither_short_nor_endless() {
        assert!(fault("seven77").is_some() && fault(&"x".repeat(BYTES_MAX + 1)).is_some());
        assert!(fault("eight888").is_none() && fault("ää ää ää ä").is_none());
    }
}
