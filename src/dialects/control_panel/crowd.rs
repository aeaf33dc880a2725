//! How many panels are there: each is told when it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Everybody who speaks this dialect. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Crowd(Arc<AtomicUsize>);

/// One of them; leaves when dropped.
#[derive(Debug)]
pub struct Member {
    crowd: Crowd,
    came_as: usize,
}

impl Crowd {
    /// One more.
    pub fn join(&self) -> Member {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        Member { crowd: self.clone(), came_as: before + 1 }
    }
}

impl Member {
    /// How many there were when it came, itself among them.
    pub fn came_as(&self) -> usize {
        self.came_as
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crowd.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_went_is_counted_no_more() {
        let crowd = Crowd::default();
        let (first, second) = (crowd.join(), crowd.join());
        assert_eq!((first.came_as(), second.came_as()), (1, 2));
        drop(first);
        assert_eq!(crowd.join().came_as(), 2);
    }
}
