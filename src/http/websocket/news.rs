//! What a socket's actor hears of besides the buses: machines that come and go, tasks, questions to the holder of a lease, the end of
//! a login; and the past, lot by lot.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, LocalBoxStream, PollNext};
use futures_util::{Stream, StreamExt};
use hearth_actors::client::history::{History, Past};
use hearth_actors::dialect::SyncSummary;
use hearth_actors::model::ids::Seq;
use hearth_actors::model::task::{Task, TaskEvent};
use hearth_actors::model::time::SessionMs;
use hearth_actors::registry::Roster;
use hearth_actors::runtime::steering::Asked;
use hearth_actors::slot::MachineHandle;
use hearth_actors::system::view::tasks::SeenTasks;
use hearth_actors::system::view::{SeenRoster, View};
use tokio::sync::broadcast::error::RecvError;

use super::feed::Cursor;
use super::visit::Watches;

/// Events of the past handed to the socket at a time, so that it drains between two lots.
const PAST_LOT: usize = 128;

/// What a client hears of besides the buses of these machines, the first of which is followed by this cursor.
pub(super) fn changes(
    watches: &Watches,
    first: Option<&Cursor>,
    seen: &View,
    roster: SeenRoster,
    login_ends: Option<LocalBoxFuture<'static, ()>>,
) -> LocalBoxStream<'static, Change> {
    let changes = match (watches, first) {
        (Watches::One(_), Some(cursor)) => stream::once(cursor.ended()).map(|()| Change::Removed).boxed_local(),
        (Watches::Tasks, _) => task_changes(seen.tasks()),
        (Watches::One(_), None) | (Watches::Nothing, _) => stream::empty().boxed_local(),
        (Watches::All, _) => roster_changes(roster),
    };
    match login_ends {
        Some(end) => {
            let logged_out = stream::once(end).map(|()| Change::LoggedOut);
            stream::select_with_strategy(logged_out, changes, |(): &mut ()| PollNext::Left).boxed_local()
        }
        None => changes,
    }
}

fn roster_changes(roster: SeenRoster) -> LocalBoxStream<'static, Change> {
    stream::unfold(roster, |mut roster| async move {
        roster.changed().await.ok()?;
        Some((Change::Roster(roster.now()), roster))
    })
    .boxed_local()
}

/// What happens to tasks from here on; one that was too slow for it gets them all as they are.
fn task_changes(tasks: SeenTasks) -> LocalBoxStream<'static, Change> {
    let events = tasks.events();
    let again: VecDeque<Arc<Task>> = VecDeque::new();
    stream::unfold((tasks, events, again), |(tasks, mut events, mut again)| async move {
        loop {
            if let Some(task) = again.pop_front() {
                return Some((Change::Task(Arc::new(TaskEvent::Changed(task))), (tasks, events, again)));
            }
            match events.next().await {
                Ok(event) => return Some((Change::Task(event), (tasks, events, again))),
                Err(RecvError::Lagged(_)) => {
                    events = tasks.events();
                    again = tasks.list().into();
                }
                Err(RecvError::Closed) => return None,
            }
        }
    })
    .boxed_local()
}

/// What a client follows beside the buses has changed.
pub(super) enum Change {
    /// The one that is watched was removed.
    Removed,
    /// All there are now.
    Roster(Roster),
    /// A task.
    Task(Arc<TaskEvent>),
    /// Its login is worth nothing any more.
    LoggedOut,
}

/// What the holder of the machine's lease is asked: what stands now, then every change.
pub(super) fn questions(machine: &MachineHandle) -> impl Stream<Item = Question> + 'static {
    let mut asked = machine.steering().asked();
    asked.mark_changed();
    stream::unfold(asked, |mut asked| async move {
        asked.changed().await.ok()?;
        let question = Question(asked.borrow_and_update().clone());
        Some((question, asked))
    })
}

/// A question to the holder of the lease, or that there is none any more.
pub(super) struct Question(pub(super) Option<Asked>);

/// A lot of the past on its way to the socket.
pub(super) enum Lot {
    Events(Vec<Past>),
    End { summary: SyncSummary, begins: Option<Seq> },
}

/// The past, lot by lot, and its summary at the end.
pub(super) fn lots(History { events, truncated }: History) -> impl Stream<Item = Lot> + 'static {
    let time = |past: Option<&Past>| past.map_or(SessionMs(0), |past| past.event().at);
    let summary =
        SyncSummary { from: time(events.first()), last: time(events.last()), count: events.len() as u64, truncated };
    let begins = events.first().map(|past| Seq(past.event().seq.0.saturating_sub(1)));
    let mut events = events.into_iter();
    let lots = std::iter::from_fn(move || {
        let lot: Vec<Past> = events.by_ref().take(PAST_LOT).collect();
        (!lot.is_empty()).then_some(Lot::Events(lot))
    });
    stream::iter(lots.chain(std::iter::once(Lot::End { summary, begins }))).then(|lot| async {
        tokio::task::yield_now().await;
        lot
    })
}
