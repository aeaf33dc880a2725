//! `hearth hash-password`: what the configuration keeps of a password.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{self, SaltString};
use argon2::{Argon2, PasswordHasher};

/// The Argon2id hash of a password in the PHC format, under a fresh salt.
///
/// # Errors
/// None for any password that fits into memory.
pub fn hash(password: &str) -> Result<String, password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}
