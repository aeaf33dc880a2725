#![allow(clippy::expect_used, reason = "a test may fail")]

use super::*;
use crate::config::machine::MachineConfig;
use hearth_actors::driver::ErrorKind;
use hearth_actors::logic::gate::failsafe_orders;
use hearth_actors::model::ids::CommandId;
use hearth_actors::model::reading::MissingReason;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::time::WallMs;
use serde_json::json;

const T: WallMs = WallMs(1_750_000_000_000);

fn spec() -> MachineSpec {
    let document = json!({
        "id": "rig", "kind": "rig", "driver": {"type": "push", "stale_after_ms": 3000, "ack_timeout_ms": 2000},
        "channels": [
            {"id": "reactor", "kind": "sensor", "unit": "fahrenheit", "tag": "evt_reactor"},
            {"id": "inlet", "kind": "sensor", "unit": "celsius", "tag": "evt_inlet"},
            {"id": "heater", "kind": "control", "class": "heat", "min": 0, "max": 100, "step": 1, "unit": "percent",
             "failsafe": 0, "tag": "evt_heater"}
        ]
    });
    MachineConfig::parse(document).expect("a machine").to_spec().expect("a spec")
}

fn driver(inbox: &Inbox) -> Box<dyn Driver> {
    let config = PushConfig { stale_after_ms: 3_000, ack_timeout_ms: 2_000 };
    let (spec, inboxes) = (spec(), Inboxes::default());
    inboxes.open(&spec.id, inbox);
    factory(config, &spec.id, &inboxes)(&spec)
}

fn datum(channel: usize, value: f64) -> Datum {
    Datum { channel, value, at: T }
}

async fn read(driver: &mut Box<dyn Driver>) -> Result<Sample, DriverError> {
    let mut sample = Sample::missing(3, MissingReason::NotYet);
    driver.read(0, &mut sample).await.map(|()| sample)
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_was_never_heard_is_named_with_what_to_look_at() {
    let error = driver(&Inbox::default()).connect().await.expect_err("nobody there");
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    assert!(error.to_string().contains("has sent nothing yet") && error.to_string().contains("telemetry"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_link_is_up_as_soon_as_the_controller_speaks_and_down_when_it_falls_silent() {
    let inbox = Inbox::default();
    let mut driver = driver(&inbox);
    let speaks = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        inbox.put(&[datum(1, 20.0)], Instant::now());
    };
    let (connected, ()) = tokio::join!(driver.connect(), speaks);
    connected.expect("heard");
    let began = Instant::now();
    driver.arrival().await;
    read(&mut driver).await.expect("a reading");
    driver.arrival().await;
    assert_eq!(began.elapsed(), Duration::from_secs(3));
    let error = read(&mut driver).await.expect_err("silent");
    assert!(error.kind() == ErrorKind::Disconnected && error.to_string().contains("for 3 s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn only_what_was_sent_is_new_and_it_keeps_its_own_time_and_comes_in_internal_units() {
    let inbox = Inbox::default();
    let mut driver = driver(&inbox);
    inbox.put(&[datum(0, 212.0)], Instant::now());
    let sample = read(&mut driver).await.expect("a reading");
    assert_eq!(sample.values()[0], Ok(100.0));
    let kept: Vec<usize> = (0..3).filter(|channel| sample.is_kept(*channel)).collect();
    assert_eq!((kept, sample.taken()), (vec![1, 2], Some(T)));
}

#[tokio::test(start_paused = true)]
async fn an_order_is_confirmed_by_the_reading_that_shows_it_and_not_by_an_older_one() {
    let inbox = Inbox::default();
    let mut driver = driver(&inbox);
    inbox.put(&[datum(2, 0.0)], Instant::now());
    let [order] = failsafe_orders(&spec(), CommandId(1)).try_into().expect("one order");
    driver.apply(&order).await.expect("handed over");
    let promise = driver.promise(&order).expect("confirmed later");
    assert_eq!(inbox.wanted(&spec().channels)[&2], 0.0);
    let began = Instant::now();
    let shows = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        inbox.put(&[datum(2, 0.0)], Instant::now());
    };
    let (confirmed, ()) = tokio::join!(promise, shows);
    confirmed.expect("confirmed");
    assert_eq!(began.elapsed(), Duration::from_millis(700));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_no_reading_shows_is_not_confirmed() {
    let inbox = Inbox::default();
    let mut driver = driver(&inbox);
    let [order] = failsafe_orders(&spec(), CommandId(1)).try_into().expect("one order");
    driver.apply(&order).await.expect("handed over");
    let promise = driver.promise(&order).expect("confirmed later");
    inbox.put(&[datum(2, 40.0)], Instant::now());
    let error = promise.await.expect_err("shows another value");
    assert!(error.kind() == ErrorKind::Timeout && error.to_string().contains("not confirmed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_came_and_was_ordered_of_channels_that_are_no_more_is_forgotten() {
    let inbox = Inbox::default();
    let mut before = driver(&inbox);
    let [order] = failsafe_orders(&spec(), CommandId(1)).try_into().expect("one order");
    before.apply(&order).await.expect("handed over");
    inbox.put(&[datum(2, 0.0)], Instant::now());
    driver(&inbox);
    assert!(inbox.has_news() && inbox.wanted(&spec().channels).contains_key(&2), "the same channels go on");
    let others = ChannelTable::new(spec().channels.iter().map(|(_, channel)| channel.clone()).skip(1).collect());
    assert!(inbox.wanted(&others).is_empty(), "not yet, and never of these");
    inbox.serve(&Arc::new(others.clone()));
    assert!(!inbox.has_news() && inbox.seen(2).is_none() && inbox.wanted(&others).is_empty());
}
