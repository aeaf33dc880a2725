//! What a client hears of: everything, or the topics it chose.

use std::collections::BTreeSet;

use crate::dialect::{Topic, Unasked};

/// The topics of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// `None` until it chose for the first time.
    chosen: Option<BTreeSet<Topic>>,
    unasked: Unasked,
    most: usize,
}

/// Whether topics were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// They were.
    Yes,
    /// They would be more than this; nothing changed.
    TooMany(usize),
}

impl Interest {
    /// A client that did not choose yet, and may choose so many topics.
    pub fn new(unasked: Unasked, most: usize) -> Self {
        Self { chosen: None, unasked, most }
    }

    /// Whether it hears of a topic.
    pub fn includes(&self, topic: Topic) -> bool {
        let Some(chosen) = &self.chosen else {
            return topic == Topic::Everything || self.unasked == Unasked::All;
        };
        let wider = match topic {
            Topic::Everything => return true,
            Topic::Channel(_) => Topic::Channels,
            Topic::Command(_) => Topic::Commands,
            Topic::Channels | Topic::Alarms | Topic::Commands => topic,
        };
        chosen.contains(&topic) || chosen.contains(&wider)
    }

    /// Adds topics, all or none.
    pub fn add(&mut self, topics: &[Topic]) -> Added {
        let mut chosen = self.chosen.clone().unwrap_or_default();
        chosen.extend(topics);
        if chosen.len() > self.most {
            return Added::TooMany(self.most);
        }
        self.chosen = Some(chosen);
        Added::Yes
    }

    /// Takes away the topics of which nothing more will be told.
    pub fn clear(&mut self, is_over: impl Fn(Topic) -> bool) {
        if let Some(chosen) = &mut self.chosen {
            chosen.retain(|topic| !is_over(*topic));
        }
    }

    /// Takes topics away. Whoever took the last one away hears only what is for everybody.
    pub fn remove(&mut self, topics: &[Topic]) {
        if let Some(chosen) = &mut self.chosen {
            chosen.retain(|topic| !topics.contains(topic));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{CommandId, EndpointId};

    const HEATER: Topic = Topic::Channel(EndpointId(58));
    const PUMP: Topic = Topic::Channel(EndpointId(52));

    #[test]
    fn who_never_chose_hears_what_its_dialect_says() {
        assert!(Interest::new(Unasked::All, 50).includes(PUMP));
        let silent = Interest::new(Unasked::Nothing, 50);
        assert!(!silent.includes(PUMP) && !silent.includes(Topic::Alarms) && silent.includes(Topic::Everything));
    }

    #[test]
    fn who_chose_hears_only_that_and_what_is_for_everybody() {
        let mut interest = Interest::new(Unasked::All, 50);
        interest.add(&[HEATER]);
        assert!(interest.includes(HEATER) && interest.includes(Topic::Everything) && !interest.includes(PUMP));
        interest.remove(&[HEATER]);
        assert!(!interest.includes(HEATER), "an empty choice is still a choice");
    }

    #[test]
    fn all_channels_or_all_orders_are_one_topic() {
        let mut interest = Interest::new(Unasked::Nothing, 50);
        interest.add(&[Topic::Channels, Topic::Commands]);
        assert!(interest.includes(PUMP) && interest.includes(Topic::Command(CommandId(7))));
        assert!(!interest.includes(Topic::Alarms));
    }

    #[test]
    fn too_many_topics_change_nothing() {
        let mut interest = Interest::new(Unasked::Nothing, 1);
        interest.add(&[PUMP]);
        let before = interest.clone();
        assert_eq!(interest.add(&[HEATER]), Added::TooMany(1));
        assert_eq!((interest.add(&[PUMP]), &interest), (Added::Yes, &before));
    }

    #[test]
    fn what_is_over_makes_room_and_what_is_not_stays() {
        let mut interest = Interest::new(Unasked::Nothing, 2);
        interest.add(&[PUMP, HEATER]);
        interest.clear(|topic| topic == PUMP);
        assert!(interest.includes(HEATER) && !interest.includes(PUMP));
        assert_eq!(interest.add(&[Topic::Alarms]), Added::Yes);
    }
}
