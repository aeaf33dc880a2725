//! The state of a machine's driver, as clients see it.

/// Where the driver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DriverState {
    /// Not asked to connect.
    #[default]
    Disconnected,
    /// First attempt under way.
    Connecting,
    /// Answers.
    Connected,
    /// The link was lost; attempts go on for ever.
    Reconnecting,
    /// The machine's actor died; a fresh one is on its way.
    Restarting,
    /// Restarted too often; parked until an operator restarts it.
    Failed,
}

/// The driver's state with what a person wants to know about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// Where the driver stands.
    pub state: DriverState,
    /// The driver's name, such as `Modbus TCP`.
    pub driver_name: String,
    /// Why, in plain words; empty if there is nothing to say.
    pub message: String,
    /// Time until the next attempt. Unit: ms.
    pub retry_in_ms: Option<u64>,
    /// How often the machine's actor was restarted in this run of the daemon.
    pub restarts: u32,
}
