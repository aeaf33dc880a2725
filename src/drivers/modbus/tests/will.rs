//! What a will takes away, with nothing but what was written down before.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_modbus::server::tcp;

use super::super::bus::BusDirectory;
use super::super::will::{self, SafeWrite, Settled, Will};
use super::Machine;
use super::peer::{Act, Frames, Shared, listen};
use super::pty::Port;
use super::servers::{Store, all_kinds_of_channels};

const OUTPUTS: [u16; 4] = [20, 22, 23, 30];

fn will(link: &str) -> Will {
    let (_, sources): (Vec<_>, Vec<_>) = all_kinds_of_channels().into_iter().unzip();
    let machine = Machine::new(link, all_kinds_of_channels(), &BusDirectory::new());
    let will = Will::new(&toml::from_str(link).unwrap(), &sources, &machine.spec).unwrap();
    // It goes from one process to another.
    let sent = serde_json::to_string(&will).unwrap();
    let heard: Will = serde_json::from_str(&sent).unwrap();
    assert_eq!(heard, will);
    heard
}

async fn carry_out(will: &Will, within: Duration) -> Vec<Settled> {
    carry_out_all(std::slice::from_ref(will), within).await
}

async fn carry_out_all(wills: &[Will], within: Duration) -> Vec<Settled> {
    will::carry_out(wills, &BusDirectory::new(), Instant::now() + within).await
}

/// The will of a machine with one output, a burner at this unit of a line.
fn burner(name: &str, link: &str, unit: u8) -> Will {
    let write = json!({"channel": "burner", "is_heat": true, "unit": unit, "address": 7, "payload": {"word": 0}});
    serde_json::from_value(json!({"machine": name, "link": toml::from_str::<Value>(link).unwrap(), "writes": [write]}))
        .unwrap()
}

fn names(done: &[Settled]) -> Vec<(&str, bool)> {
    done.iter().map(|settled| (settled.channel.as_str(), settled.result.is_ok())).collect()
}

/// Whatever the driver could set over a link is taken away over it.
pub(super) async fn check_the_will(link: &str, store: &Store) {
    OUTPUTS.into_iter().for_each(|address| store.set(1, address, &[1]));
    let done = carry_out(&will(link), Duration::from_secs(30)).await;
    assert_eq!(names(&done), [("fan", true), ("burner", true), ("drum", true)]);
    assert_eq!(OUTPUTS.map(|address| store.get(1, address)), [0; 4]);
}

#[tokio::test]
async fn a_device_that_is_back_in_time_is_still_made_safe() {
    // A port that was this process's is nobody else's so soon.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let store = Store::default();
    OUTPUTS.into_iter().for_each(|address| store.set(1, address, &[1]));
    let service = store.clone();
    let device = async move {
        sleep(Duration::from_millis(300)).await;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let on_connected = |stream, at| {
            let service = service.clone();
            async move { tcp::accept_tcp_connection(stream, at, move |_| Ok(Some(service.clone()))) }
        };
        tcp::Server::new(listener).serve(&on_connected, |_| {}).await
    };
    let will = will(&format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {port}"));
    let done = tokio::select! {
        done = carry_out(&will, Duration::from_secs(30)) => done,
        ended = device => panic!("the device ended: {ended:?}"),
    };
    let mut done = names(&done);
    // It may be back between two of them.
    done.sort_unstable();
    assert_eq!(done, [("burner", true), ("drum", true), ("fan", true)]);
    assert_eq!(OUTPUTS.map(|address| store.get(1, address)), [0; 4]);
}

#[tokio::test]
async fn what_could_not_be_written_is_told_with_its_reason() {
    let will = will("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = 1");
    let done = carry_out(&will, Duration::from_millis(300)).await;
    assert_eq!(names(&done), [("fan", false), ("burner", false), ("drum", false)]);
    for settled in done {
        let words = settled.result.unwrap_err();
        assert!(words.contains(&settled.what) && words.contains("port 1"), "{words}");
    }
}

/// Its answer limit is longer than all the time there is.
#[tokio::test]
async fn a_dead_unit_leaves_the_others_on_its_line_their_time() {
    for (kind, frames) in [("modbus_rtu_over_tcp", Frames::Rtu), ("modbus_tcp", Frames::Tcp)] {
        let device = Shared::default();
        device.lock().unwrap().absent.insert(1);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = listen(listener, frames, &device);
        let link = format!("type = '{kind}'\nhost = '127.0.0.1'\nport = {port}\ntimeout_ms = 60000");
        let wills = [burner("dead", &link, 1), burner("alive", &link, 2)];
        let done = carry_out_all(&wills, Duration::from_secs(2)).await;
        let told: Vec<_> = done.iter().map(|one| (one.machine.as_str(), one.result.is_ok())).collect();
        assert_eq!(told, [("alive", true), ("dead", false)], "{kind}");
        assert_eq!(device.lock().unwrap().cells.get(&(2, 3, 7)), Some(&0), "{kind}");
        serving.abort();
    }
}

#[tokio::test]
async fn an_output_that_keeps_silent_does_not_keep_the_others_of_its_unit_from_being_written() {
    let device = Shared::default();
    device.lock().unwrap().acts.extend([Act::Silence; 1]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = listen(listener, Frames::Tcp, &device);
    let link = format!("type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = {port}\ntimeout_ms = 50");
    let mut will = burner("a", &link, 1);
    let fan = SafeWrite { channel: "fan".into(), is_heat: false, address: 8, ..will.writes[0].clone() };
    will.writes.insert(0, fan);
    let done = carry_out(&will, Duration::from_secs(30)).await;
    assert_eq!(names(&done), [("fan", true), ("burner", true)], "heat was tried first");
    let asked: Vec<_> = device.lock().unwrap().requests.iter().map(|(_, pdu)| pdu[2]).collect();
    assert_eq!(asked, [7, 8, 7]);
    serving.abort();
}

#[tokio::test]
async fn a_port_that_nobody_has_is_told_and_tried_until_the_time_is_over() {
    let will = will("type = 'modbus_rtu'\nport = '/dev/no-such-port'");
    let done = carry_out(&will, Duration::from_millis(300)).await;
    assert_eq!(names(&done), [("fan", false), ("burner", false), ("drum", false)]);
    assert!(done[0].result.as_ref().unwrap_err().contains("plugged in"), "{done:?}");
}

#[test]
fn heat_goes_first_and_what_holds_is_left_alone() {
    use hearth_actors::model::channel::{ChannelKind, Failsafe, OutputClass};

    let (mut channels, sources): (Vec<_>, Vec<_>) = all_kinds_of_channels().into_iter().unzip();
    for channel in &mut channels {
        if let ChannelKind::Control(control) = &mut channel.kind {
            match channel.id.as_str() {
                "burner" => control.class = OutputClass::Heat,
                "fan" => control.failsafe = Failsafe::Hold,
                _ => {}
            }
        }
    }
    let link = "type = 'modbus_tcp'\nhost = '127.0.0.1'\nport = 1";
    let wired = channels.into_iter().zip(sources.clone()).collect();
    let machine = Machine::new(link, wired, &BusDirectory::new());
    let will = Will::new(&toml::from_str(link).unwrap(), &sources, &machine.spec).unwrap();
    let order: Vec<&str> = will.writes.iter().map(|write| write.channel.as_str()).collect();
    assert_eq!(order, ["burner", "drum"]);
}

#[tokio::test]
async fn on_a_line_that_repeats_what_is_sent_nobody_is_taken_for_a_device() {
    let device = Shared::default();
    device.lock().unwrap().repeats = true;
    device.lock().unwrap().absent.insert(1);
    let port = Port::plug(&device);
    let will = burner("m", &port.link(50), 1);
    let done = carry_out(&will, Duration::from_millis(600)).await;
    assert_eq!(names(&done), [("burner", false)]);
    device.lock().unwrap().absent.clear();
    let done = carry_out(&will, Duration::from_secs(30)).await;
    assert_eq!(names(&done), [("burner", true)]);
    assert_eq!(device.lock().unwrap().cells.get(&(1, 3, 7)), Some(&0));
}
