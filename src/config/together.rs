//! What must hold between machines: ids, tags and endpoint ids are unique in the daemon, and machines on one serial port agree on it.

use std::collections::HashMap;

use super::driver::DriverConfig;
use super::faults::Faults;
use super::machine::MachineConfig;
use super::modbus::{ModbusConfig, RtuConfig};

/// Faults of a machine that would stand beside `others`, with pointers into its document. A machine with the same id
/// among them is a fault, so leave out the one that is being replaced.
pub fn clashes<'a>(machine: &MachineConfig, others: impl IntoIterator<Item = &'a MachineConfig>) -> Faults {
    let mut faults = Faults::new();
    let mut tags: HashMap<String, &str> = HashMap::new();
    let mut endpoints: HashMap<u32, &str> = HashMap::new();
    for other in others {
        if other.id == machine.id {
            faults.add("/id", format!("there is a machine `{}` already: use another id", machine.id));
            continue;
        }
        tags.extend(other.tags().map(|(_, tag)| (tag, other.id.as_str())));
        endpoints.extend(other.endpoint_ids().map(|(_, id)| (id, other.id.as_str())));
        if let (Some(mine), Some(theirs)) = (serial_line(machine), serial_line(other)) {
            check_line(mine, theirs, &other.id, &mut faults);
        }
    }
    for (pointer, tag) in machine.tags() {
        if let Some(other) = tags.get(&tag) {
            faults.add(pointer, format!("the tag `{tag}` is taken by a channel of machine `{other}`: use another"));
        }
    }
    for (pointer, id) in machine.endpoint_ids() {
        if let Some(other) = endpoints.get(&id) {
            let detail = format!("the endpoint id {id} is taken by a channel of machine `{other}`: use another");
            faults.add(pointer, detail);
        }
    }
    faults
}

fn serial_line(machine: &MachineConfig) -> Option<&RtuConfig> {
    match &machine.driver {
        DriverConfig::Modbus(ModbusConfig::ModbusRtu(line)) => Some(line),
        DriverConfig::Modbus(ModbusConfig::ModbusTcp(_) | ModbusConfig::ModbusRtuOverTcp(_))
        | DriverConfig::Simulator(_)
        | DriverConfig::Push(_) => None,
    }
}

fn check_line(mine: &RtuConfig, theirs: &RtuConfig, other: &str, faults: &mut Faults) {
    if mine.port != theirs.port {
        return;
    }
    let differing = [
        ("baud", mine.baud != theirs.baud),
        ("data_bits", mine.data_bits != theirs.data_bits),
        ("parity", mine.parity != theirs.parity),
        ("stop_bits", mine.stop_bits != theirs.stop_bits),
    ];
    for (key, _) in differing.iter().filter(|(_, differs)| *differs) {
        let detail = format!("differs from machine `{other}` on the same port {}: use the same", mine.port);
        faults.add(format!("/driver/{key}"), detail);
    }
}
