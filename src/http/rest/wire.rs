//! The bodies of REST: what answers look like, and what requests carry. Made from the model's values; read in
//! [`super::bodies`].

pub mod machine;
pub mod probe;
pub mod profile;
pub mod program;
pub mod task;

use hearth_actors::model::mark::Mark;

use crate::wire::views::RoastEvent;

fn in_order<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Vec<RoastEvent> {
    let mut events: Vec<RoastEvent> = marks.into_iter().map(RoastEvent::from).collect();
    events.sort_by_key(|event| event.timestamp_ms);
    events
}
