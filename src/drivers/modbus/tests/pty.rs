//! A serial port of our own: a pty behind a lasting name.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_serial::{SerialPort, SerialStream};

use super::peer::{Frames, Shared, serve};

/// A port with a device on it. A device that closes its end is torn off, and at once plugged in again by another path.
pub struct Port {
    folder: TempDir,
    serving: JoinHandle<()>,
}

struct Plugged {
    theirs: SerialStream,
    /// While it lives, the path does.
    _ours: SerialStream,
}

impl Port {
    pub fn plug(device: &Shared) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (name, device) = (name_in(folder.path()), device.clone());
        let mut plugged = Plugged::behind(&name);
        let serving = tokio::spawn(async move {
            loop {
                serve(&mut plugged.theirs, Frames::Rtu, device.clone()).await;
                // The next is there before this one goes, so that it gets another path.
                plugged = Plugged::behind(&name);
            }
        });
        Self { folder, serving }
    }

    /// The name that stays.
    pub fn name(&self) -> PathBuf {
        name_in(self.folder.path())
    }

    /// Where it leads now.
    pub fn path(&self) -> PathBuf {
        self.name().canonicalize().unwrap()
    }

    /// The link of a machine at this port.
    pub fn link(&self, timeout_ms: u64) -> String {
        let name = self.name();
        format!("type = 'modbus_rtu'\nport = '{}'\nbaud = 115200\ntimeout_ms = {timeout_ms}", name.display())
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Plugged {
    fn behind(name: &Path) -> Self {
        let (theirs, ours) = SerialStream::pair().unwrap();
        let fresh = name.with_extension("fresh");
        std::os::unix::fs::symlink(ours.name().unwrap(), &fresh).unwrap();
        std::fs::rename(&fresh, name).unwrap();
        Self { theirs, _ours: ours }
    }
}

fn name_in(folder: &Path) -> PathBuf {
    folder.join("usb-adapter")
}
