//! Setting up: the one-time token that lets somebody become the first admin.

use std::time::Duration;

use tokio::time::Instant;

use super::secret::{digest, fresh};

/// How long it is good for. Source: safety design, 5.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// A one-time token that was given out.
#[derive(Debug)]
pub struct SetUp {
    digest: String,
    until: Instant,
}

impl SetUp {
    /// A fresh one, and its secret.
    pub fn begin(now: Instant) -> (Self, String) {
        let secret = fresh();
        (Self { digest: digest(&secret), until: now + LIFE }, secret)
    }

    /// Whether this is its secret, and in time.
    pub fn fits(&self, secret: &str, now: Instant) -> bool {
        now < self.until && digest(secret) == self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_good_for_a_quarter_of_an_hour_and_for_nobody_who_guesses() {
        let now = Instant::now();
        let (set_up, secret) = SetUp::begin(now);
        assert!(set_up.fits(&secret, now) && set_up.fits(&secret, now + LIFE - Duration::from_millis(1)));
        assert!(!set_up.fits(&secret, now + LIFE) && !set_up.fits("", now) && !set_up.fits(&fresh(), now));
    }
}
