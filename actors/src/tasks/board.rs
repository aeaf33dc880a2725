//! What everybody may know of the tasks: what was told last, and whoever listens for more.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::model::task::{Task, TaskEvent, TaskId};

/// Events a listener may be behind before it must attach anew.
const BROADCAST_CAPACITY: usize = 512;

/// What a listener gets when it attaches: they fit without gap or overlap.
#[derive(Debug)]
pub struct TaskAttachment {
    /// All tasks as told last, in the order in which they were asked for.
    pub tasks: Vec<Arc<Task>>,
    /// Everything after it. Who lags attaches anew.
    pub events: broadcast::Receiver<Arc<TaskEvent>>,
}

/// The board. Cheap to look at; nobody who looks waits for the manager.
#[derive(Debug)]
pub(super) struct Board {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    told: Vec<Arc<Task>>,
    live: broadcast::Sender<Arc<TaskEvent>>,
}

impl Board {
    pub(super) fn new(tasks: &[Task]) -> Self {
        let told = tasks.iter().cloned().map(Arc::new).collect();
        Self { inner: Mutex::new(Inner { told, live: broadcast::Sender::new(BROADCAST_CAPACITY) }) }
    }

    pub(super) fn tell(&self, task: Task) {
        let task = Arc::new(task);
        let mut inner = self.lock();
        match inner.told.iter_mut().find(|told| told.id == task.id) {
            Some(told) => *told = Arc::clone(&task),
            None => inner.told.push(Arc::clone(&task)),
        }
        inner.send(TaskEvent::Changed(task));
    }

    pub(super) fn take_off(&self, id: TaskId) {
        let mut inner = self.lock();
        if let Some(place) = inner.told.iter().position(|told| told.id == id) {
            let gone = inner.told.remove(place);
            inner.send(TaskEvent::Removed(gone));
        }
    }

    pub(super) fn list(&self) -> Vec<Arc<Task>> {
        self.lock().told.clone()
    }

    pub(super) fn find(&self, id: TaskId) -> Option<Arc<Task>> {
        self.lock().told.iter().find(|told| told.id == id).cloned()
    }

    pub(super) fn attach(&self) -> TaskAttachment {
        let inner = self.lock();
        TaskAttachment { tasks: inner.told.clone(), events: inner.live.subscribe() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn send(&self, event: TaskEvent) {
        // Nobody listening is no failure.
        let _ = self.live.send(Arc::new(event));
    }
}
