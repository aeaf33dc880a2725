use super::*;
#[test]
fn show() {
    let seed: u64 = std::env::var("SEED").map_or(1, |s| s.parse().unwrap());
    let config = SimulatorConfig { operator: true, noise: 0.0, seed, ..SimulatorConfig::default() };
    let mut w = world::World::new(&config);
    let mut last_bt = [0.0; 20]; let mut charge_at = 0; let mut was = 0.0; let mut tp = (0, 999.0); let mut fc=0; let mut dry=0;
    for s in 0..6000_u64 {
        w.advance_to(s * 1000);
        let bt = w.sensor(Sensor::Bt);
        let c = w.control(Control::Charge);
        if c != was { println!("{s} charge {c} bt {bt:.1} dur {} TP {tp:?} dry {dry} fc {fc}", s - charge_at); charge_at = s; tp = (0,999.0); dry=0; fc=0; }
        was = c;
        if c > 0.5 { if bt < tp.1 { tp = (s - charge_at, bt); } if dry == 0 && bt > 150.0 && s > charge_at + 100 { dry = s - charge_at; } if fc == 0 && bt > 196.0  && s > charge_at + 100{ fc = s - charge_at; } }
        if s % 30 == 0 && std::env::var("V").is_ok() { println!("{s:5} {:4} bt {bt:6.1} ror {:6.2} et {:6.1} in {:6.1} ex {:6.1} b {} a {} c {}", s - charge_at, (bt - last_bt[(s % 20) as usize]) * 3.0, w.sensor(Sensor::Et), w.sensor(Sensor::Inlet), w.sensor(Sensor::Exhaust), w.control(Control::Burner), w.control(Control::Airflow), w.control(Control::Cooling)); }
        last_bt[(s % 20) as usize] = bt;
    }
}
