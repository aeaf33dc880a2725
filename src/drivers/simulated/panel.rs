//! The controls of the simulated roaster as they stand at the machine.

use super::roaster::Settings;

/// A control. Also its place in the [`Panel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Gas valve. Unit: %.
    Burner,
    /// Fan. Unit: %.
    Airflow,
    /// Drum speed. Unit: %.
    Drum,
    /// Cooling tray, 0 or 1.
    Cooling,
    /// Beans in the drum: turning to 1 lets them in, turning to 0 lets them out.
    Charge,
}

impl Control {
    /// All of them, in the order of their places.
    pub const ALL: [Self; 5] = [Self::Burner, Self::Airflow, Self::Drum, Self::Cooling, Self::Charge];

    /// The control of the channel with this id.
    pub fn of_channel(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.id() == id)
    }

    /// The id of its channel.
    pub fn id(self) -> &'static str {
        match self {
            Self::Burner => "burner",
            Self::Airflow => "airflow",
            Self::Drum => "drum",
            Self::Cooling => "cooling",
            Self::Charge => "charge",
        }
    }

    /// Whether it has two positions only, 0 and 1.
    pub fn is_switch(self) -> bool {
        match self {
            Self::Burner | Self::Airflow | Self::Drum => false,
            Self::Cooling | Self::Charge => true,
        }
    }

    fn nearest(self, value: f64) -> f64 {
        if self.is_switch() { f64::from(u8::from(value >= 0.5)) } else { value.round().clamp(0.0, 100.0) }
    }
}

/// What every control is set to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    values: [f64; Control::ALL.len()],
}

impl Panel {
    /// What a control is set to, in its unit.
    pub fn get(&self, control: Control) -> f64 {
        self.values[control as usize]
    }

    /// Sets a control as near to `value` as it goes. What is not a number moves nothing.
    pub fn set(&mut self, control: Control, value: f64) {
        if !value.is_nan() {
            self.values[control as usize] = control.nearest(value);
        }
    }

    /// Whether a switch is on.
    pub fn is_on(&self, control: Control) -> bool {
        self.get(control) >= 0.5
    }

    /// The controls as the physics takes them.
    pub fn settings(&self) -> Settings {
        Settings {
            burner: self.get(Control::Burner) / 100.0,
            airflow: self.get(Control::Airflow) / 100.0,
            drum: self.get(Control::Drum) / 100.0,
            cooling: self.get(Control::Cooling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_never_leaves_its_range() {
        let mut panel = Panel::default();
        for (asked, slider, switch) in
            [(-5.0, 0.0, 0.0), (0.5, 1.0, 1.0), (49.6, 50.0, 1.0), (f64::INFINITY, 100.0, 1.0)]
        {
            panel.set(Control::Burner, asked);
            panel.set(Control::Cooling, asked);
            assert_eq!((panel.get(Control::Burner), panel.get(Control::Cooling)), (slider, switch), "{asked}");
        }
        panel.set(Control::Burner, f64::NAN);
        assert_eq!(panel.get(Control::Burner), 100.0);
    }

    #[test]
    fn every_control_has_a_place_of_its_own() {
        for (place, control) in Control::ALL.into_iter().enumerate() {
            assert_eq!(control as usize, place);
        }
    }
}
