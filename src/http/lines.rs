//! Lines: the connections there are, how many from where, and which of them say nothing.
//!
//! A connection costs a descriptor, and drivers and journals need some as well. So there is a most, in all and per client; one above
//! it is hung up at once. One on which nothing is under way is hung up after a while, however slowly its client keeps writing: the
//! web server watches over the first request of a connection only.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Shutdown};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use socket2::{SockRef, Socket};
use tokio::time::Instant;

use crate::config::network::neighbourhood;
use crate::config::tree::LimitsConfig;

/// How long nothing may be under way: the 5 s that the web server keeps an idle connection, and the time for a head. Source: safety
/// design, 5.
const IDLE_MAX: Duration = Duration::from_secs(15);
/// How often it is looked for such connections.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Connections of one client beside its sockets: for pages and requests.
const BESIDE_SOCKETS: usize = 64;
/// So many clients together have all that each may have before there is none left for another one.
const CLIENTS: usize = 8;
/// Descriptors that are kept for devices, journals and the daemon itself.
const DESCRIPTORS_KEPT: usize = 256;
/// Connections in all where even that is not to be had.
const CONNECTIONS_LEAST: usize = 16;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Of all clients.
    pub in_all: usize,
    /// Of one.
    pub per_client: usize,
}

impl Most {
    /// For these limits of sockets, where this many descriptors may be open, each of so many threads may accept `in_all`, and each
    /// connection that is counted takes a second one.
    pub fn of(limits: &LimitsConfig, descriptors: usize, threads: usize) -> Self {
        let per_client = limits.sockets_per_address.min(limits.sockets) + BESIDE_SOCKETS;
        let wanted = limits.sockets.saturating_mul(2).max(per_client.saturating_mul(CLIENTS));
        let possible = descriptors.saturating_sub(DESCRIPTORS_KEPT) / (threads + 1);
        let in_all = wanted.min(possible.max(CONNECTIONS_LEAST));
        // However few there are, one client does not have them all.
        Self { in_all, per_client: per_client.min(in_all / 2) }
    }
}

/// All lines. Cheap to clone.
#[derive(Clone)]
pub struct Lines {
    table: Arc<Mutex<Table>>,
    most: Most,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Open>,
    from: HashMap<IpAddr, usize>,
}

struct Open {
    /// Whose it is, if it is anybody's.
    from: Option<IpAddr>,
    socket: Socket,
    /// Since when; [`None`] while an answer is under way.
    idle_since: Option<Instant>,
}

/// One connection, from its beginning to its end.
pub struct Line {
    lines: Lines,
    number: u64,
    reached: IpAddr,
}

/// An answer is under way; dropped when it has ended.
struct Busy {
    lines: Lines,
    number: u64,
}

/// The body of an answer, which ends with it.
pub struct Tended {
    body: BoxBody,
    _busy: Option<Busy>,
}

impl Lines {
    /// None yet.
    pub fn new(most: Most) -> Self {
        Self { table: Arc::default(), most }
    }

    /// How many there may be.
    pub fn most(&self) -> Most {
        self.most
    }

    /// How many there are.
    pub fn open(&self) -> usize {
        self.lock().open.len()
    }

    /// Takes in a connection that was accepted, or hangs up. One of a trusted proxy comes for many, and is counted as nobody's.
    pub fn accept(&self, stream: &TcpStream, is_proxy: impl FnOnce(IpAddr) -> bool, extensions: &mut Extensions) {
        let socket = SockRef::from(stream);
        let taken = stream.peer_addr().and_then(|peer| {
            let from = peer.ip().to_canonical();
            let from = (!is_proxy(from)).then(|| neighbourhood(from));
            self.take(from, stream.local_addr()?.ip().to_canonical(), socket.try_clone()?)
        });
        match taken {
            Ok(line) => {
                extensions.insert(line);
            }
            // There may be nothing left to hang up.
            Err(_) => {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
    }

    fn take(&self, from: Option<IpAddr>, reached: IpAddr, socket: Socket) -> std::io::Result<Line> {
        let mut table = self.lock();
        let here = from.and_then(|from| table.from.get(&from).copied()).unwrap_or(0);
        if table.open.len() >= self.most.in_all || here >= self.most.per_client {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        let number = table.next;
        table.next += 1;
        if let Some(from) = from {
            *table.from.entry(from).or_default() += 1;
        }
        table.open.insert(number, Open { from, socket, idle_since: Some(Instant::now()) });
        Ok(Line { lines: self.clone(), number, reached })
    }

    /// Hangs up those on which nothing was under way for too long, until the daemon ends.
    pub async fn keep(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            for open in self.lock().open.values() {
                if open.idle_since.is_some_and(|since| since.elapsed() > IDLE_MAX) {
                    let _ = open.socket.shutdown(Shutdown::Both);
                }
            }
        }
    }

    fn mark(&self, number: u64, idle_since: Option<Instant>) {
        if let Some(open) = self.lock().open.get_mut(&number) {
            open.idle_since = idle_since;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// The address of this computer that the connection came to.
    pub fn reached(&self) -> IpAddr {
        self.reached
    }

    fn busy(&self) -> Busy {
        self.lines.mark(self.number, None);
        Busy { lines: self.lines.clone(), number: self.number }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.lines.mark(self.number, Some(Instant::now()));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut table = self.lines.lock();
        let Some(from) = table.open.remove(&self.number).and_then(|gone| gone.from) else { return };
        if let Some(here) = table.from.get_mut(&from) {
            *here -= 1;
            if *here == 0 {
                table.from.remove(&from);
            }
        }
    }
}

impl MessageBody for Tended {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.body.as_pin_mut().poll_next(cx)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, _busy } = self;
        body.try_into_bytes().map_err(|body| Self { body, _busy })
    }
}

/// Has a line be busy from a request to the end of its answer. Lines take turns: the web server by itself answers one that never pauses for
/// as long as it likes. What came on a connection that was hung up is not done: nobody would hear the answer.
///
/// # Errors
/// What the handler's own answer may fail with.
pub async fn tend<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Tended>, actix_web::Error> {
    let Some(busy) = request.conn_data::<Line>().map(Line::busy) else {
        let refused = request.into_response(HttpResponse::ServiceUnavailable().finish());
        return Ok(refused.map_body(|_, body| Tended { body, _busy: None }));
    };
    tokio::task::yield_now().await;
    Ok(next.call(request).await?.map_body(|_, body| Tended { body: body.boxed(), _busy: Some(busy) }))
}

#[cfg(test)]
mod tests;
