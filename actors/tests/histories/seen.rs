//! What the device sees of the house, judged call by call.

use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::command::Actor;
use hearth_actors::model::ids::CommandId;

use super::judge::{
    AIR, BURNER, Ending, Interlock, Judge, LATE, Link, MOMENT, OPERATOR_LOSS, Order, Ordered, REPLAYED, SAME, TOO_HOT,
};

impl Judge {
    pub fn fresh_driver(&mut self, driver: u32) {
        self.say(format!("driver {driver} is made"));
        self.driver = Some(driver);
    }

    /// The machine's program is replaced, whatever the old one does.
    pub fn replaced(&mut self) {
        self.say("the program is replaced");
        self.die();
    }

    pub fn crashed(&mut self, driver: u32) {
        if self.driver == Some(driver) {
            self.say("the driver crashes");
            self.tally.crashes += 1;
            self.die();
        }
    }

    pub fn connected(&mut self, driver: u32) {
        if self.driver == Some(driver) {
            self.link = if self.owes_safe { Link::Entering } else { Link::Up };
            self.say(format!("connected, {:?}", self.link));
            let now = self.now();
            (self.good, self.bt) = ([now; 2], (None, now));
            (self.sensor_tripped, self.is_parting, self.held) = (false, false, None);
        }
    }

    pub fn lost(&mut self, driver: u32) {
        if self.driver != Some(driver) || self.link == Link::Down {
            return;
        }
        self.say("the link is lost");
        self.tally.losses += 1;
        if self.link == Link::Up {
            self.latch();
        }
        (self.link, self.owes_safe) = (Link::Down, true);
    }

    pub fn parted(&mut self, driver: u32, burner: f64) {
        if self.driver == Some(driver) {
            self.say("parted");
            let is_hot = self.link != Link::Down && burner > SAME && !self.is_touched;
            self.parted_hot_at = is_hot.then(|| self.now());
            self.owes_safe |= self.link != Link::Down && !self.is_confirmed;
            self.void_before = self.next();
            self.link = Link::Down;
        }
    }

    pub fn reads(&mut self, driver: u32) {
        if self.driver == Some(driver) && self.link == Link::Entering {
            (self.link, self.good) = (Link::Up, [self.now(); 2]);
        }
    }

    /// What a reading told of BT, ET and the burner.
    pub fn read(&mut self, driver: u32, bt: Option<f64>, et: Option<f64>, burner: Option<f64>) {
        if self.driver != Some(driver) {
            return;
        }
        self.tick();
        let now = self.now();
        self.bt = (bt, now);
        self.believed = burner.unwrap_or(self.believed);
        for (good, value) in self.good.iter_mut().zip([bt, et]) {
            *good = if value.is_some() { now } else { *good };
        }
        let is_hot = self.held.is_some_and(|(_, held)| burner.is_none_or(|burner| burner == held));
        if self.is_closed() && is_hot && !self.is_touched {
            self.say("an interlock closes over heat");
            self.tally.trips += 1;
            self.latch();
        }
    }

    pub fn writes(&mut self, driver: u32, order: &Admitted, burner: f64) {
        self.tick();
        let (id, channel, native) = (order.command(), order.channel(), order.native());
        let is_hot = channel == BURNER && native > 0.0;
        self.say(format!("{:?} writes {native} to {channel} for {}", order.by().label(), id.0));
        self.tally.writes += 1;
        if self.driver != Some(driver) {
            self.object("a driver whose time is over writes");
        }
        if self.link == Link::Down {
            self.object("something is written without a link");
        }
        if self.owes_safe && (channel != BURNER || is_hot) {
            self.object("the first bytes are not the safe ones");
        }
        if channel == BURNER {
            (self.owes_safe, self.is_confirmed) = (false, false);
        }
        if *order.by() == Actor::Replay && !self.orders.contains_key(&id) {
            self.replays(order);
        }
        match self.orders.get(&id) {
            Some(Order { ordered: Ordered::Set { .. }, .. }) => self.judge_order(id, channel, native, burner),
            _ => self.judge_house(order),
        }
        if is_hot {
            self.judge_heat(id, native, burner);
        }
        if channel == BURNER {
            self.shown = None;
            self.held = self.held.filter(|(held, _)| *held == id);
        }
    }

    pub fn wrote(&mut self, driver: u32, order: &Admitted, ending: Ending) {
        let (id, channel, native, now) = (order.command(), order.channel(), order.native(), self.now());
        if self.driver != Some(driver) || ending != Ending::Confirmed {
            if self.driver == Some(driver) && channel == BURNER && ending == Ending::Otherwise {
                self.held = None;
            }
            return self.say(format!("that is not confirmed: {ending:?}"));
        }
        if let Some(order) = self.orders.get_mut(&id) {
            order.confirmed = Some(native);
        }
        if channel == BURNER {
            if self.held.is_none() {
                self.hot_since = now;
            }
            (self.is_confirmed, self.believed) = (true, native);
            self.held = (native > 0.0).then_some((id, native));
        }
    }

    /// What a replay sets is worth what the order was that started it.
    fn replays(&mut self, order: &Admitted) {
        let started = self.orders.values().filter(|order| order.ordered == Ordered::Replay);
        let played = started.filter(|order| !matches!(order.answer, Some(Err(_)))).max_by_key(|order| order.seq);
        let Some((seq, epoch)) = played.map(|order| (order.seq, order.epoch)) else { return };
        let (channel, native) = (order.channel(), (order.value().get() * 100.0).round());
        let is_of_it = if channel == BURNER { REPLAYED.contains(&(native as u8)) } else { native == 0.0 };
        if !is_of_it {
            return;
        }
        let ordered = Ordered::Set { channel, native };
        let at = self.now();
        let order_of_it = Order {
            seq,
            at,
            epoch,
            needs_lease: true,
            ordered,
            raises: false,
            attempts: 0,
            confirmed: None,
            answer: None,
        };
        self.orders.insert(order.command(), order_of_it);
    }

    /// The house writes by itself what is safe, and what an interlock forces.
    fn judge_house(&mut self, order: &Admitted) {
        let is_forced = *order.by() == Actor::Interlock
            && self.setup.interlock == Interlock::ForcesAir
            && (order.channel(), order.native()) == (AIR, 100.0);
        let is_safe = (order.channel(), order.native()) == (BURNER, 0.0);
        if !is_safe && !is_forced {
            self.object("nobody asked for this");
        }
    }

    /// Somebody's order is written, for the first time or again.
    fn judge_order(&mut self, id: CommandId, channel: usize, native: f64, burner: f64) {
        let now = self.now();
        self.lease.pass(now);
        let is_again = self.held == Some((id, native));
        let had = burner.max(self.believed);
        let Some(order) = self.orders.get_mut(&id) else { return };
        let Ordered::Set { channel: meant, native: whole } = order.ordered else { return };
        order.attempts += 1;
        order.raises |= order.attempts == 1 && channel == BURNER && native > had;
        let attempts = order.attempts;
        let is_part = if self.setup.rises_slowly { native <= whole } else { native == whole };
        let is_tried_again = attempts > 1 && order.raises && !self.setup.rises_slowly && !is_again && !self.is_touched;
        let (epoch, answer) = (order.epoch, order.answer);
        if channel != meant || !is_part {
            self.object(format!("{} is written as something else", id.0));
        }
        if is_tried_again {
            self.object("raising heat is tried again");
        }
        if is_again && channel == BURNER && native > 0.0 {
            self.tally.again += 1;
            if self.shown.is_some_and(|shown| (shown - native).abs() > SAME) {
                self.object("what another hand has set is written over");
            }
            return;
        }
        if let Some(answer) = answer {
            self.object(format!("{} was answered {answer:?}, and is written now", id.0));
        }
        // At the moment itself it may have been first.
        let is_outdated = epoch.is_some_and(|epoch| epoch != self.lease.epoch) && self.lease.changed_at + MOMENT < now;
        if self.lease_is_known && (epoch.is_none() || is_outdated) {
            self.object(format!("{} is an order of somebody who does not steer", id.0));
        }
    }

    /// The burner is to be on.
    fn judge_heat(&mut self, id: CommandId, native: f64, burner: f64) {
        self.tally.heat += 1;
        let now = self.now();
        let Some(order) = self.orders.get(&id) else { return };
        let (seq, at, raises) = (order.seq, order.at, order.raises);
        if self.latched.is_some() {
            self.object("heat while it is latched");
        } else if seq <= self.void_before {
            self.object("heat that was ordered before it was taken away");
        }
        let is_blocked = self.setup.interlock != Interlock::None && self.setup.interlock != Interlock::ForcesAir;
        // Whoever finds heat that another hand has set may lower it, and keep it until the next reading.
        let is_lowered = self.is_touched && native <= burner.max(self.believed);
        if is_blocked && self.is_closed() && !is_lowered {
            self.object("heat while an interlock forbids it");
        }
        if is_blocked && self.bt.0.is_none() && self.bt.1 < at && raises && burner == 0.0 {
            self.object("heat by an order that came while the input of its interlock was missing");
        }
        let is_again = self.held.is_some_and(|(held, _)| held == id);
        let alone_since = self.seen_at.max(self.hot_since);
        let is_alone = self.setup.operator_is_missed && self.operators == 0 && !self.is_touched;
        if is_alone && is_again && now > alone_since + OPERATOR_LOSS + LATE {
            self.object("heat with nobody there");
        }
    }

    /// BT is known to be too hot.
    fn is_closed(&self) -> bool {
        let closes = matches!(self.setup.interlock, Interlock::BlocksHeat | Interlock::ForcesHeatOff);
        closes && self.bt.0.is_some_and(|bt| bt >= TOO_HOT)
    }
}
