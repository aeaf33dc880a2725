//! Tries: how often a login may be tried. Some at once, then one now and then; nobody is kept out for good.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::network::neighbourhood;

/// Tries at once. Source: safety design, 5.
const AT_ONCE: u32 = 5;
/// After those, one per so much. Source: safety design, 5.
const ONE_PER: Duration = Duration::from_secs(30);
/// Addresses and accounts that are remembered, each; the one that rested longest is forgotten for a new one.
const REMEMBERED_MAX: usize = 4096;

/// Who tried how often, by address and by account.
#[derive(Debug, Default)]
pub struct Tries {
    addresses: Counted<IpAddr>,
    accounts: Counted<String>,
}

/// No more tries for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// When the next one is.
    pub wait: Duration,
}

#[derive(Debug)]
struct Counted<K> {
    /// When all tries will be back.
    rested: HashMap<K, Instant>,
}

impl Tries {
    /// Counts a try.
    ///
    /// # Errors
    /// When there are none left; then nothing is counted.
    pub fn take(&mut self, address: IpAddr, account: &str, now: Instant) -> Result<(), TooMany> {
        let (address, account) = (neighbourhood(address), account.to_owned());
        let wait = self.addresses.wait(&address, now).max(self.accounts.wait(&account, now));
        if !wait.is_zero() {
            return Err(TooMany { wait });
        }
        self.addresses.count(address, now);
        self.accounts.count(account, now);
        Ok(())
    }

    /// One of the tries was the right one: all are back.
    pub fn forgive(&mut self, address: IpAddr, account: &str) {
        self.addresses.rested.remove(&neighbourhood(address));
        self.accounts.rested.remove(account);
    }
}

impl<K> Default for Counted<K> {
    fn default() -> Self {
        Self { rested: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Counted<K> {
    fn wait(&self, who: &K, now: Instant) -> Duration {
        let full = self.rested.get(who).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        (full + ONE_PER).saturating_sub(ONE_PER * AT_ONCE)
    }

    fn count(&mut self, who: K, now: Instant) {
        if self.rested.len() >= REMEMBERED_MAX && !self.rested.contains_key(&who) {
            self.rested.retain(|_, at| *at > now);
            let longest = self.rested.iter().min_by_key(|(_, at)| **at).map(|(who, _)| who.clone());
            if let Some(longest) = longest.filter(|_| self.rested.len() >= REMEMBERED_MAX) {
                self.rested.remove(&longest);
            }
        }
        let at = self.rested.entry(who).or_insert(now);
        *at = (*at).max(now) + ONE_PER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn numbered(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn five_tries_then_one_per_half_a_minute_and_never_a_ban() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for _ in 0..AT_ONCE {
            assert_eq!(tries.take(HERE, "anna", now), Ok(()));
        }
        assert_eq!(tries.take(HERE, "anna", now), Err(TooMany { wait: ONE_PER }));
        let later = now + ONE_PER;
        assert_eq!(tries.take(HERE, "anna", later), Ok(()));
        assert_eq!(tries.take(HERE, "anna", later), Err(TooMany { wait: ONE_PER }));
        assert_eq!(tries.take(HERE, "anna", later + 100 * ONE_PER), Ok(()));
    }

    #[test]
    fn an_account_is_counted_from_everywhere_and_an_address_for_every_account() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for number in 0..AT_ONCE {
            assert_eq!(tries.take(numbered(number), "anna", now), Ok(()));
        }
        assert!(tries.take(numbered(99), "anna", now).is_err());
        let mut tries = Tries::default();
        for number in 0..AT_ONCE {
            assert_eq!(tries.take(HERE, &format!("user {number}"), now), Ok(()));
        }
        assert!(tries.take(HERE, "anna", now).is_err());
        assert_eq!(tries.take(numbered(99), "anna", now), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for number in 0..AT_ONCE {
            let address: IpAddr = format!("2001:db8::{number:x}").parse().unwrap();
            assert_eq!(tries.take(address, &number.to_string(), now), Ok(()));
        }
        assert!(tries.take("2001:db8::ffff".parse().unwrap(), "anna", now).is_err());
    }

    #[test]
    fn who_got_in_has_all_tries_again() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for _ in 0..3 * AT_ONCE {
            assert_eq!(tries.take(HERE, "anna", now), Ok(()));
            tries.forgive(HERE, "anna");
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for number in 0..2 * u32::try_from(REMEMBERED_MAX).unwrap() {
            assert_eq!(tries.take(numbered(number), &number.to_string(), now), Ok(()));
        }
        assert_eq!((tries.addresses.rested.len(), tries.accounts.rested.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
    }
}
