//! Where each channel of the house is, by the number or the text that other dialects know it by.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::channel::Channel;
use crate::model::ids::EndpointId;
use crate::slot::MachineHandle;

/// Where a channel is.
#[derive(Clone)]
pub struct Place {
    /// Its machine.
    pub machine: MachineHandle,
    /// Its index among the machine's channels.
    pub index: usize,
    channel: Arc<Channel>,
}

impl Place {
    /// The channel as it was when the directory was made: `index` may mean another one once the machine is changed.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }
}

/// All channels of all machines at one moment. Shared as `Arc`; never changes.
#[derive(Default)]
pub struct Directory {
    /// In order of endpoint id.
    places: Vec<Place>,
    tags: HashMap<String, usize>,
}

impl Directory {
    /// The directory of these machines' channels.
    pub(super) fn new<'a>(machines: impl Iterator<Item = &'a MachineHandle>) -> Self {
        let mut places: Vec<Place> = machines.flat_map(places_of).collect();
        places.sort_by_key(|place| place.channel.endpoint);
        let tags = places.iter().enumerate().map(|(at, place)| (place.channel.tag.clone(), at)).collect();
        Self { places, tags }
    }

    /// The channel with this number.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Place> {
        let at = self.places.binary_search_by_key(&id, |place| place.channel.endpoint).ok()?;
        self.places.get(at).filter(|_| id != EndpointId::NONE)
    }

    /// The channel with this tag.
    pub fn tagged(&self, tag: &str) -> Option<&Place> {
        self.tags.get(tag).and_then(|at| self.places.get(*at))
    }

    /// All channels in order of endpoint id.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.iter()
    }
}

fn places_of(machine: &MachineHandle) -> Vec<Place> {
    let spec = machine.spec();
    let channels = spec.channels.iter();
    channels
        .map(|(index, channel)| Place { machine: machine.clone(), index, channel: Arc::new(channel.clone()) })
        .collect()
}
