//! What a will takes away, with nothing but what was written down before.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_modbus::server::tcp;

use super::super::bus::BusDirectory;
use super::super::will::{Settled, Will};
use super::Machine;
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
    will.carry_out(&BusDirectory::new(), Instant::now() + within).await
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
    assert_eq!(names(&done), [("fan", true), ("burner", true), ("drum", true)]);
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
