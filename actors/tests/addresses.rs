//! How channels are found, and that nothing in the house ever has the tag or the number of something else.

#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth_actors::archive::Archive;
use hearth_actors::logic::addresses::Request;
use hearth_actors::model::channel::{Channel, ChannelTable};
use hearth_actors::model::ids::{ChannelId, EndpointId, MachineId};
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::registry::{Add, Adopt, Definition, Force, Policy, RegistryError, Remove, Replace};
use hearth_actors::testing::{Device, MemoryArchive, roaster};
use proptest::prelude::*;
use support::World;

/// A channel as written: its id, its tag unless it is the usual one, its number unless any will do.
type Written = (&'static str, Option<&'static str>, Option<u32>);

/// A machine that nobody connects to, with these channels.
fn definition(id: &str, channels: &[Written]) -> Definition {
    let spec = roaster(id);
    let like = spec.channels.get(0).expect("a channel").clone();
    let channel = |(channel, tag, endpoint): &Written| Channel {
        id: ChannelId::parse(channel).expect("an id"),
        tag: tag.map_or_else(|| format!("{id}.{channel}"), str::to_owned),
        endpoint: endpoint.map_or(EndpointId::NONE, EndpointId),
        ..like.clone()
    };
    let channels = Arc::new(ChannelTable::new(channels.iter().map(channel).collect()));
    let spec = Arc::new(MachineSpec { autoconnect: false, channels, ..spec });
    Definition { spec, driver: Device::default().factory(), document: "{}".into() }
}

async fn add(world: &World, id: &str, channels: &[Written]) -> Result<(), RegistryError> {
    world.house.registry().send(Add(definition(id, channels))).await.expect("registry").map(drop)
}

async fn replace(world: &World, id: &str, channels: &[Written]) -> Result<(), RegistryError> {
    let replace = Replace { definition: definition(id, channels), reopen: true };
    world.house.registry().send(replace).await.expect("registry").map(drop)
}

async fn remove(world: &World, id: &str) -> Result<(), RegistryError> {
    let id = MachineId::parse(id).expect("an id");
    world.house.registry().send(Remove { id, force: Force::Yes }).await.expect("registry")
}

/// Everything that is found: `machine.channel`, by number.
fn found(world: &World) -> Vec<(u32, String)> {
    let directory = world.house.directory();
    let name = |place: &hearth_actors::registry::directory::Place| {
        (place.channel().endpoint.0, format!("{}.{}", place.machine.id(), place.channel().id))
    };
    directory.places().map(name).collect()
}

#[actix::test]
async fn the_directory_follows_what_is_added_changed_and_removed() {
    let world = World::new(Policy::default());
    assert!(world.house.directory().places().next().is_none());
    add(&world, "a", &[("x", Some("t"), Some(52)), ("y", None, None)]).await.expect("added");
    let before = world.house.directory();
    let place = before.endpoint(EndpointId(52)).expect("there");
    assert_eq!((place.machine.id().as_str(), place.index, place.channel().tag.as_str()), ("a", 0, "t"));
    assert_eq!(before.tagged("a.y").expect("there").channel().endpoint, EndpointId(1000));
    assert!(before.tagged("a.x").is_none() && before.tagged("").is_none());
    assert!(before.endpoint(EndpointId(53)).is_none() && before.endpoint(EndpointId::NONE).is_none());
    replace(&world, "a", &[("z", None, None), ("y", Some("u"), None)]).await.expect("changed");
    assert_eq!(found(&world), [(1000, "a.y".to_owned()), (1001, "a.z".to_owned())]);
    let now = world.house.directory();
    assert!(now.tagged("t").is_none() && now.tagged("a.y").is_none() && now.endpoint(EndpointId(52)).is_none());
    assert_eq!(now.tagged("u").expect("there").index, 1);
    assert_eq!(place.channel().tag, "t", "who holds a place still sees the channel it was");
    remove(&world, "a").await.expect("removed");
    assert_eq!(found(&world), []);
    add(&world, "b", &[("y", None, None)]).await.expect("added");
    add(&world, "a", &[("x", None, None), ("y", None, None)]).await.expect("back again");
    let names = [(52, "a.x"), (1000, "a.y"), (1002, "b.y")].map(|(n, name)| (n, name.to_owned()));
    assert_eq!(found(&world), names);
}

#[actix::test]
async fn of_two_machines_that_come_at_once_with_one_tag_or_one_number_one_is_refused() {
    let world = World::new(Policy::default());
    let (one, other) =
        tokio::join!(add(&world, "a", &[("x", Some("t"), None)]), add(&world, "b", &[("x", Some("t"), None)]));
    assert!(one.is_ok());
    assert!(matches!(other, Err(RegistryError::Tag { owner, .. }) if owner.as_str() == "a"));
    let (one, other) =
        tokio::join!(add(&world, "c", &[("x", None, Some(7))]), add(&world, "d", &[("x", None, Some(7))]));
    assert!(one.is_ok() != other.is_ok());
    assert!(matches!(one.and(other), Err(RegistryError::Numbers(clashes)) if clashes.len() == 1));
    assert_eq!(world.archive.machines().expect("readable").len(), 2, "what is refused is not on disk");
    assert_eq!(found(&world).len(), 2);
}

#[actix::test]
async fn a_machine_may_keep_its_tags_and_pass_them_on_within_itself() {
    let world = World::new(Policy::default());
    add(&world, "a", &[("x", Some("t"), None), ("y", Some("u"), None)]).await.expect("added");
    replace(&world, "a", &[("x", Some("u"), None), ("y", Some("t"), None)]).await.expect("exchanged");
    assert_eq!(world.house.directory().tagged("t").expect("there").channel().id.as_str(), "y");
    add(&world, "b", &[("x", None, None)]).await.expect("added");
    let refused = replace(&world, "b", &[("x", Some("t"), None)]).await;
    assert!(matches!(refused, Err(RegistryError::Tag { .. })));
    assert!(world.house.directory().tagged("b.x").is_some(), "it is as it was");
}

#[actix::test]
async fn a_change_that_cannot_be_saved_changes_no_number() {
    let world = World::new(Policy::default());
    add(&world, "a", &[("x", None, Some(52))]).await.expect("added");
    world.archive.refuse(true);
    assert!(matches!(replace(&world, "a", &[("x", None, Some(60))]).await, Err(RegistryError::Storage(_))));
    world.archive.refuse(false);
    assert_eq!(found(&world), [(52, "a.x".to_owned())]);
    add(&world, "b", &[("x", None, Some(60))]).await.expect("60 is nobody's");
}

/// What happens to a house.
#[derive(Debug, Clone)]
enum Step {
    Add(&'static str, Vec<Written>),
    Replace(&'static str, Vec<Written>),
    Remove(&'static str),
    Restart,
}

/// Without what the configuration refuses within one document.
fn unique(id: &str, written: Vec<Written>) -> Vec<Written> {
    let mut seen = BTreeSet::new();
    let mut is_new = |(channel, tag, number): &Written| {
        seen.insert(tag.map_or_else(|| format!("{id}.{channel}"), str::to_owned))
            && number.is_none_or(|number| seen.insert(number.to_string()))
    };
    written.into_iter().filter(|each| is_new(each)).collect()
}

fn any_step() -> impl Strategy<Value = Step> {
    let id = || prop::sample::select(vec!["m", "n", "o"]);
    let tag = prop_oneof![4 => Just(None), 1 => prop::sample::select(vec!["t", "m.a", "n.b"]).prop_map(Some)];
    let number = prop_oneof![4 => Just(None), 1 => (1_u32..5).prop_map(Some), 1 => (1000_u32..1008).prop_map(Some)];
    let ids = || prop::sample::subsequence(vec!["a", "b", "c", "d"], 0..=4).prop_shuffle();
    let addresses = prop::collection::vec((tag, number), 4);
    let written = (ids(), addresses).prop_map(|(ids, addresses)| {
        ids.into_iter().zip(addresses).map(|(id, (tag, number))| (id, tag, number)).collect()
    });
    let written = written.boxed();
    prop_oneof![
        4 => (id(), written.clone()).prop_map(|(id, written)| Step::Add(id, unique(id, written))),
        4 => (id(), written).prop_map(|(id, written)| Step::Replace(id, unique(id, written))),
        2 => id().prop_map(Step::Remove),
        1 => Just(Step::Restart),
    ]
}

/// The daemon ends and starts again with the machines it had.
async fn restarted(world: World, machines: &BTreeMap<&'static str, Vec<Written>>) -> World {
    let archive: MemoryArchive = world.archive.clone();
    world.house.stop(drop).await;
    let definitions: Vec<Definition> = machines.iter().map(|(id, written)| definition(id, written)).collect();
    let requests: Vec<Request> = definitions.iter().map(|definition| Request::of(&definition.spec)).collect();
    let world = World::on(archive, Policy::default());
    let answers = world.archive.assign(&requests).expect("readable");
    for (definition, answer) in definitions.into_iter().zip(answers) {
        let definition = definition.numbered(&answer.expect("nothing clashes that did not clash before"));
        let adopted = world.house.registry().send(Adopt { definition, resumed: None }).await.expect("registry");
        adopted.map(drop).expect("nor does a tag");
    }
    world
}

/// Numbers that somebody wrote down in this step may go to their channel, from it and from its former owner.
fn is_by_hand(step: &Step, machine: &str, channel: &str, number: u32) -> bool {
    let (Step::Add(id, written) | Step::Replace(id, written)) = step else { return false };
    *id == machine && written.iter().any(|(id, _, n)| *n == Some(number) || (*id == channel && n.is_some()))
}

async fn live_through(steps: Vec<Step>) {
    let mut world = World::new(Policy::default());
    let mut machines: BTreeMap<&'static str, Vec<Written>> = BTreeMap::new();
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for step in steps {
        match &step {
            Step::Add(id, written) if add(&world, id, written).await.is_ok() => {
                drop(machines.insert(id, written.clone()))
            }
            Step::Replace(id, written) if replace(&world, id, written).await.is_ok() => {
                machines.insert(id, written.clone());
            }
            Step::Remove(id) if remove(&world, id).await.is_ok() => drop(machines.remove(id)),
            Step::Restart => world = restarted(world, &machines).await,
            Step::Add(..) | Step::Replace(..) | Step::Remove(_) => {}
        }
        let directory = world.house.directory();
        let numbers: BTreeSet<EndpointId> = directory.places().map(|place| place.channel().endpoint).collect();
        let tags: BTreeSet<&str> = directory.places().map(|place| place.channel().tag.as_str()).collect();
        let count = machines.values().map(Vec::len).sum::<usize>();
        assert_eq!((directory.places().count(), numbers.len(), tags.len()), (count, count, count), "after {step:?}");
        assert!(!numbers.contains(&EndpointId::NONE));
        for place in directory.places() {
            let (machine, channel) = (place.machine.id().as_str(), place.channel());
            let name = format!("{machine}/{}", channel.id);
            let before = known.insert(name.clone(), channel.endpoint.0);
            let stays =
                before.is_none_or(|n| n == channel.endpoint.0 || is_by_hand(&step, machine, channel.id.as_str(), n));
            assert!(stays, "{name} was {before:?}, is {} after {step:?}", channel.endpoint);
            let same = |found: Option<&hearth_actors::registry::directory::Place>| {
                found.is_some_and(|f| f.machine.id() == place.machine.id() && f.index == place.index)
            };
            assert!(same(directory.endpoint(channel.endpoint)) && same(directory.tagged(&channel.tag)), "{name}");
        }
        // A channel that is gone may have left its number to another one of its machine, by hand.
        known.retain(|name, number| {
            let (machine, channel) = name.split_once('/').expect("a name");
            let is_there =
                directory.endpoint(EndpointId(*number)).is_some_and(|place| place.channel().id.as_str() == channel);
            is_there || !is_by_hand(&step, machine, channel, *number)
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_no_address_is_shared_and_no_number_changes_but_by_hand(
        steps in prop::collection::vec(any_step(), 1..16)
    ) {
        actix::System::new().block_on(live_through(steps));
    }
}
