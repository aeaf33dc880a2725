//! The only list of dialects.

pub mod openroast;

use hearth_actors::dialect::{Dialect, DialectId};
use hearth_actors::model::ids::MachineId;

use openroast::OpenRoast;

/// The dialect of one client that watches `machine`.
pub fn dialect(id: DialectId, machine: MachineId) -> Box<dyn Dialect> {
    match id {
        DialectId::OpenRoast => Box::new(OpenRoast::new(machine)),
    }
}
