//! Machines come, change and go: what is on disk is what runs.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::sync::Arc;

use hearth_actors::archive::Archive;
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::{Add, Definition, Policy, RegistryError, Replace};
use hearth_actors::testing::{Device, roaster};
use support::{Watcher, World, connected};

fn definition(device: &Device, document: &str) -> Definition {
    let spec = MachineSpec { sampling_interval_ms: 20, ..roaster("a") };
    Definition { spec: Arc::new(spec), driver: device.factory(), document: document.into() }
}

#[actix::test]
async fn of_two_who_add_the_same_machine_one_wins_on_disk_and_alive() {
    let world = World::new(Policy::default());
    let device = Device::answering(&[200.0, 210.0]);
    let registry = world.house.registry();
    let (first, second) = tokio::join!(
        registry.send(Add(definition(&device, "first"))),
        registry.send(Add(definition(&device, "second")))
    );
    let (first, second) = (first.expect("registry"), second.expect("registry"));
    assert!(first.is_ok());
    assert!(matches!(second, Err(RegistryError::Exists(_))));
    let stored = world.archive.machines().expect("readable");
    assert_eq!(stored.into_iter().map(|(_, document)| document).collect::<Vec<_>>(), ["first"]);
}

#[actix::test]
async fn a_change_that_cannot_be_saved_leaves_the_machine_as_it_was_and_connected() {
    let world = World::new(Policy::default());
    let device = Device::answering(&[200.0, 210.0]);
    let added = world.house.registry().send(Add(definition(&device, "old"))).await.expect("registry");
    let machine = added.expect("added");
    connected(&machine).await;
    world.archive.refuse(true);
    let replace = Replace { definition: definition(&device, "new"), reopen: true };
    let refused = world.house.registry().send(replace).await.expect("registry");
    assert!(matches!(refused, Err(RegistryError::Storage(_))));
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    assert_eq!(&*machine.document(), "old");
}

#[actix::test]
async fn a_changed_machine_keeps_its_watchers() {
    let world = World::new(Policy::default());
    let device = Device::answering(&[200.0, 210.0]);
    let added = world.house.registry().send(Add(definition(&device, "old"))).await.expect("registry");
    let machine = added.expect("added");
    connected(&machine).await;
    let mut watcher = Watcher::on(&machine);
    let other = Device::answering(&[20.0, 30.0]);
    let replace = Replace { definition: definition(&other, "new"), reopen: true };
    world.house.registry().send(replace).await.expect("registry").expect("replaced");
    watcher.readings(3).await;
    assert_eq!(machine.bus().look(|snapshot| snapshot.connection.state), DriverState::Connected);
    assert_eq!(&*machine.document(), "new");
    assert_eq!(other.connects(), 1);
}
