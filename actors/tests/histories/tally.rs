//! What was tried, so that a claim cannot hold because nothing happened.

use std::ops::Add;

/// What was tried, in sum.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub orders: u64,
    pub applied: u64,
    pub refused: u64,
    pub writes: u64,
    pub heat: u64,
    pub again: u64,
    pub latches: u64,
    pub rearmed: u64,
    pub crashes: u64,
    pub losses: u64,
    pub stops: u64,
    pub hands: u64,
    pub trips: u64,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            applied: self.applied + other.applied,
            refused: self.refused + other.refused,
            writes: self.writes + other.writes,
            heat: self.heat + other.heat,
            again: self.again + other.again,
            latches: self.latches + other.latches,
            rearmed: self.rearmed + other.rearmed,
            crashes: self.crashes + other.crashes,
            losses: self.losses + other.losses,
            stops: self.stops + other.stops,
            hands: self.hands + other.hands,
            trips: self.trips + other.trips,
        }
    }
}

impl Tally {
    /// What never happened was not tried.
    pub fn must_be_of_everything(self) {
        let Self { orders, applied, refused, writes, heat, again, .. } = self;
        let Self { latches, rearmed, crashes, losses, stops, hands, trips, .. } = self;
        let counts =
            [orders, applied, refused, writes, heat, again, latches, rearmed, crashes, losses, stops, hands, trips];
        assert!(counts.iter().all(|count| *count > 0), "{self:?}");
    }
}
