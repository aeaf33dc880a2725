use proptest::prelude::*;

use super::*;

fn machine(id: &str) -> MachineId {
    MachineId::parse(id).unwrap()
}

fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

fn owner(of: &str, id: &str) -> Owner {
    Owner { machine: machine(of), channel: channel(id) }
}

fn request(id: &str, channels: &[(&str, u32)]) -> Request {
    let written = |n: u32| (n > 0).then_some(EndpointId(n));
    Request { machine: machine(id), channels: channels.iter().map(|(id, n)| (channel(id), written(*n))).collect() }
}

fn numbers(book: &mut Addresses, id: &str, channels: &[(&str, u32)]) -> Vec<u32> {
    let answers = book.assign(&[request(id, channels)]);
    answers[0].as_ref().unwrap().iter().map(|endpoint| endpoint.0).collect()
}

fn clashes(book: &mut Addresses, id: &str, channels: &[(&str, u32)]) -> Vec<Clash> {
    let before = book.clone();
    let clashes = book.assign(&[request(id, channels)]).remove(0).unwrap_err();
    assert_eq!(*book, before, "a refused machine changes nothing");
    clashes
}

#[test]
fn a_channel_keeps_its_number_whatever_happens_around_it() {
    let mut book = Addresses::default();
    assert_eq!(numbers(&mut book, "a", &[("x", 0), ("y", 0), ("z", 0)]), [1000, 1001, 1002]);
    assert_eq!(numbers(&mut book, "a", &[("z", 0), ("x", 0)]), [1002, 1000], "reordered, one left out");
    assert_eq!(numbers(&mut book, "b", &[("x", 0)]), [1003], "what was left out is not given away");
    assert_eq!(numbers(&mut book, "a", &[("y", 0), ("new", 0)]), [1001, 1004], "back again");
}

#[test]
fn a_number_in_writing_is_taken_and_kept_when_the_writing_goes() {
    let mut book = Addresses::default();
    assert_eq!(numbers(&mut book, "kettle", &[("pump", 52), ("level", 0)]), [52, 1000]);
    assert_eq!(numbers(&mut book, "kettle", &[("pump", 0), ("level", 0)]), [52, 1000]);
    assert_eq!(numbers(&mut book, "kettle", &[("pump", 60), ("level", 0)]), [60, 1000], "only a person changes it");
    assert_eq!(numbers(&mut book, "brewery", &[("pump", 52)]), [52], "whoever gives a number up leaves it to others");
}

#[test]
fn a_number_that_was_given_up_is_given_to_nothing_else_by_itself() {
    let mut book = Addresses::default();
    assert_eq!(numbers(&mut book, "kettle", &[("pump", 1001), ("level", 1003)]), [1001, 1003]);
    assert_eq!(numbers(&mut book, "kettle", &[("pump", 60), ("level", 61)]), [60, 61]);
    assert_eq!(numbers(&mut book, "other", &[("a", 0), ("b", 0), ("c", 0)]), [1000, 1002, 1004]);
    assert_eq!(book.spent().count(), 0, "what lies behind is given to nothing anyway");
    assert_eq!(numbers(&mut book, "brewery", &[("pump", 1001)]), [1001], "but a person may");
}

#[test]
fn no_machine_takes_the_number_of_another_not_even_of_one_that_is_gone() {
    let mut book = Addresses::default();
    numbers(&mut book, "kettle", &[("pump", 52), ("level", 0)]);
    let found = clashes(&mut book, "other", &[("a", 0), ("b", 52), ("c", 1000), ("d", 7)]);
    let expected = [(1, 52, owner("kettle", "pump")), (2, 1000, owner("kettle", "level"))];
    let found: Vec<(usize, u32, Owner)> = found.into_iter().map(|c| (c.channel, c.endpoint.0, c.owner)).collect();
    assert_eq!(found, expected);
}

#[test]
fn within_a_machine_numbers_are_exchanged_and_inherited_but_never_stolen() {
    let mut book = Addresses::default();
    numbers(&mut book, "m", &[("a", 1), ("b", 2), ("c", 0)]);
    assert_eq!(numbers(&mut book, "m", &[("a", 2), ("b", 1), ("c", 0)]), [2, 1, 1000], "exchanged");
    assert_eq!(numbers(&mut book, "m", &[("renamed", 2), ("b", 1), ("c", 0)]), [2, 1, 1000], "inherited");
    assert_eq!(numbers(&mut book, "m", &[("a", 0), ("renamed", 2)]), [1001, 2], "the former owner gets a fresh one");
    assert_eq!(clashes(&mut book, "m", &[("b", 1000), ("c", 0)])[0].owner, owner("m", "c"));
    assert_eq!(clashes(&mut book, "m", &[("p", 9), ("q", 9)])[0].owner, owner("m", "p"), "twice in one document");
}

#[test]
fn what_one_machine_has_in_writing_is_never_given_to_another_that_starts_with_it() {
    let mut book = Addresses::default();
    let answers = book.assign(&[request("a", &[("x", 0), ("y", 0)]), request("b", &[("x", 1000), ("y", 1002)])]);
    assert_eq!(answers, [Ok(vec![EndpointId(1001), EndpointId(1003)]), Ok(vec![EndpointId(1000), EndpointId(1002)])]);
}

#[test]
fn one_machine_that_is_refused_does_not_keep_the_others_from_their_numbers() {
    let mut book = Addresses::default();
    let answers = book.assign(&[request("a", &[("x", 5)]), request("b", &[("x", 5)]), request("c", &[("x", 0)])]);
    assert!(answers[0].is_ok() && answers[1].is_err() && answers[2].is_ok());
}

#[test]
fn what_is_recalled_counts_like_what_was_given_and_nothing_twice() {
    let mut book = Addresses::default();
    assert!(book.recall(EndpointId(1000), owner("a", "x")));
    assert!(!book.recall(EndpointId(1000), owner("b", "x")), "the number is taken");
    assert!(!book.recall(EndpointId(1001), owner("a", "x")), "the channel has one");
    assert!(!book.recall(EndpointId::NONE, owner("c", "x")) && !book.recall(EndpointId(u32::MAX), owner("c", "x")));
    assert_eq!(numbers(&mut book, "b", &[("x", 0)]), [1001]);
    book.begin_at(EndpointId(5000));
    assert_eq!(numbers(&mut book, "c", &[("x", 0)]), [5000]);
}

#[test]
fn when_the_last_number_is_reached_free_ones_are_found_below() {
    let mut book = Addresses::default();
    book.begin_at(EndpointId::MAX);
    assert_eq!(numbers(&mut book, "a", &[("x", 0), ("y", 0)]), [EndpointId::MAX.0, 1000]);
}

/// A machine with some of five channels in any order, some with a number in writing.
fn any_request() -> impl Strategy<Value = Request> {
    let numbers = prop_oneof![3 => Just(0_u32), 1 => 1_u32..6, 1 => 1000_u32..1012];
    let channels = prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle();
    let written = prop::collection::vec(numbers, 5);
    (prop::sample::select(vec!["m", "n", "o"]), channels, written)
        .prop_map(|(id, channels, written)| request(id, &channels.into_iter().zip(written).collect::<Vec<_>>()))
}

proptest! {
    #[test]
    fn no_number_is_ever_shared_and_none_changes_but_by_hand(requests in prop::collection::vec(any_request(), 1..40)) {
        let mut book = Addresses::default();
        for request in requests {
            let before: BTreeMap<Owner, EndpointId> = book.iter().map(|(n, owner)| (owner.clone(), n)).collect();
            let answer = book.assign(std::slice::from_ref(&request)).remove(0);
            let after: BTreeMap<Owner, EndpointId> = book.iter().map(|(n, owner)| (owner.clone(), n)).collect();
            prop_assert_eq!(after.len(), book.iter().count(), "a channel with two numbers");
            let Ok(given) = answer else {
                prop_assert_eq!(after, before);
                continue;
            };
            prop_assert_eq!(given.len(), request.channels.len());
            for ((channel, written), endpoint) in request.channels.iter().zip(&given) {
                let owner = Owner { machine: request.machine.clone(), channel: channel.clone() };
                prop_assert_eq!(after.get(&owner), Some(endpoint));
                let expected = written.or(before.get(&owner).copied());
                prop_assert!(expected.is_none_or(|expected| expected == *endpoint));
            }
            for (owner, endpoint) in before {
                let is_by_hand = request.channels.iter().any(|(channel, written)| {
                    owner.machine == request.machine && (written.is_some_and(|w| w == endpoint) || *channel == owner.channel && written.is_some())
                });
                prop_assert!(is_by_hand || after.get(&owner) == Some(&endpoint), "{:?} lost {:?}", owner, endpoint);
            }
        }
    }
}
