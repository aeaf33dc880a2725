//! What every request handler shares.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hearth_actors::model::command::UserRole;
use tokio::time::Instant;

use super::door::Door;
use super::lobby::Lobby;
use super::perimeter::Perimeter;
use super::seen::Whole;
use crate::access::Access;
use crate::access::audit::Audit;
use crate::config::network::neighbourhood;
use crate::config::tree::LimitsConfig;
use crate::dialects::control_panel::crowd::Crowd;
use crate::drivers::Workshop;
use crate::jobs::Jobs;

/// Of what an address may have, one in so many may be there without having said who it is.
const WAITING_SHARE: usize = 4;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The machines and what is kept of them.
    pub house: Whole,
    /// Makes drivers from configurations.
    pub workshop: Workshop,
    /// Makes tasks of names and arguments.
    pub jobs: Jobs,
    /// What clients may use.
    pub limits: Arc<LimitsConfig>,
    /// The listener that a request came through.
    pub door: Door,
    /// By which names it may be asked, and by whose pages.
    pub perimeter: Arc<Perimeter>,
    /// Who is let in.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
    /// Seats for sockets.
    pub seats: Seats,
    /// When the daemon started.
    pub started: Instant,
    /// Everybody who has a socket open.
    pub lobby: Lobby,
    /// The control panels among them.
    pub panels: Crowd,
}

/// Seats for sockets, in all and per address; and places for those who have yet to say who they are, who take no seat from anybody.
#[derive(Clone, Default)]
pub struct Seats {
    taken: Taken,
    waiting: Taken,
}

/// How many each address has.
type Taken = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// A seat, or a place to wait for one; given back when dropped.
pub struct Seat {
    among: Taken,
    address: IpAddr,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// The daemon is full.
    #[error("all {0} sockets of this daemon are in use: close some tabs, or raise limits.sockets")]
    Full(usize),
    /// What is left is for those who steer.
    #[error("the last {0} sockets of this daemon are for operators: log in as one, or close some tabs")]
    Kept(usize),
    /// This address has too many.
    #[error("this address has {0} sockets open already: close some tabs, or raise limits.sockets_per_address")]
    AddressFull(usize),
    /// Too many of this address have yet to say who they are.
    #[error(
        "{0} sockets of this address have yet to say who they are: send the token along when you connect, or try again"
    )]
    Crowd(usize),
}

impl Seats {
    /// Takes a seat, for somebody who may do this much.
    ///
    /// # Errors
    /// When there is none left.
    pub fn take(&self, address: IpAddr, role: Option<UserRole>, limits: &LimitsConfig) -> Result<Seat, NoSeat> {
        let address = neighbourhood(address);
        let mut taken = lock(&self.taken);
        let in_all = taken.values().sum::<usize>();
        if in_all >= limits.sockets {
            return Err(NoSeat::Full(limits.sockets));
        }
        let steers = matches!(role, Some(UserRole::Operator | UserRole::Admin));
        let kept = limits.operator_sockets.min(limits.sockets.saturating_sub(1));
        if !steers && in_all + kept >= limits.sockets {
            return Err(NoSeat::Kept(kept));
        }
        let here = taken.entry(address).or_default();
        if *here >= limits.sockets_per_address {
            return Err(NoSeat::AddressFull(limits.sockets_per_address));
        }
        *here += 1;
        Ok(Seat { among: Arc::clone(&self.taken), address })
    }

    /// Takes a place for somebody who has yet to say who they are.
    ///
    /// # Errors
    /// When their address has too many.
    pub fn wait(&self, address: IpAddr, limits: &LimitsConfig) -> Result<Seat, NoSeat> {
        let address = neighbourhood(address);
        let most = limits.sockets_per_address.div_ceil(WAITING_SHARE);
        let mut waiting = lock(&self.waiting);
        let here = waiting.entry(address).or_default();
        if *here >= most {
            return Err(NoSeat::Crowd(most));
        }
        *here += 1;
        Ok(Seat { among: Arc::clone(&self.waiting), address })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        lock(&self.taken).values().sum()
    }
}

fn lock(taken: &Taken) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.among);
        if let Some(here) = taken.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_seats_are_for_those_who_steer() {
        let limits = LimitsConfig { sockets: 4, operator_sockets: 2, ..LimitsConfig::default() };
        let seats = Seats::default();
        let take = |role| seats.take([10, 0, 0, 1].into(), role, &limits);
        let _looking = [take(Some(UserRole::Viewer)), take(None)];
        for role in [None, Some(UserRole::Viewer), Some(UserRole::Controller)] {
            assert_eq!(take(role).err(), Some(NoSeat::Kept(2)));
        }
        let _steering = [take(Some(UserRole::Operator)), take(Some(UserRole::Admin))];
        assert_eq!(take(Some(UserRole::Admin)).err(), Some(NoSeat::Full(4)));
        assert_eq!(seats.taken(), 4);
    }

    #[test]
    fn one_seat_is_for_those_who_only_look() {
        let limits = LimitsConfig { sockets: 2, ..LimitsConfig::default() };
        let (seats, here) = (Seats::default(), [10, 0, 0, 1].into());
        let _looking = seats.take(here, Some(UserRole::Viewer), &limits).expect("a seat");
        assert_eq!(seats.take(here, Some(UserRole::Viewer), &limits).err(), Some(NoSeat::Kept(1)));
        assert!(seats.take(here, Some(UserRole::Operator), &limits).is_ok());
    }

    #[test]
    fn one_who_has_an_ipv6_network_has_one_address() {
        let limits = LimitsConfig { sockets_per_address: 1, ..LimitsConfig::default() };
        let seats = Seats::default();
        let _first = seats.take("2001:db8::1".parse().unwrap(), None, &limits);
        assert_eq!(seats.take("2001:db8::2".parse().unwrap(), None, &limits).err(), Some(NoSeat::AddressFull(1)));
        assert!(seats.take("2001:db8:0:1::1".parse().unwrap(), None, &limits).is_ok());
    }

    #[test]
    fn who_has_yet_to_say_who_they_are_takes_no_seat_and_no_more_than_a_share_of_the_places() {
        let limits = LimitsConfig { sockets: 1, sockets_per_address: 8, ..LimitsConfig::default() };
        let seats = Seats::default();
        let (here, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut waiting: Vec<Seat> = (0..2).map(|_| seats.wait(here, &limits).expect("a place")).collect();
        assert_eq!(seats.wait(here, &limits).err(), Some(NoSeat::Crowd(2)));
        assert!(seats.wait(other, &limits).is_ok(), "each address has its own");
        assert_eq!(seats.taken(), 0);
        assert!(seats.take(here, Some(UserRole::Viewer), &limits).is_ok());
        waiting.pop();
        assert!(seats.wait(here, &limits).is_ok());
        let least = LimitsConfig { sockets_per_address: 1, ..limits };
        assert!(seats.wait(other, &least).is_ok(), "one may always speak");
    }

    #[test]
    fn why_there_is_no_seat_fits_into_a_close_frame() {
        let most = 100_000;
        for why in [NoSeat::Full(most), NoSeat::Kept(most), NoSeat::AddressFull(most), NoSeat::Crowd(most)] {
            assert!(why.to_string().len() <= 123, "{why}");
        }
    }

    #[test]
    fn a_seat_is_free_again_once_its_socket_is_gone() {
        let limits =
            LimitsConfig { sockets: 2, sockets_per_address: 1, operator_sockets: 0, ..LimitsConfig::default() };
        let seats = Seats::default();
        let (a, b, c) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), [10, 0, 0, 3].into());
        let first = seats.take(a, None, &limits);
        assert_eq!(seats.take(a, None, &limits).err(), Some(NoSeat::AddressFull(1)));
        let second = seats.take(b, None, &limits);
        assert_eq!(seats.take(c, None, &limits).err(), Some(NoSeat::Full(2)));
        drop((first, second));
        assert!(seats.take(c, None, &limits).is_ok());
        assert_eq!(seats.taken(), 0);
    }
}
