//! The past of a machine, from ring and journal.

use std::sync::Arc;

use crate::archive::Archive;
use crate::dialect::SyncRequest;
use crate::model::channel::ChannelTable;
use crate::model::event::{Event, EventBody};
use crate::model::ids::{Seq, SessionId};
use crate::model::time::SessionMs;
use crate::runtime::bus::{Bus, Published};

/// How much of a session a sync gives back. Source: wire contract, `sync`. Unit: ms.
const REACH_MS: u64 = 6 * 60 * 60 * 1000;

/// An event of the past, from wherever it still is.
#[derive(Debug, Clone)]
pub enum Past {
    /// Still in the ring.
    Recent(Arc<Published>),
    /// Read from the journal, with what its channel indices mean.
    Kept(Box<Event>, Arc<ChannelTable>),
}

impl Past {
    /// The event itself.
    pub fn event(&self) -> &Event {
        match self {
            Self::Recent(published) => &published.event,
            Self::Kept(event, _) => event,
        }
    }
}

/// What a sync brings.
#[derive(Debug, Default)]
pub struct History {
    /// In order of `seq`.
    pub events: Vec<Past>,
    /// Whether older ones that were asked for are gone.
    pub truncated: bool,
}

/// Which events a client lacks.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    session: Option<SessionId>,
    after: After,
    before: Option<Seq>,
}

#[derive(Debug, Clone, Copy)]
enum After {
    Seq(Seq),
    Time(SessionMs),
    Start,
}

impl Wanted {
    fn includes(&self, event: &Event) -> bool {
        let unsent = self.before.is_none_or(|sent_after| event.seq <= sent_after);
        let missing = match self.after {
            After::Seq(seq) => event.seq > seq,
            After::Time(at) => event.session == self.session && event.at > at,
            After::Start => event.session == self.session,
        };
        unsent && missing && event.body.is_kept()
    }

    /// Whether a ring that begins with this event holds everything that is wanted.
    fn is_covered_by(&self, oldest: Option<&Published>) -> bool {
        let Some(Published { event: oldest, .. }) = oldest else { return false };
        oldest.session != self.session
            || match self.after {
                After::Seq(seq) => oldest.seq <= seq.next(),
                After::Time(at) => oldest.at <= at,
                After::Start => false,
            }
    }
}

/// Fetches what a client asks for and was not yet sent: everything after its point up to `sent_after`. Blocks on the disk where
/// the ring does not reach back far enough: call it from a blocking thread.
pub fn fetch(bus: &Bus, archive: &dyn Archive, request: SyncRequest, sent_after: Option<Seq>) -> History {
    let wanted = understand(bus, request, sent_after);
    let recent = bus.recent(|event| wanted.includes(event));
    let mut history = History::default();
    if let Some(session) = wanted.session
        && !wanted.is_covered_by(recent.oldest.as_deref())
    {
        history = older(archive, session, &wanted, recent.oldest.as_ref().map(|oldest| oldest.event.seq));
    }
    history.events.extend(recent.events.into_iter().map(Past::Recent));
    history
}

/// What the request means now: after a restart of the clock, everything of the current session.
fn understand(bus: &Bus, request: SyncRequest, sent_after: Option<Seq>) -> Wanted {
    let (session, now) = (bus.look(|snapshot| snapshot.session), bus.session_time(bus.clock().now()));
    let same_session = request.session.is_none_or(|known| Some(known) == session);
    let ahead = request.last_timestamp.is_some_and(|at| at > now);
    let after = match (same_session && !ahead, request.last_seq, request.last_timestamp) {
        (true, Some(seq), _) => After::Seq(seq),
        (true, None, Some(at)) => After::Time(at),
        (true, None, None) | (false, _, _) => After::Start,
    };
    Wanted { session, after, before: sent_after }
}

fn older(archive: &dyn Archive, session: SessionId, wanted: &Wanted, ring_begins: Option<Seq>) -> History {
    let after = if let After::Seq(seq) = wanted.after { Some(seq) } else { None };
    let log = match archive.read(session, after) {
        Ok(log) => log,
        Err(error) => {
            tracing::warn!(%session, %error, "the past is not to be had from the journal");
            return History { events: Vec::new(), truncated: true };
        }
    };
    let newest = log.events.last().map_or(SessionMs(0), |event| event.at);
    let horizon = SessionMs(newest.0.saturating_sub(REACH_MS));
    let mut history = History { events: Vec::new(), truncated: log.damaged };
    let mut channels = log.header.channels;
    for event in log.events {
        if let EventBody::Channels(table) = &event.body {
            channels = table.clone();
        }
        let in_ring = ring_begins.is_some_and(|begins| event.seq >= begins);
        if in_ring || !wanted.includes(&event) {
            continue;
        }
        if event.at < horizon {
            history.truncated = true;
        } else {
            history.events.push(Past::Kept(Box::new(event), channels.clone()));
        }
    }
    history
}
