//! A batch of coffee as it roasts: heat, moisture, crack.
//!
//! Heat capacity, drying and the slow exotherm have the form that Schwartzberg gave them for batch roasters ("Modeling bean
//! heating during batch roasting of coffee beans", 2002). First crack is added: steam bursts out (the rate of rise dips), then
//! the opened beans give off heat (it flicks up again).

/// Water at charge, kg per kg of dry bean. Green coffee holds 10 to 12 % of its weight.
const MOISTURE_GREEN: f64 = 0.12;
/// Below the first green beans hold their water; from the second on it moves freely. Unit: °C.
const DRYING_BEGINS_C: f64 = 40.0;
const DRYING_FREE_C: f64 = 90.0;
/// Heat that evaporating bound water takes. Unit: kJ/kg. Source: Schwartzberg 2002.
const EVAPORATION_KJ_PER_KG: f64 = 2790.0;
/// Rate constant of drying. Unit: 1/s. Chosen so that half the water is gone by first crack.
const DRYING_PER_S: f64 = 2.4;
/// Activation temperature of drying. Unit: K. Chosen with [`DRYING_PER_S`].
const DRYING_ACTIVATION_K: f64 = 3060.0;
/// Strength of the slow exotherm. Unit: kW/kg. Source: Schwartzberg 2002.
const EXOTHERM_KW_PER_KG: f64 = 116_200.0;
/// Activation temperature of the slow exotherm. Unit: K. Source: Schwartzberg 2002.
const EXOTHERM_ACTIVATION_K: f64 = 5500.0;
/// All the heat the slow exotherm has to give. Unit: kJ/kg. Source: Schwartzberg 2002.
const EXOTHERM_KJ_PER_KG: f64 = 232.0;
/// Bean temperature at which most beans crack; a probe that lags shows about 196 °C then. Unit: °C.
const CRACK_C: f64 = 199.0;
/// How far the beans of a batch differ in that. Unit: °C.
const CRACK_SPREAD_C: f64 = 1.2;
/// How fast beans crack that are hot enough. Unit: 1/s.
const CRACK_PER_S: f64 = 1.0 / 35.0;
/// Heat taken by the steam that first crack sets free. Unit: kJ/kg.
const CRACK_STEAM_KJ_PER_KG: f64 = 24.0;
/// Heat given off by beans that have cracked. Unit: kJ/kg.
const CRACK_HEAT_KJ_PER_KG: f64 = 26.0;
/// How long after its crack a bean gives it off. Unit: s.
const CRACK_HEAT_DELAY_S: f64 = 40.0;
const KELVIN: f64 = 273.15;

/// The beans in the drum, as one lump.
#[derive(Debug, Clone, PartialEq)]
pub struct Beans {
    dry_kg: f64,
    celsius: f64,
    moisture: f64,
    exotherm_spent: f64,
    cracked: f64,
    crack_heat_spent: f64,
}

impl Beans {
    /// Green beans. Units: kg, °C.
    pub fn green(weight_kg: f64, celsius: f64) -> Self {
        Self {
            dry_kg: weight_kg / (1.0 + MOISTURE_GREEN),
            celsius,
            moisture: MOISTURE_GREEN,
            exotherm_spent: 0.0,
            cracked: 0.0,
            crack_heat_spent: 0.0,
        }
    }

    /// How hot they are. Unit: °C.
    pub fn celsius(&self) -> f64 {
        self.celsius
    }

    /// What they weigh without their water. Unit: kg.
    pub fn dry_kg(&self) -> f64 {
        self.dry_kg
    }

    /// Water left, kg per kg of dry bean.
    pub fn moisture(&self) -> f64 {
        self.moisture
    }

    /// Share of the beans that went through first crack, `0..=1`.
    pub fn cracked(&self) -> f64 {
        self.cracked
    }

    /// Takes in `heat_kw` for `dt_s` seconds.
    pub fn step(&mut self, heat_kw: f64, dt_s: f64) {
        let own_kw_per_kg = self.slow_exotherm(dt_s) - self.dry(dt_s) + self.crack(dt_s);
        let heat_kj = (heat_kw + own_kw_per_kg * self.dry_kg) * dt_s;
        self.celsius += heat_kj / self.capacity_kj_per_k();
    }

    fn capacity_kj_per_k(&self) -> f64 {
        self.dry_kg * (1.099 + 0.0070 * self.celsius + 5.0 * self.moisture)
    }

    fn kelvin(&self) -> f64 {
        self.celsius + KELVIN
    }

    /// Lets water go. Heat it takes, kW per kg of dry bean.
    fn dry(&mut self, dt_s: f64) -> f64 {
        let free = ((self.celsius - DRYING_BEGINS_C) / (DRYING_FREE_C - DRYING_BEGINS_C)).clamp(0.0, 1.0);
        let rate = free * DRYING_PER_S * (-DRYING_ACTIVATION_K / self.kelvin()).exp() * self.moisture;
        let gone = (rate * dt_s).min(self.moisture);
        self.moisture -= gone;
        gone * EVAPORATION_KJ_PER_KG / dt_s
    }

    /// Heat of the slow reactions, kW per kg of dry bean.
    fn slow_exotherm(&mut self, dt_s: f64) -> f64 {
        let left = 1.0 - self.exotherm_spent;
        let kw = EXOTHERM_KW_PER_KG * (-EXOTHERM_ACTIVATION_K / self.kelvin()).exp() * left;
        let given_kj = (kw * dt_s).min(left * EXOTHERM_KJ_PER_KG);
        self.exotherm_spent += given_kj / EXOTHERM_KJ_PER_KG;
        given_kj / dt_s
    }

    /// Heat of first crack, kW per kg of dry bean: negative while steam bursts out, positive after.
    fn crack(&mut self, dt_s: f64) -> f64 {
        let ready = 1.0 / (1.0 + (-(self.celsius - CRACK_C) / CRACK_SPREAD_C).exp());
        let cracking = (1.0 - self.cracked) * ready * CRACK_PER_S;
        let heating = (self.cracked - self.crack_heat_spent) / CRACK_HEAT_DELAY_S;
        self.cracked += cracking * dt_s;
        self.crack_heat_spent += heating * dt_s;
        heating * CRACK_HEAT_KJ_PER_KG - cracking * CRACK_STEAM_KJ_PER_KG
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 kg of beans after so many minutes of this heat.
    fn roasted(heat_kw: f64, minutes: u32) -> Beans {
        let mut beans = Beans::green(5.0, 22.0);
        for _ in 0..minutes * 600 {
            beans.step(heat_kw, 0.1);
        }
        beans
    }

    #[test]
    fn beans_left_alone_keep_their_water_and_their_temperature() {
        let beans = roasted(0.0, 60);
        assert!((beans.celsius() - 22.0).abs() < 2.0, "{beans:?}");
        assert!(beans.moisture() > 0.119 && beans.cracked() < 1e-6, "{beans:?}");
    }

    #[test]
    fn drying_takes_heat() {
        let mut dry = Beans { moisture: 0.0, ..Beans::green(5.0, 150.0) };
        let mut green = Beans::green(5.0, 150.0);
        for _ in 0..300 {
            dry.step(3.0, 0.1);
            green.step(3.0, 0.1);
        }
        assert!(green.celsius() < dry.celsius() - 5.0, "{} {}", green.celsius(), dry.celsius());
    }

    #[test]
    fn half_the_water_is_gone_by_first_crack_and_never_more_than_all() {
        let mut beans = Beans::green(5.0, 22.0);
        while beans.celsius() < CRACK_C {
            beans.step(4.0, 0.1);
        }
        assert!((0.03..0.08).contains(&beans.moisture()), "{beans:?}");
        let burnt = roasted(20.0, 20);
        assert!((0.0..0.001).contains(&burnt.moisture()), "{burnt:?}");
    }

    #[test]
    fn beans_crack_once_and_only_when_hot() {
        let mut beans = Beans::green(5.0, 180.0);
        beans.step(0.0, 0.1);
        assert!(beans.cracked() < 1e-6);
        let burnt = roasted(6.0, 20);
        assert!((0.99..=1.0).contains(&burnt.cracked()) && burnt.crack_heat_spent <= burnt.cracked(), "{burnt:?}");
    }

    #[test]
    fn the_weight_is_dry_beans_and_water() {
        let beans = Beans::green(5.0, 22.0);
        assert!((beans.dry_kg() * (1.0 + beans.moisture()) - 5.0).abs() < 1e-9);
    }
}
