//! The list of things that go wrong, and which of them is due.

use crate::config::simulator::{FaultConfig, FaultKind};

/// What the driver is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// To open the link.
    Connect,
    /// To read.
    Read,
    /// To write.
    Apply,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It panics.
    Panic,
    /// It is never answered.
    Hang,
    /// It blocks its thread for so long on the machine's clock. Unit: ms.
    Block(u64),
    /// It times out.
    Timeout,
    /// Its answer is nonsense.
    Garbage,
    /// The link is down.
    Disconnect,
}

/// The faults of a machine in their configured order, and how far each got.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultList {
    faults: Vec<Progress>,
}

/// A fault and how many of its times are over, for kinds that strike one call only.
#[derive(Debug, Clone, PartialEq)]
struct Progress {
    fault: FaultConfig,
    struck: u64,
}

impl FaultList {
    /// A list of which nothing has happened yet.
    pub fn new(faults: &[FaultConfig]) -> Self {
        Self { faults: faults.iter().map(|fault| Progress { fault: fault.clone(), struck: 0 }).collect() }
    }

    /// What goes wrong with a call at `now_ms` of the machine's clock. The first fault of the list that is due wins.
    ///
    /// A panic or a block strikes one read, once per time it is due; times that passed without a read are not made up for.
    pub fn strike(&mut self, call: Call, now_ms: u64) -> Option<Mishap> {
        self.faults.iter_mut().find_map(|progress| progress.strike(call, now_ms))
    }
}

impl Progress {
    fn strike(&mut self, call: Call, now_ms: u64) -> Option<Mishap> {
        match (self.fault.kind, call) {
            (FaultKind::Panic, Call::Read) => self.once(now_ms).then_some(Mishap::Panic),
            (FaultKind::Block, Call::Read) => self.once(now_ms).then_some(Mishap::Block(self.fault.for_ms)),
            (FaultKind::Garbage, Call::Read) => self.lasts(now_ms).then_some(Mishap::Garbage),
            (FaultKind::Panic | FaultKind::Block | FaultKind::Garbage, Call::Connect | Call::Apply) => None,
            (FaultKind::Hang, _) => self.lasts(now_ms).then_some(Mishap::Hang),
            (FaultKind::Timeout, _) => self.lasts(now_ms).then_some(Mishap::Timeout),
            (FaultKind::Disconnect, _) => self.lasts(now_ms).then_some(Mishap::Disconnect),
        }
    }

    /// How often it was due until now, this time included.
    fn times(&self, now_ms: u64) -> u64 {
        match (now_ms.checked_sub(self.fault.at_ms), self.fault.every_ms) {
            (None, _) => 0,
            (Some(_), None) => 1,
            (Some(since_ms), Some(every_ms)) => since_ms / every_ms.max(1) + 1,
        }
    }

    fn once(&mut self, now_ms: u64) -> bool {
        let times = self.times(now_ms);
        let strikes = times > self.struck;
        self.struck = times;
        strikes
    }

    fn lasts(&self, now_ms: u64) -> bool {
        now_ms.checked_sub(self.fault.at_ms).is_some_and(|since_ms| {
            let into_ms = self.fault.every_ms.map_or(since_ms, |every_ms| since_ms % every_ms.max(1));
            into_ms < self.fault.for_ms
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(kind: FaultKind, every_ms: Option<u64>) -> FaultList {
        FaultList::new(&[FaultConfig { kind, at_ms: 5_000, for_ms: 2_000, every_ms }])
    }

    fn struck_reads(list: &mut FaultList, until_ms: u64) -> Vec<u64> {
        (0..=until_ms).step_by(1_000).filter(|&ms| list.strike(Call::Read, ms).is_some()).collect()
    }

    #[test]
    fn a_fault_lasts_from_its_time_for_its_length() {
        assert_eq!(struck_reads(&mut list(FaultKind::Timeout, None), 60_000), [5_000, 6_000]);
    }

    #[test]
    fn a_repeated_fault_comes_back_for_ever() {
        let mut list = list(FaultKind::Disconnect, Some(10_000));
        assert_eq!(struck_reads(&mut list, 30_000), [5_000, 6_000, 15_000, 16_000, 25_000, 26_000]);
    }

    #[test]
    fn a_panic_strikes_one_read_each_time() {
        assert_eq!(struck_reads(&mut list(FaultKind::Panic, None), 60_000), [5_000]);
        assert_eq!(struck_reads(&mut list(FaultKind::Panic, Some(10_000)), 30_000), [5_000, 15_000, 25_000]);
    }

    #[test]
    fn a_panic_waits_for_the_first_read_and_missed_ones_are_not_made_up_for() {
        let mut list = list(FaultKind::Panic, Some(10_000));
        assert_eq!(list.strike(Call::Apply, 5_500), None);
        assert_eq!(list.strike(Call::Connect, 5_600), None);
        assert_eq!(list.strike(Call::Read, 48_000), Some(Mishap::Panic));
        assert_eq!(list.strike(Call::Read, 48_001), None);
        assert_eq!(list.strike(Call::Read, 55_000), Some(Mishap::Panic));
    }

    #[test]
    fn what_concerns_the_link_strikes_every_kind_of_call() {
        for (kind, mishap) in [
            (FaultKind::Hang, Mishap::Hang),
            (FaultKind::Timeout, Mishap::Timeout),
            (FaultKind::Disconnect, Mishap::Disconnect),
        ] {
            for call in [Call::Connect, Call::Read, Call::Apply] {
                assert_eq!(list(kind, None).strike(call, 5_000), Some(mishap), "{kind:?} {call:?}");
                assert_eq!(list(kind, None).strike(call, 7_000), None, "{kind:?} {call:?}");
            }
        }
    }

    #[test]
    fn of_two_faults_at_once_the_first_of_the_list_strikes() {
        let fault = |kind| FaultConfig { kind, at_ms: 0, for_ms: 10, every_ms: None };
        let mut list = FaultList::new(&[fault(FaultKind::Garbage), fault(FaultKind::Hang)]);
        assert_eq!(list.strike(Call::Read, 0), Some(Mishap::Garbage));
        assert_eq!(list.strike(Call::Apply, 0), Some(Mishap::Hang));
    }
}
