//! Secrets that the daemon gives out: long enough that nobody guesses one, and kept only as a hash.

use argon2::password_hash::rand_core::{OsRng, RngCore};
use blake2::{Blake2s256, Digest};

/// What an API token begins with, so that one is known where it turns up. Source: safety design, 5.
pub const TOKEN_PREFIX: &str = "hth_";

/// Bytes of a secret. Source: safety design, 5: 256 bit.
const SECRET_BYTES: usize = 32;
/// Bytes of an id that is no secret.
const ID_BYTES: usize = 6;

/// A secret that nobody knows yet, in hexadecimal digits.
pub fn fresh() -> String {
    random::<SECRET_BYTES>()
}

/// An id for something that is kept, in hexadecimal digits.
pub fn fresh_id() -> String {
    random::<ID_BYTES>()
}

/// What is kept of a secret. No salt and nothing slow: a secret of 256 random bits is not found by trying.
pub fn digest(secret: &str) -> String {
    hexadecimal(&Blake2s256::digest(secret.as_bytes()))
}

fn random<const N: usize>() -> String {
    let mut bytes = [0_u8; N];
    OsRng.fill_bytes(&mut bytes);
    hexadecimal(&bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_256_bits_and_is_not_found_in_its_digest() {
        let (one, other) = (fresh(), fresh());
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
        assert_eq!(digest(&one), digest(&one));
        assert_ne!(digest(&one), one);
    }
}
