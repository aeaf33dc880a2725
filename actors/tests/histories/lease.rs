//! Who may steer, as the safety design says it: one holder, 30 s to come back, 10 s to answer. Written from its words, not from the code.

use std::time::Duration;

/// Clients that bring an id of their own, but for the last one.
pub const CLIENTS: usize = 4;
/// The one that is an admin.
pub const ADMIN: usize = 2;
/// The one whose id ends with its socket.
pub const PASSING: usize = 3;

const GRACE: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(10);

/// Who gives an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Client(usize),
    /// Without an id.
    Rest,
    /// A task in a client's name.
    TaskOf(usize),
    /// May only look and stop.
    Viewer,
}

/// What a client wants of the lease.
#[derive(Debug, Clone, Copy)]
pub enum Wish {
    Acquire,
    Release,
    Take,
    Answer { asker: usize, grant: bool },
}

#[derive(Debug, Default)]
pub struct Lease {
    pub holder: Option<usize>,
    /// How often it came to somebody, and when it last did.
    pub epoch: u64,
    pub changed_at: Duration,
    until: Option<Duration>,
    asker: Option<(usize, Duration)>,
    sockets: [u32; CLIENTS],
}

impl Lease {
    /// When time alone changes something.
    pub fn due(&self) -> Option<Duration> {
        self.until.into_iter().chain(self.asker.map(|(_, until)| until)).min()
    }

    pub fn pass(&mut self, now: Duration) {
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.vacate(due);
        }
    }

    /// The epoch under which an order is given, if it may be.
    pub fn order(&mut self, who: Who, now: Duration) -> Option<u64> {
        self.pass(now);
        match who {
            Who::Client(client) => match self.holder {
                None => self.give(client, now),
                Some(holder) if holder == client => self.until = self.until.map(|_| now + GRACE),
                Some(_) => return None,
            },
            Who::TaskOf(client) if self.holder.is_none_or(|holder| holder == client) => {}
            Who::Rest if self.holder.is_none() => {}
            Who::TaskOf(_) | Who::Rest | Who::Viewer => return None,
        }
        Some(self.epoch)
    }

    pub fn comes(&mut self, client: usize, now: Duration) {
        self.pass(now);
        self.sockets[client] += 1;
        if self.holder == Some(client) {
            self.until = None;
        }
    }

    pub fn goes(&mut self, client: usize, now: Duration) {
        self.pass(now);
        self.sockets[client] -= 1;
        if self.sockets[client] > 0 {
            return;
        }
        if self.asker.is_some_and(|(asker, _)| asker == client) {
            self.asker = None;
        }
        if self.holder == Some(client) {
            if client == PASSING { self.vacate(now) } else { self.until = Some(now + GRACE) }
        }
    }

    pub fn wishes(&mut self, client: usize, wish: Wish, now: Duration) {
        self.pass(now);
        let (is_mine, asks) = (self.holder == Some(client), self.asker.map(|(asker, _)| asker));
        match wish {
            Wish::Acquire => drop(self.order(Who::Client(client), now)),
            Wish::Release if asks == Some(client) => self.asker = None,
            Wish::Release if is_mine => self.vacate(now),
            Wish::Take if is_mine => {}
            Wish::Take if self.holder.is_none() || client == ADMIN => {
                self.asker = None;
                self.give(client, now);
            }
            Wish::Take => drop(self.asker.get_or_insert((client, now + ANSWER))),
            Wish::Answer { asker, grant } if is_mine && asks == Some(asker) => {
                if grant {
                    self.vacate(now)
                } else {
                    self.asker = None
                }
            }
            Wish::Release | Wish::Answer { .. } => {}
        }
    }

    fn vacate(&mut self, at: Duration) {
        (self.holder, self.until) = (None, None);
        if let Some((asker, _)) = self.asker.take() {
            self.give(asker, at);
        }
    }

    fn give(&mut self, client: usize, at: Duration) {
        (self.holder, self.changed_at) = (Some(client), at);
        self.epoch += 1;
        self.until = (self.sockets[client] == 0).then(|| at + GRACE);
    }
}
