//! What every request handler shares.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::door::Door;
use super::lobby::Lobby;
use super::seen::Whole;
use crate::access::Access;
use crate::access::audit::Audit;
use crate::config::tree::LimitsConfig;
use crate::dialects::control_panel::crowd::Crowd;
use crate::drivers::Workshop;
use crate::jobs::Jobs;

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

/// Seats for sockets, in all and per address.
#[derive(Clone, Default)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A seat; given back when dropped.
pub struct Seat {
    seats: Seats,
    address: IpAddr,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// The daemon is full.
    #[error("all {0} sockets of this daemon are in use: close some tabs, or raise limits.sockets")]
    Full(usize),
    /// This address has too many.
    #[error("this address has {0} sockets open already: close some tabs, or raise limits.sockets_per_address")]
    AddressFull(usize),
}

impl Seats {
    /// Takes a seat.
    ///
    /// # Errors
    /// When there is none left.
    pub fn take(&self, address: IpAddr, limits: &LimitsConfig) -> Result<Seat, NoSeat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= limits.sockets {
            return Err(NoSeat::Full(limits.sockets));
        }
        let here = taken.entry(address).or_default();
        if *here >= limits.sockets_per_address {
            return Err(NoSeat::AddressFull(limits.sockets_per_address));
        }
        *here += 1;
        Ok(Seat { seats: self.clone(), address })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
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
    fn a_seat_is_free_again_once_its_socket_is_gone() {
        let limits = LimitsConfig { sockets: 2, sockets_per_address: 1, ..LimitsConfig::default() };
        let seats = Seats::default();
        let (a, b, c) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), [10, 0, 0, 3].into());
        let first = seats.take(a, &limits);
        assert_eq!(seats.take(a, &limits).err(), Some(NoSeat::AddressFull(1)));
        let second = seats.take(b, &limits);
        assert_eq!(seats.take(c, &limits).err(), Some(NoSeat::Full(2)));
        drop((first, second));
        assert!(seats.take(c, &limits).is_ok());
        assert_eq!(seats.taken(), 0);
    }
}
