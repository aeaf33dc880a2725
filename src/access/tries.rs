//! Tries: how often a login may be tried. Some at once, then one now and then; nobody is kept out for good, and by a stranger nobody
//! who comes from where they logged in before.

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
/// Addresses, accounts and pairs of both that are remembered, each; the one that rested longest is forgotten for a new one.
const REMEMBERED_MAX: usize = 4096;

/// Who tried how often, by address and by account.
#[derive(Debug, Default)]
pub struct Tries {
    addresses: Counted<IpAddr>,
    accounts: Counted<String>,
    /// From where an account was logged in to, and when last: there the tries of others do not count.
    known: HashMap<(IpAddr, String), Instant>,
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
        let (address, account) = place(address, account);
        let of_account = if self.known.contains_key(&(address, account.clone())) { None } else { Some(account) };
        let of_others = of_account.as_ref().map_or(Duration::ZERO, |account| self.accounts.wait(account, now));
        let wait = self.addresses.wait(&address, now).max(of_others);
        if !wait.is_zero() {
            return Err(TooMany { wait });
        }
        self.addresses.count(address, now);
        if let Some(account) = of_account {
            self.accounts.count(account, now);
        }
        Ok(())
    }

    /// One of the tries was the right one: all are back that it may have used up.
    pub fn forgive(&mut self, address: IpAddr, account: &str, now: Instant) {
        let place = place(address, account);
        self.addresses.rested.remove(&place.0);
        if !self.known.contains_key(&place) {
            self.accounts.rested.remove(&place.1);
            if self.known.len() >= REMEMBERED_MAX {
                forget_the_oldest(&mut self.known);
            }
        }
        self.known.insert(place, now);
    }
}

/// Where a try comes from and what it is for, as both are counted.
fn place(address: IpAddr, account: &str) -> (IpAddr, String) {
    (neighbourhood(address), account.trim().to_lowercase())
}

fn forget_the_oldest<K: Hash + Eq + Clone>(known: &mut HashMap<K, Instant>) {
    let oldest = known.iter().min_by_key(|(_, at)| **at).map(|(who, _)| who.clone());
    if let Some(oldest) = oldest {
        known.remove(&oldest);
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
            if self.rested.len() >= REMEMBERED_MAX {
                forget_the_oldest(&mut self.rested);
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
            tries.forgive(HERE, "anna", now);
        }
    }

    #[test]
    fn a_stranger_who_keeps_trying_keeps_nobody_out_who_comes_from_where_they_were_before() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        let knock = |tries: &mut Tries| {
            let admitted = (100..100 + 2 * AT_ONCE).filter(|number| tries.take(numbered(*number), "anna", now).is_ok());
            admitted.count()
        };
        assert_eq!(tries.take(HERE, "Anna ", now), Ok(()));
        tries.forgive(HERE, "Anna ", now);
        assert_eq!(knock(&mut tries), AT_ONCE as usize);
        for _ in 0..AT_ONCE {
            assert_eq!(tries.take(HERE, "anna", now), Ok(()), "what others tried is not her doing");
        }
        assert_eq!(tries.take(HERE, "anna", now), Err(TooMany { wait: ONE_PER }), "what she tried is");
        tries.forgive(HERE, "anna", now);
        assert_eq!(knock(&mut tries), 0, "her login gives the stranger no more tries");
        assert!(tries.take(numbered(99), "anna", now).is_err(), "elsewhere she is anybody");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for number in 0..2 * u32::try_from(REMEMBERED_MAX).unwrap() {
            assert_eq!(tries.take(numbered(number), &number.to_string(), now), Ok(()));
        }
        assert_eq!((tries.addresses.rested.len(), tries.accounts.rested.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        for number in 0..REMEMBERED_MAX + 3 {
            let then = now + Duration::from_secs(number as u64);
            tries.forgive(HERE, &number.to_string(), then);
        }
        assert_eq!(tries.known.len(), REMEMBERED_MAX);
        assert!(!tries.known.contains_key(&(HERE, "2".into())) && tries.known.contains_key(&(HERE, "3".into())));
    }
}
