//! Every model through the driver's door.

use futures_util::FutureExt;

use hearth_actors::driver::Picture;

use crate::config::simulator::{FaultConfig, FaultKind};

use super::*;

const MODELS: [Model; 5] = [Model::Roaster, Model::Kettle, Model::Panel, Model::Rig, Model::Scanner];

fn of(model: Model) -> (SimulatorConfig, MachineSpec) {
    (SimulatorConfig { model, ..quiet() }, spec_with(simulator::known_channels(model)))
}

async fn connected(config: &SimulatorConfig, spec: &MachineSpec) -> Box<dyn Driver> {
    let mut driver = factory(config)(spec);
    driver.connect().await.unwrap();
    driver
}

/// Heat or motion that every model has.
fn a_control(model: Model) -> &'static str {
    match model {
        Model::Roaster => "burner",
        Model::Kettle | Model::Rig => "heater",
        Model::Panel => "motor",
        Model::Scanner => "turntable",
    }
}

#[tokio::test(start_paused = true)]
async fn every_channel_of_every_model_has_a_value() {
    for model in MODELS {
        let (config, spec) = of(model);
        let mut driver = connected(&config, &spec).await;
        let sample = read(driver.as_mut(), &spec).await.unwrap();
        assert!(sample.values().iter().all(Result::is_ok), "{model}: {sample:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_strikes_every_model() {
    let kinds = [
        (FaultKind::Panic, None),
        (FaultKind::Hang, None),
        (FaultKind::Timeout, Some(ErrorKind::Timeout)),
        (FaultKind::Garbage, Some(ErrorKind::Garbled)),
        (FaultKind::Disconnect, Some(ErrorKind::Disconnected)),
    ];
    for model in MODELS {
        for (kind, expected) in kinds {
            let (config, spec) = of(model);
            let fault = FaultConfig { kind, at_ms: 5_000, for_ms: 2_000, every_ms: None };
            let mut driver = connected(&SimulatorConfig { faults: vec![fault], ..config }, &spec).await;
            read(driver.as_mut(), &spec).await.unwrap();
            pass(5_000).await;
            let patience = Duration::from_millis(900);
            let asked = tokio::time::timeout(patience, read(driver.as_mut(), &spec));
            match (kind, std::panic::AssertUnwindSafe(asked).catch_unwind().await) {
                (FaultKind::Panic, Err(_)) | (FaultKind::Hang, Ok(Err(_))) => {}
                (_, Ok(Ok(Err(error)))) => assert_eq!(Some(error.kind()), expected, "{model} {kind:?}"),
                (_, other) => panic!("{model} {kind:?}: {other:?}"),
            }
            pass(3_000).await;
            driver.connect().await.unwrap();
            read(driver.as_mut(), &spec).await.unwrap();
        }
    }
}

/// Real time: what blocks a thread does not care for a paused clock.
#[tokio::test]
async fn a_block_holds_the_thread_of_every_model() {
    for model in MODELS {
        let (config, spec) = of(model);
        let fault = FaultConfig { kind: FaultKind::Block, at_ms: 0, for_ms: 60, every_ms: None };
        let mut driver = connected(&SimulatorConfig { faults: vec![fault], ..config }, &spec).await;
        let asked = Instant::now();
        read(driver.as_mut(), &spec).await.unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(60), "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_run_and_another_seed_another() {
    for model in MODELS {
        let run = async |seed: u64| {
            let (config, spec) = of(model);
            let mut driver = connected(&SimulatorConfig { seed, noise: 0.3, ..config }, &spec).await;
            driver.apply(&order(&spec, 1, a_control(model), 0.5)).await.unwrap();
            let mut samples = Vec::new();
            for _ in 0..20 {
                pass(1_000).await;
                samples.push(read(driver.as_mut(), &spec).await.unwrap());
            }
            samples
        };
        assert_eq!(run(3).await, run(3).await, "{model}");
        if model != Model::Scanner {
            assert_ne!(run(3).await, run(4).await, "{model}: noise differs");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_times_as_fast_is_the_same_in_a_sixtieth_of_the_time() {
    for model in MODELS {
        let after = async |speed: f64, ms: u64| {
            let (config, spec) = of(model);
            let mut driver = connected(&SimulatorConfig { speed, ..config }, &spec).await;
            driver.apply(&order(&spec, 1, a_control(model), 1.0)).await.unwrap();
            pass(ms).await;
            read(driver.as_mut(), &spec).await.unwrap()
        };
        let (slow, fast) = (after(1.0, 1_200_000).await, after(60.0, 20_000).await);
        for (slow, fast) in slow.values().iter().zip(fast.values()) {
            assert!((slow.unwrap() - fast.unwrap()).abs() < 0.1, "{model}: {slow:?} {fast:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_to_the_servo_is_confirmed_when_it_is_there() {
    let (config, spec) = of(Model::Panel);
    let mut driver = connected(&config, &spec).await;
    let asked = Instant::now();
    let there = order(&spec, 1, "servo", 1.0);
    assert_eq!(driver.apply(&there).await.unwrap().readback, Some(90.0), "on its way");
    let promise = driver.promise(&there).unwrap();
    assert_eq!(asked.elapsed().as_millis(), 0, "nothing else has to wait for it");
    promise.await.unwrap();
    assert!((90..=184).contains(&asked.elapsed().as_millis()), "{:?}", asked.elapsed());
    let again = order(&spec, 2, "servo", 1.0);
    assert_eq!(driver.apply(&again).await.unwrap().readback, Some(180.0), "it is there already");
    assert!(driver.promise(&again).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_long_way_is_confirmed_at_its_end_and_not_where_a_newer_order_led_elsewhere() {
    let (config, spec) = of(Model::Scanner);
    let mut driver = connected(&SimulatorConfig { speed: 0.1, ..config }, &spec).await;
    let asked = Instant::now();
    let half = order(&spec, 1, "turntable", 0.5);
    driver.apply(&half).await.unwrap();
    driver.promise(&half).unwrap().await.unwrap();
    assert!((36_000..36_100).contains(&asked.elapsed().as_millis()), "{:?}", asked.elapsed());
    let (back, on) = (order(&spec, 2, "turntable", 0.0), order(&spec, 3, "turntable", 1.0));
    driver.apply(&back).await.unwrap();
    let broken = driver.promise(&back).unwrap();
    driver.apply(&on).await.unwrap();
    let refused = broken.await.unwrap_err();
    assert!(refused.to_string().contains("it stands at"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_heater_order_leaves_the_controller_in_charge_and_the_other_way_round() {
    let (config, spec) = of(Model::Kettle);
    let mut driver = connected(&config, &spec).await;
    let (off, hold) = (order(&spec, 1, "heater", 0.0), order(&spec, 2, "hold", 1.0));
    driver.apply(&off).await.unwrap();
    driver.apply(&hold).await.unwrap();
    pass(1_000).await;
    assert_eq!(driver.apply(&off).await.unwrap().readback, Some(100.0), "a repetition is no new order");
    driver.apply(&order(&spec, 3, "heater", 0.2)).await.unwrap();
    assert_eq!(driver.apply(&hold).await.unwrap().readback, Some(0.0), "overruled it stays");
    assert_eq!(driver.apply(&order(&spec, 4, "hold", 1.0)).await.unwrap().readback, Some(1.0));
}

async fn picture(driver: &mut dyn Driver, spec: &MachineSpec) -> Picture {
    driver.capture(spec.channels.find("camera").unwrap()).await.unwrap()
}

fn pixels(picture: &Picture) -> (u32, u32, Vec<u8>) {
    assert_eq!(picture.mime, "image/png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[tokio::test(start_paused = true)]
async fn the_camera_sees_nothing_in_the_dark_and_a_ball_that_turns_in_the_light() {
    let (config, spec) = of(Model::Scanner);
    let mut driver = connected(&config, &spec).await;
    let (width, height, dark) = pixels(&picture(driver.as_mut(), &spec).await);
    assert!(width <= 320 && height <= 240);
    assert!(dark.iter().all(|byte| *byte == 0));
    driver.apply(&order(&spec, 1, "ring_light", 1.0)).await.unwrap();
    let lit = picture(driver.as_mut(), &spec).await;
    assert!(pixels(&lit).2.iter().any(|byte| *byte > 150));
    assert_eq!(lit, picture(driver.as_mut(), &spec).await, "nothing moved");
    driver.apply(&order(&spec, 2, "turntable", 0.1)).await.unwrap();
    pass(5_000).await;
    assert_ne!(lit, picture(driver.as_mut(), &spec).await);
    driver.apply(&order(&spec, 3, "turntable", 0.0)).await.unwrap();
    pass(5_000).await;
    assert_eq!(lit, picture(driver.as_mut(), &spec).await, "back where it was");
    driver.apply(&order(&spec, 4, "rotor", 0.7)).await.unwrap();
    pass(5_000).await;
    assert_ne!(lit, picture(driver.as_mut(), &spec).await);
}

#[tokio::test(start_paused = true)]
async fn only_a_camera_takes_pictures_and_faults_strike_it_too() {
    for model in MODELS {
        let (config, spec) = of(model);
        let fault = FaultConfig { kind: FaultKind::Garbage, at_ms: 5_000, for_ms: 2_000, every_ms: None };
        let mut driver = connected(&SimulatorConfig { faults: vec![fault], ..config }, &spec).await;
        for index in [0, 999] {
            let refused = driver.capture(index).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Rejected, "{model}");
            assert!(refused.to_string().contains("this machine has no camera"), "{refused}");
        }
        pass(5_000).await;
        assert_eq!(driver.capture(0).await.unwrap_err().kind(), ErrorKind::Garbled, "{model}");
    }
}
