//! The guard: a small parent process that outlives the daemon, and takes the heat away when it dies.
//!
//! ```text
//!      guard (the process that was started)                 daemon (its child)
//!
//!      waits; no runtime, no device open    <-- lifeline --  tells what to write where, whenever machines change
//!      daemon dead: opens the devices,                       lifeline broken: outputs to safety, journals to disk,
//!      writes the safe values, starts it again               ends with 1 within a second
//! ```
//! The daemon must not be able to take the guard with it, so the guard does nothing but wait: what could break breaks in the child.
//! It keeps the wills in its memory, not in a file: a full or dead disk is one of the deaths that it is there for.

pub mod lifeline;
pub mod parent;
pub mod verdict;

use std::sync::Arc;
use std::time::Duration;

use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::Definition;
use hearth_actors::system::House;

use crate::config::machine::MachineConfig;
use crate::drivers::{self, modbus::will::Will};
use lifeline::Lifeline;

/// Pause before the guard is told again what it did not hear.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What is to be written for machines that are about to run.
pub fn wills(definitions: &[Definition]) -> Vec<Will> {
    definitions.iter().filter_map(|definition| will_of(&definition.document, &definition.spec)).collect()
}

/// What is to be written for machines of a house that runs.
pub fn wills_of(house: &House, is_meant: impl Fn(&MachineId) -> bool) -> Vec<Will> {
    let machines = house.machines();
    let meant = machines.iter().filter(|machine| is_meant(machine.id()));
    meant.filter_map(|machine| will_of(&machine.document(), &machine.spec())).collect()
}

/// Tells the guard what to write where: now, and whenever a machine is added, changed or removed. What it did not hear whole it is told
/// again until it does; where it never will, because it is dead, [`Lifeline::outlive`] ends this process. Ends with the house.
pub async fn keep_informed(house: House, lifeline: Arc<Lifeline>) {
    let mut changes = house.directories();
    // It was told once already, before the first machine ran.
    let mut is_known = true;
    loop {
        changes.mark_unchanged();
        let wills = wills_of(&house, |_| true);
        let machines = wills.iter().map(|will| will.machine.as_str()).collect::<Vec<_>>().join(", ");
        let line = Arc::clone(&lifeline);
        // A guard that is stopped must not stop the daemon's own thread.
        let told = tokio::task::spawn_blocking(move || line.tell(&wills)).await;
        let was_known = std::mem::replace(&mut is_known, matches!(told, Ok(Ok(()))));
        match told {
            Ok(Ok(())) => tracing::info!(machines, "the guard knows what to write if the daemon dies"),
            Ok(Err(error)) if was_known => {
                tracing::error!(%error, "the guard does not hear what to write if the daemon dies: it is told until it does");
            }
            Ok(Err(_)) | Err(_) => {}
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(AGAIN_AFTER), if !is_known => {}
        }
    }
}

fn will_of(document: &str, spec: &MachineSpec) -> Option<Will> {
    let config = MachineConfig::parse(serde_json::from_str(document).ok()?).ok()?;
    drivers::will(&config, spec)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use hearth_actors::registry::Policy;
    use hearth_actors::testing::MemoryArchive;

    use super::*;

    #[actix_rt::test]
    async fn what_a_stopped_guard_did_not_hear_it_is_told_until_it_has() {
        let (guards, daemons) = UnixStream::pair().unwrap();
        let line = Arc::new(Lifeline::over(daemons, Duration::from_millis(10)).unwrap());
        let link = serde_json::from_value(serde_json::json!({"type": "modbus_tcp", "host": "10.0.0.9"})).unwrap();
        let gone = vec![Will { machine: "gone".into(), link, writes: Vec::new() }; 1_000];
        while line.tell(&gone).is_ok() {}
        let house = House::start(Arc::new(MemoryArchive::default()), Policy::default()).unwrap();
        let informing = actix_rt::spawn(keep_informed(house, Arc::clone(&line)));
        // It holds a third one while it tells.
        for is_telling in [true, false] {
            while (Arc::strong_count(&line) > 2) != is_telling {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let (heard, hears) = std::sync::mpsc::sync_channel(64);
        std::thread::spawn(move || lifeline::listen(guards, |wills| drop(heard.send(wills))));
        while !hears.try_recv().is_ok_and(|wills| wills.is_empty()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        informing.abort();
    }
}
