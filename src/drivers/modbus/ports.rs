//! Serial ports of this computer, for people who choose one.

use std::path::{Path, PathBuf};

use tokio_serial::SerialPortType;

/// Where a port has a name that stays the same when adapters are plugged in another order.
const BY_ID: &str = "/dev/serial/by-id";

/// A serial port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The path to configure: the lasting one where there is one.
    pub path: String,
    /// The path of the device itself, such as `/dev/ttyUSB0`.
    pub device: String,
    /// What the adapter calls itself; empty where it says nothing.
    pub about: String,
}

/// All ports, those of USB adapters first. Blocks while the system is asked.
///
/// # Errors
/// When the system does not tell.
pub fn ports() -> Result<Vec<Port>, String> {
    let found = tokio_serial::available_ports().map_err(|error| error.to_string())?;
    let lasting = lasting_names(Path::new(BY_ID));
    let mut ports: Vec<(bool, Port)> = found
        .into_iter()
        .map(|port| {
            let name = lasting.iter().find(|(_, device)| device.to_str() == Some(&port.port_name));
            let path = name.and_then(|(name, _)| name.to_str()).unwrap_or(&port.port_name).to_owned();
            let (is_usb, about) = about(port.port_type);
            (is_usb, Port { path, device: port.port_name, about })
        })
        .collect();
    ports.sort_by(|(a_usb, a), (b_usb, b)| b_usb.cmp(a_usb).then_with(|| a.device.cmp(&b.device)));
    Ok(ports.into_iter().map(|(_, port)| port).collect())
}

fn about(kind: SerialPortType) -> (bool, String) {
    match kind {
        SerialPortType::UsbPort(usb) => {
            let words = [usb.manufacturer, usb.product].into_iter().flatten().collect::<Vec<_>>();
            (true, words.join(" "))
        }
        SerialPortType::BluetoothPort => (false, "Bluetooth".to_owned()),
        SerialPortType::PciPort | SerialPortType::Unknown => (false, String::new()),
    }
}

/// Each lasting name with the device it leads to.
fn lasting_names(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.path().canonicalize().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_name_is_known_by_the_device_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("ttyUSB0");
        std::fs::write(&device, "").unwrap();
        let names = folder.path().join("by-id");
        std::fs::create_dir(&names).unwrap();
        std::os::unix::fs::symlink(&device, names.join("usb-adapter")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("gone"), names.join("usb-gone")).unwrap();
        assert_eq!(lasting_names(&names), [(names.join("usb-adapter"), device.canonicalize().unwrap())]);
        assert_eq!(lasting_names(&folder.path().join("none")), []);
    }

    #[test]
    fn the_system_tells_its_ports() {
        assert!(ports().is_ok());
    }
}
