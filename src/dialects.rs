//! The only list of dialects.

pub mod bevforge;
pub mod control_panel;
pub mod openroast;
pub mod openscan;
pub mod webmacs;

use hearth_actors::dialect::DialectId;

/// A dialect of this daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    /// OpenRoast.
    OpenRoast,
    /// WebMACS.
    WebMacs,
    /// The machine control panel.
    ControlPanel,
    /// BevForge.
    BevForge,
    /// OpenScan.
    OpenScan,
}

impl Name {
    /// Its number in the heart.
    pub const fn id(self) -> DialectId {
        DialectId::new(self as u8)
    }

    /// Whose number this is.
    pub fn of(id: DialectId) -> Option<Self> {
        let all = [Self::OpenRoast, Self::WebMacs, Self::ControlPanel, Self::BevForge, Self::OpenScan];
        all.into_iter().find(|name| name.id() == id)
    }
}
