//! Which number each channel of the house has. A number is given once: it stays with its machine and channel over restarts, changes
//! and removals, so that whoever addresses by number never reaches another device.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::ids::{ChannelId, EndpointId, MachineId};
use crate::model::spec::MachineSpec;

/// The first number that is given without being asked for: people who choose their own start small.
pub const FIRST: EndpointId = EndpointId(1_000);

/// Whose a number is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The machine.
    pub machine: MachineId,
    /// Its channel.
    pub channel: ChannelId,
}

/// A machine that needs a number for each of its channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The machine.
    pub machine: MachineId,
    /// Its channels in configured order, with the number that somebody wrote down.
    pub channels: Vec<(ChannelId, Option<EndpointId>)>,
}

impl Request {
    /// What a machine asks for: [`EndpointId::NONE`] in its channels is any.
    pub fn of(spec: &MachineSpec) -> Self {
        let written = |endpoint: EndpointId| (endpoint != EndpointId::NONE).then_some(endpoint);
        let channels = spec.channels.iter().map(|(_, channel)| (channel.id.clone(), written(channel.endpoint)));
        Self { machine: spec.id.clone(), channels: channels.collect() }
    }

    fn channel(&self, id: &ChannelId) -> Option<&(ChannelId, Option<EndpointId>)> {
        self.channels.iter().find(|(channel, _)| channel == id)
    }
}

/// A number that somebody wrote down is another channel's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The channel that shall have it, as index into the request.
    pub channel: usize,
    /// The number.
    pub endpoint: EndpointId,
    /// Whose it is.
    pub owner: Owner,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, owner: Owner { machine, channel }, .. } = self;
        write!(f, "the endpoint id {endpoint} is that of channel `{channel}` of machine `{machine}`")?;
        write!(f, ", for good, even if that was removed: use another or leave it out")
    }
}

/// A machine's numbers in order of its channels, or every number that it cannot have. Then nothing of it has changed.
pub type Answer = Result<Vec<EndpointId>, Vec<Clash>>;

/// All numbers that were ever given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    numbers: BTreeMap<Owner, EndpointId>,
    owners: BTreeMap<EndpointId, Owner>,
    next: EndpointId,
    /// Given up, and ahead of `next`: only a person may give them to something else.
    spent: BTreeSet<EndpointId>,
}

impl Default for Addresses {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), owners: BTreeMap::new(), next: FIRST, spent: BTreeSet::new() }
    }
}

impl Addresses {
    /// The number from which the next one that nobody asked for is looked for; all below it that nobody wrote down were given.
    pub fn next(&self) -> EndpointId {
        self.next
    }

    /// Gives no number below this one any more without being asked for it.
    pub fn begin_at(&mut self, next: EndpointId) {
        self.next = self.next.max(next);
        self.spent = self.spent.split_off(&self.next);
    }

    /// Numbers that somebody wrote down and gave up, as far as they would be given again otherwise.
    pub fn spent(&self) -> impl Iterator<Item = EndpointId> {
        self.spent.iter().copied()
    }

    /// Never gives these without being asked for them.
    pub fn spare(&mut self, spent: impl Iterator<Item = EndpointId>) {
        self.spent.extend(spent.filter(|endpoint| *endpoint >= self.next && !self.owners.contains_key(endpoint)));
    }

    /// Everything that was given, in order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = (EndpointId, &Owner)> {
        self.owners.iter().map(|(endpoint, owner)| (*endpoint, owner))
    }

    /// Takes back what was given before. Yields whether it could be: number and channel were free.
    #[must_use]
    pub fn recall(&mut self, endpoint: EndpointId, owner: Owner) -> bool {
        let is_free =
            endpoint.is_usable() && !self.owners.contains_key(&endpoint) && !self.numbers.contains_key(&owner);
        if is_free {
            self.set(endpoint, owner);
        }
        is_free
    }

    /// Gives each machine its numbers. What is written down counts first, for all of them: no machine gets by chance what another
    /// one has in writing.
    pub fn assign(&mut self, requests: &[Request]) -> Vec<Answer> {
        let clashes: Vec<Vec<Clash>> = requests.iter().map(|request| self.take_written(request)).collect();
        let answer = |(request, clashes): (&Request, Vec<Clash>)| {
            if clashes.is_empty() { Ok(self.numbers_of(request)) } else { Err(clashes) }
        };
        requests.iter().zip(clashes).map(answer).collect()
    }

    fn take_written(&mut self, request: &Request) -> Vec<Clash> {
        let written: Vec<(usize, &ChannelId, EndpointId)> = {
            let channels = request.channels.iter().enumerate();
            channels.filter_map(|(i, (channel, endpoint))| Some((i, channel, (*endpoint)?))).collect()
        };
        let clash = |&(channel, id, endpoint): &(usize, &ChannelId, EndpointId)| {
            let other = request.channels[..channel].iter().find(|(_, before)| *before == Some(endpoint));
            let owner = match other {
                Some((other, _)) => Owner { machine: request.machine.clone(), channel: other.clone() },
                None => self.owners.get(&endpoint).filter(|owner| !gives_up(owner, endpoint, id, request))?.clone(),
            };
            Some(Clash { channel, endpoint, owner })
        };
        let clashes: Vec<Clash> = written.iter().filter_map(clash).collect();
        if clashes.is_empty() {
            // All go before any comes: two channels may exchange their numbers.
            for (_, channel, endpoint) in &written {
                self.release(&request.machine, channel, *endpoint);
            }
            for (_, channel, endpoint) in written {
                self.set(endpoint, Owner { machine: request.machine.clone(), channel: channel.clone() });
            }
        }
        clashes
    }

    fn release(&mut self, machine: &MachineId, channel: &ChannelId, endpoint: EndpointId) {
        let owner = Owner { machine: machine.clone(), channel: channel.clone() };
        if let Some(old) = self.numbers.remove(&owner) {
            self.owners.remove(&old);
            self.spare(std::iter::once(old));
        }
        if let Some(former) = self.owners.remove(&endpoint) {
            self.numbers.remove(&former);
        }
    }

    fn numbers_of(&mut self, request: &Request) -> Vec<EndpointId> {
        let number = |(channel, _): &(ChannelId, Option<EndpointId>)| {
            let owner = Owner { machine: request.machine.clone(), channel: channel.clone() };
            match self.numbers.get(&owner) {
                Some(endpoint) => *endpoint,
                None => self.give_next(owner),
            }
        };
        request.channels.iter().map(number).collect()
    }

    fn give_next(&mut self, owner: Owner) -> EndpointId {
        let free = (self.next.0..=EndpointId::MAX.0).chain(FIRST.0..self.next.0).map(EndpointId);
        // Two thousand million channels would have to be there for none to be left.
        let is_free = |endpoint: &EndpointId| !self.owners.contains_key(endpoint) && !self.spent.contains(endpoint);
        let Some(endpoint) = free.into_iter().find(is_free) else {
            return EndpointId::NONE;
        };
        self.begin_at(EndpointId(endpoint.0 + 1));
        self.set(endpoint, owner);
        endpoint
    }

    fn set(&mut self, endpoint: EndpointId, owner: Owner) {
        self.spent.remove(&endpoint);
        self.numbers.insert(owner.clone(), endpoint);
        self.owners.insert(endpoint, owner);
    }
}

/// Whether a channel lets another one of its machine have its number: it is the same, it is gone, or it shall have another.
fn gives_up(owner: &Owner, endpoint: EndpointId, to: &ChannelId, request: &Request) -> bool {
    owner.machine == request.machine
        && (owner.channel == *to
            || request.channel(&owner.channel).is_none_or(|(_, written)| written.is_some_and(|own| own != endpoint)))
}

#[cfg(test)]
mod tests;
