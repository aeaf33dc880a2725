//! Tallies: of what is refused again and again, the first is written down and the rest is counted. Whoever knocks at doors all night is
//! known by where they came from, what they tried and how often; and neither what was really done nor the disk suffers from it.

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::Deed;
use crate::config::network::neighbourhood;

/// How long is counted before the counts are written.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Kinds of refusals that are told apart in that time, of one network.
const OF_ONE_MAX: usize = 8;
/// The same of all networks. Two lines of 200 bytes for each: the audit holds four weeks of that.
const OF_ALL_MAX: usize = 64;
/// What stands for several that are not told apart.
const SEVERAL: &str = "several";

/// What was refused since the counting began.
#[derive(Debug, Default)]
pub struct Tally {
    since: Option<Instant>,
    counts: HashMap<Kind, Count>,
}

/// Refusals that are counted as one: of a network, or of several, and alike but for the time and the address.
type Kind = (Option<IpAddr>, Deed);

/// How often there was one of a kind that is not written yet.
#[derive(Debug)]
struct Count {
    times: u64,
    last_at: i64,
    last_from: Option<String>,
}

impl Tally {
    /// Takes a refusal. Yields it again if it is the first of its kind, which is written at once.
    pub fn take(&mut self, deed: Deed, now: Instant) -> Option<Deed> {
        self.since.get_or_insert(now);
        let network = deed.address.as_deref().and_then(|address| address.parse().ok()).map(neighbourhood);
        let kind = (network, Deed { at: 0, address: None, ..deed.clone() });
        if !self.counts.contains_key(&kind) && self.has_room(network) {
            self.counts.insert(kind, Count { times: 0, last_at: deed.at, last_from: None });
            return Some(deed);
        }
        let kind = if self.counts.contains_key(&kind) { kind } else { self.wider(network) };
        let last_from = if kind.0.is_some() { deed.address } else { None };
        let count = self.counts.entry(kind).or_insert(Count { times: 0, last_at: 0, last_from: None });
        *count = Count { times: count.times + 1, last_at: deed.at, last_from };
        None
    }

    /// The counts, once it is time to write them; then it begins anew.
    pub fn over(&mut self, now: Instant) -> Vec<Deed> {
        if self.since.is_some_and(|since| now >= since + WINDOW) { self.end() } else { Vec::new() }
    }

    /// The counts so far, in the order of their last one.
    pub fn end(&mut self) -> Vec<Deed> {
        self.since = None;
        let told = |((_, deed), Count { times, last_at, last_from }): (Kind, Count)| {
            (times > 0).then_some(Deed { at: last_at, address: last_from, times: Some(times), ..deed })
        };
        let mut counts: Vec<Deed> = mem::take(&mut self.counts).into_iter().filter_map(told).collect();
        counts.sort_by_key(|deed| deed.at);
        counts
    }

    fn has_room(&self, network: Option<IpAddr>) -> bool {
        let of_it = self.counts.keys().filter(|(of, _)| *of == network).count();
        of_it < OF_ONE_MAX && self.counts.len() < OF_ALL_MAX
    }

    /// What counts where a kind of its own is one too many: all else of its network, or of all networks.
    fn wider(&self, network: Option<IpAddr>) -> Kind {
        let several = || Deed {
            who: SEVERAL.to_owned(),
            action: SEVERAL.to_owned(),
            result: "refused".to_owned(),
            ..Deed::default()
        };
        let of_network = (network, several());
        let fits = self.counts.contains_key(&of_network) || self.counts.len() < OF_ALL_MAX;
        if fits { of_network } else { (None, several()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(at: i64, from: &str, who: &str) -> Deed {
        let (who, address) = (who.to_owned(), Some(from.to_owned()));
        Deed { at, who, address, action: "stop".into(), result: "UNAUTHORISED".into(), ..Deed::default() }
    }

    fn told(deeds: &[Deed]) -> Vec<(&str, Option<&str>, Option<u64>)> {
        deeds.iter().map(|deed| (deed.who.as_str(), deed.address.as_deref(), deed.times)).collect()
    }

    #[test]
    fn the_first_of_a_kind_is_written_at_once_and_the_rest_as_a_count() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        let first = refused(1, "10.0.0.1", "nobody");
        assert_eq!(tally.take(first.clone(), now), Some(first));
        for at in 2..=1000 {
            assert_eq!(tally.take(refused(at, "10.0.0.1", "nobody"), now), None);
        }
        let other = refused(7, "10.0.0.2", "nobody");
        assert_eq!(tally.take(other.clone(), now), Some(other), "another address is another one who tries");
        assert_eq!(tally.over(now + WINDOW - Duration::from_millis(1)), []);
        let counts = tally.over(now + WINDOW);
        assert_eq!(counts, [Deed { times: Some(999), ..refused(1000, "10.0.0.1", "nobody") }]);
        let next = refused(2000, "10.0.0.1", "nobody");
        assert_eq!(tally.take(next.clone(), now + WINDOW), Some(next), "what goes on is told again");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        let all =
            (0..100).filter_map(|number| tally.take(refused(number, &format!("2001:db8::{number:x}"), "nobody"), now));
        assert_eq!(all.count(), 1);
        assert_eq!(told(&tally.end()), [("nobody", Some("2001:db8::63"), Some(99))]);
    }

    #[test]
    fn who_tries_everything_gets_a_few_lines_and_one_for_the_rest() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        let firsts =
            (0..1000).filter_map(|number| tally.take(refused(number, "10.0.0.1", &format!("user {number}")), now));
        assert_eq!(firsts.count(), OF_ONE_MAX);
        assert!(tally.take(refused(1, "10.0.0.2", "nobody"), now).is_some(), "that hides nobody else");
        let counts = tally.end();
        assert_eq!(told(&counts), [(SEVERAL, Some("10.0.0.1"), Some(1000 - OF_ONE_MAX as u64))]);
        assert_ne!(counts[0].result, "done");
    }

    #[test]
    fn many_addresses_together_get_a_bounded_number_of_lines_and_each_refusal_is_in_one() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        let mut firsts = 0;
        for number in 0..100_000_u32 {
            let from = IpAddr::V4((number % 5000).into()).to_string();
            firsts +=
                u64::from(tally.take(refused(number.into(), &from, &format!("user {}", number % 7)), now).is_some());
        }
        let counts = tally.end();
        assert!(firsts as usize + counts.len() <= 2 * OF_ALL_MAX + 1, "{firsts} and {}", counts.len());
        assert_eq!(firsts + counts.iter().filter_map(|deed| deed.times).sum::<u64>(), 100_000);
        assert!(counts.iter().any(|deed| deed.who == SEVERAL && deed.address.is_none()));
    }
}
