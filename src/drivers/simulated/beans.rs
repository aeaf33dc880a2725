//! A batch of coffee as it roasts: heat, moisture, crack.
//!
//! Heat capacity, drying and the slow exotherm have the form that Schwartzberg gave them for batch roasters ("Modeling bean
//! heating during batch roasting of coffee beans", 2002). First crack is added: steam bursts out (the rate of rise dips), then
//! the opened beans give off heat (it flicks up again).

/// Water at charge, kg per kg of dry bean. Green coffee holds 10 to 12 % of its weight.
const MOISTURE_GREEN: f64 = 0.12;
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
        let rate = DRYING_PER_S * (-DRYING_ACTIVATION_K / self.kelvin()).exp() * self.moisture;
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
