//! The gate: the only place where a wish becomes an order.
//!
//! [`Admitted`] has a private constructor, so an order that was not judged here cannot be passed to a driver: it does not compile.

use super::lease::Mandate;
use crate::model::action::Action;
use crate::model::channel::{ChannelTable, ControlSpec, Failsafe, OutputClass};
use crate::model::command::{Actor, Command, Principal};
use crate::model::event::{Safety, SafetyReason};
use crate::model::ids::{CommandId, MachineId};
use crate::model::reading::Value;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::spec::{Forced, InterlockRule, MachineKind, MachineSpec};
use crate::model::units::Fraction;

/// An order that passed the gate: write this native value to this channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    command: CommandId,
    channel: usize,
    value: Fraction,
    native: f64,
    by: Actor,
    request_id: Option<String>,
    lowers_heat: bool,
    at_once: bool,
    mandate: Mandate,
}

impl Admitted {
    /// The command it came from.
    pub fn command(&self) -> CommandId {
        self.command
    }

    /// The same order under a number of its own.
    #[must_use]
    pub fn renumbered(self, command: CommandId) -> Self {
        Self { command, ..self }
    }

    /// The same order, worth no more than this.
    #[must_use]
    pub fn under(self, mandate: Mandate) -> Self {
        Self { mandate, ..self }
    }

    /// What entitles it.
    pub fn mandate(&self) -> Mandate {
        self.mandate
    }

    /// Index of the channel.
    pub fn channel(&self) -> usize {
        self.channel
    }

    /// The value as a wire fraction.
    pub fn value(&self) -> Fraction {
        self.value
    }

    /// The value in the channel's native unit, on its grid and inside its range.
    pub fn native(&self) -> f64 {
        self.native
    }

    /// Whose hand.
    pub fn by(&self) -> &Actor {
        &self.by
    }

    /// Whether it takes heat away: such an order is worth trying again, one that adds heat is not.
    pub fn lowers_heat(&self) -> bool {
        self.lowers_heat
    }

    /// Whether it takes its whole effect at once, however fast its output may rise: what brings outputs to safety does.
    pub fn is_at_once(&self) -> bool {
        self.at_once
    }

    /// Whether both bring an output to the same value at once.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.at_once && other.at_once && (self.channel, self.native) == (other.channel, other.native)
    }

    /// As much of the order as may be written so far: never more than it says. Native unit.
    #[must_use]
    pub fn short_of(self, native: f64) -> Self {
        Self { native: native.min(self.native), ..self }
    }

    /// The sender's own reference.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

/// What the gate judges by, besides the order itself.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The machine's configuration.
    pub spec: &'a MachineSpec,
    /// The last values by channel index, internal units.
    pub values: &'a [Value],
    /// Whether the driver is connected.
    pub connected: bool,
    /// Whether outputs are latched safe.
    pub safety: &'a Safety,
}

/// Judges a control order.
///
/// # Errors
/// A refusal that names the reason: no such channel, a role that may not, no connection, STOP or a latch in force, an interlock.
pub fn admit_control(
    principal: &Principal,
    command: CommandId,
    request_id: Option<&str>,
    channel_id: &str,
    value: Fraction,
    now: &Circumstances<'_>,
) -> Result<Admitted, Refusal> {
    let refuse = |code, message: String| {
        Err(Refusal::new(code, message).of_control(channel_id, value).in_reply_to(request_id.map(str::to_owned)))
    };
    let found = now.spec.channels.find(channel_id).and_then(|i| Some((i, now.spec.channels.get(i)?)));
    let Some((index, channel)) = found else {
        return refuse(RefusalCode::UnknownChannel, unknown_channel(channel_id, &now.spec.channels));
    };
    let Some(control) = channel.control() else {
        return refuse(RefusalCode::UnknownChannel, format!("`{channel_id}` is a sensor, it cannot be set"));
    };
    if !Action::Control.is_for(Some(principal.role)) {
        return refuse(RefusalCode::Forbidden, "only an operator may steer a machine: ask for that role".into());
    }
    if !now.connected {
        return refuse(RefusalCode::DriverDisconnected, "the machine is not connected: connect it first".into());
    }
    let native = control.to_native(value);
    let present = now.values.get(index).and_then(|value| value.ok()).map(|value| channel.unit.outward(value));
    let lowers = lowers_or_keeps(control, present, native);
    if let Some(reason) = now.safety.latched
        && is_kept_still(now.spec.kind, control, native, reason)
    {
        return Err(latched_by(reason).of_control(channel_id, value).in_reply_to(request_id.map(str::to_owned)));
    }
    let lowers_heat = lowers && control.class == OutputClass::Heat;
    if let Some(rule) = forbidding(now.spec, index, native, now.values) {
        return refuse(RefusalCode::InterlockBlocked, rule.message.clone())
            .map_err(|no| no.of_interlock(rule.id.clone()));
    }
    Ok(Admitted {
        command,
        channel: index,
        value: control.to_fraction(native),
        native,
        by: principal.actor.clone(),
        request_id: request_id.map(str::to_owned),
        lowers_heat,
        at_once: false,
        mandate: Mandate::House,
    })
}

/// The interlock that forbids an order which was admitted and has not been written yet, by what is known now.
pub fn forbidden_since<'a>(order: &Admitted, spec: &'a MachineSpec, values: &[Value]) -> Option<&'a InterlockRule> {
    forbidding(spec, order.channel, order.native, values)
}

/// Orders that bring every output to its stop value. Never refused; from any role.
pub fn stop_orders(spec: &MachineSpec, command: CommandId, by: &Actor) -> Vec<Admitted> {
    safe_orders(spec, command, by, |control, failsafe| {
        let still = (control.class == OutputClass::Motion && spec.kind != MachineKind::Roaster).then_some(0.0);
        control.stop_value.or(failsafe).or(still)
    })
}

/// Orders that bring every output with a fail-safe value to it: what is written when nobody is in charge.
pub fn failsafe_orders(spec: &MachineSpec, command: CommandId) -> Vec<Admitted> {
    safe_orders(spec, command, &Actor::Failsafe, |_, failsafe| failsafe)
}

/// Indices of the heat channels: what a latch concerns.
pub fn heat_channels(spec: &MachineSpec) -> Vec<usize> {
    spec.channels.controls().filter(|(_, _, control)| control.class == OutputClass::Heat).map(|(i, _, _)| i).collect()
}

/// Orders that bring every heat output to its fail-safe, and nothing else: a hot drum needs its air and its motion.
pub fn heat_off_orders(spec: &MachineSpec, command: CommandId) -> Vec<Admitted> {
    failsafe_orders(spec, command).into_iter().filter(Admitted::lowers_heat).collect()
}

/// The order of an interlock that forces an output; `None` while STOP is latched, which goes before every interlock.
pub fn forced_order(spec: &MachineSpec, command: CommandId, forced: Forced, safety: &Safety) -> Option<Admitted> {
    let control = spec.channels.get(forced.channel)?.control()?;
    (safety.latched != Some(SafetyReason::Stop)).then(|| Admitted {
        command,
        channel: forced.channel,
        value: control.to_fraction(forced.native),
        native: forced.native,
        by: Actor::Interlock,
        request_id: None,
        lowers_heat: control.class == OutputClass::Heat,
        at_once: true,
        mandate: Mandate::House,
    })
}

/// Whether a heat output is known to be above its fail-safe. What is not known was never ordered.
pub fn is_hot(spec: &MachineSpec, values: &[Value]) -> bool {
    spec.channels.controls().filter(|(_, _, control)| control.class == OutputClass::Heat).any(
        |(index, channel, control)| {
            let native = values.get(index).and_then(|value| value.ok()).map(|value| channel.unit.outward(value));
            native.is_some_and(|native| !is_safe(control, native))
        },
    )
}

/// Whether an interlock has a say in an order. It goes by what is known of the other channels, so it matters then whether the orders
/// before it were settled.
pub fn is_interlocked(spec: &MachineSpec, channel_id: &str, value: Fraction) -> bool {
    let Some(index) = spec.channels.find(channel_id) else { return false };
    let channel = spec.channels.get(index);
    let wanted = channel.and_then(|channel| Some(channel.unit.inward(channel.control()?.to_native(value))));
    let is_forced = |rule: &InterlockRule| rule.forces.is_some_and(|forced| forced.channel == index);
    wanted.is_some_and(|wanted| {
        spec.interlocks.iter().any(is_forced) || rules_about(&spec.interlocks, index, wanted).next().is_some()
    })
}

/// Judges a command to a machine by the role of who gives it, and by which machines are theirs.
///
/// # Errors
/// [`RefusalCode::Forbidden`].
pub fn must_be_allowed(command: &Command, machine: &MachineId) -> Result<(), Refusal> {
    let Principal { role, scope, .. } = &command.principal;
    if !scope.includes(machine) {
        let words = "your access does not include this machine: ask an admin for it";
        return Err(Refusal::new(RefusalCode::Forbidden, words));
    }
    if !command.want.action().is_for(Some(*role)) {
        let words = "your role does not allow this: ask for a higher one";
        return Err(Refusal::new(RefusalCode::Forbidden, words));
    }
    Ok(())
}

/// Judges what would set outputs by and by: not while they are latched safe.
///
/// # Errors
/// [`RefusalCode::EmergencyStop`] or [`RefusalCode::Latched`], with the reason.
pub fn must_not_be_latched(safety: &Safety) -> Result<(), Refusal> {
    safety.latched.map_or(Ok(()), |reason| Err(latched_by(reason)))
}

fn latched_by(reason: SafetyReason) -> Refusal {
    let code = if reason == SafetyReason::Stop { RefusalCode::EmergencyStop } else { RefusalCode::Latched };
    Refusal::new(code, format!("outputs are latched safe ({}): re-arm first", latch_words(reason)))
}

fn safe_orders(
    spec: &MachineSpec,
    command: CommandId,
    by: &Actor,
    target: impl Fn(&ControlSpec, Option<f64>) -> Option<f64>,
) -> Vec<Admitted> {
    spec.channels
        .controls()
        .filter_map(|(channel, _, control)| {
            let failsafe = match control.failsafe {
                Failsafe::Value(native) => Some(native),
                Failsafe::Hold => None,
            };
            let native = target(control, failsafe)?;
            Some(Admitted {
                command,
                channel,
                value: control.to_fraction(native),
                native,
                by: by.clone(),
                request_id: None,
                lowers_heat: control.class == OutputClass::Heat,
                at_once: true,
                mandate: Mandate::House,
            })
        })
        .collect()
}

fn unknown_channel(id: &str, channels: &ChannelTable) -> String {
    let known: Vec<&str> = channels.controls().map(|(_, c, _)| c.id.as_str()).collect();
    format!("unknown control channel `{}`: this machine has {}", id.escape_debug(), known.join(", "))
}

/// Heat stays at its safe value under any latch; motion that STOP brought to a standstill stays there under STOP.
fn is_kept_still(kind: MachineKind, control: &ControlSpec, native: f64, reason: SafetyReason) -> bool {
    match control.class {
        OutputClass::Heat => !is_safe(control, native),
        OutputClass::Motion => reason == SafetyReason::Stop && kind != MachineKind::Roaster && native != 0.0,
        OutputClass::Air | OutputClass::Cool | OutputClass::Other => false,
    }
}

/// Whether a native value is no higher than a control's fail-safe. Judged by how far it is open, not by what is written: a switch may be on at 0
/// and off at 1.
pub fn is_safe(control: &ControlSpec, native: f64) -> bool {
    match control.failsafe {
        Failsafe::Value(safe) => control.to_fraction(native) <= control.to_fraction(safe),
        Failsafe::Hold => false,
    }
}

/// Switching off or lowering is never blocked; an unknown present value counts as off, the most careful guess. Native values.
fn lowers_or_keeps(control: &ControlSpec, present: Option<f64>, wanted: f64) -> bool {
    let present = present.map_or(Fraction::ZERO, |native| control.to_fraction(native));
    control.to_fraction(wanted) <= present
}

/// The interlock that forbids to bring an output to a native value.
fn forbidding<'a>(spec: &'a MachineSpec, index: usize, native: f64, values: &[Value]) -> Option<&'a InterlockRule> {
    let channel = spec.channels.get(index)?;
    let control = channel.control()?;
    let present = values.get(index).and_then(|value| value.ok()).map(|value| channel.unit.outward(value));
    let lowers = lowers_or_keeps(control, present, native);
    let lowers_heat = lowers && control.class == OutputClass::Heat;
    let forcing = (!lowers_heat).then(|| forcing_interlock(&spec.interlocks, index, native, values)).flatten();
    let wanted = channel.unit.inward(native);
    let blocking = || (!lowers).then(|| blocking_interlock(&spec.interlocks, index, wanted, values)).flatten();
    forcing.or_else(blocking)
}

fn blocking_interlock<'a>(
    rules: &'a [InterlockRule],
    channel: usize,
    wanted: f64,
    values: &[Value],
) -> Option<&'a InterlockRule> {
    rules_about(rules, channel, wanted).find(|rule| !rule.is_open(|input| known(values, input)))
}

/// The interlocks that an order is judged by for what it wants. `wanted` in internal units.
fn rules_about(rules: &[InterlockRule], channel: usize, wanted: f64) -> impl Iterator<Item = &InterlockRule> {
    rules.iter().filter(move |rule| {
        rule.blocks.is_some_and(|blocks| blocks.channel == channel && blocks.comparison.holds(wanted))
    })
}

fn forcing_interlock<'a>(
    rules: &'a [InterlockRule],
    channel: usize,
    native: f64,
    values: &[Value],
) -> Option<&'a InterlockRule> {
    let forces = |rule: &InterlockRule| rule.forces.is_some_and(|forced| forced.channel == channel);
    let first = rules.iter().find(|rule| forces(rule) && !rule.is_open(|input| known(values, input)))?;
    first.forces.is_some_and(|forced| forced.native != native).then_some(first)
}

/// What is known of an input.
pub(crate) fn known(values: &[Value], channel: usize) -> Option<f64> {
    values.get(channel).and_then(|value| value.ok()).filter(|value| value.is_finite())
}

/// Why outputs are latched, to people.
pub fn latch_words(reason: SafetyReason) -> &'static str {
    match reason {
        SafetyReason::Stop => "STOP was pressed",
        SafetyReason::Crash => "the machine's program was restarted",
        SafetyReason::Link => "the link to the machine was lost",
        SafetyReason::Sensor => "a sensor was lost",
        SafetyReason::Operator => "nobody was watching",
        SafetyReason::Interlock => "an interlock tripped",
    }
}

#[cfg(test)]
mod tests;
