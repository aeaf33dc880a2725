use std::net::SocketAddr;

use hearth_actors::model::channel::Channel;
use hearth_actors::model::ids::EndpointId;
use tempfile::TempDir;

use super::*;
use crate::config::machine::MachineConfig;
use crate::config::tree::AuthMode;

/// A directory with files, and sources that name the first.
fn given(files: &[(&str, &str)]) -> (TempDir, Sources) {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let file = Some(dir.path().join(files[0].0));
    (dir, Sources { file, ..Sources::default() })
}

/// What is told, with the directory's own name cut off.
fn told(dir: &TempDir, sources: &Sources) -> Vec<String> {
    let error = Config::load(sources).expect_err("faulty");
    let base = format!("{}/", dir.path().display());
    error.to_string().lines().map(|line| line.replace(&base, "")).collect()
}

fn with_environment(mut sources: Sources, pairs: &[(&str, &str)]) -> Sources {
    sources.environment = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    sources
}

const SIMULATED: &str = "id = 'sim'\ndriver = { type = 'simulator' }\n";

#[test]
fn an_empty_file_is_the_defaults() {
    let (_dir, sources) = given(&[("h.toml", "")]);
    assert_eq!(Config::load(&sources), Ok(Config::default()));
}

#[test]
fn one_file_with_ten_faults_gives_ten_messages() {
    let text = "\
[server]
listen = 'localhost'
public_urls = ['https://a.example/path']
prot = 80

[auth]
mode = 'closed'

[limits]
sockets = 'many'
frame_bytes = 12

[[machines]]
id = 'Roaster One'
sampling_interval_ms = 10
driver = { type = 'modbus_tcp', host = '10.0.0.9', port = 70000 }
channels = [
  { id = 'bt', kind = 'sensor', role = 'bt', unit = '°F', source = { register = 'holding' } },
]
alarms = [{ id = 'hot', when = { channel = 'beans', above = 230 } }]
";
    let (dir, sources) = given(&[("h.toml", text)]);
    let expected = [
        "h.toml:2: server.listen: `localhost` is no address with a port: use one such as 127.0.0.1:8080 (this computer), 0.0.0.0:8080 (the network) or [::1]:8080",
        "h.toml:3: server.public_urls[0]: `https://a.example/path` is no web address without a path: write it like https://roastery.example",
        "h.toml:4: server.prot: unknown key; known here: listen, public_urls, trusted_proxies, tls_cert, tls_key",
        "h.toml:7: auth.mode: `closed` is not known here; use auto or open",
        "h.toml:10: limits.sockets: expected a whole number, 0 or more, found \"many\"",
        "h.toml:11: limits.frame_bytes: use 1024 to 16777216, found 12",
        "h.toml:14: machines[0].id: `Roaster One` is not a valid id: use 1 to 64 of a-z, 0-9 and -, starting with a letter or digit",
        "h.toml:15: machines[0].sampling_interval_ms: use 50 to 60000 ms; 1000 suits most roasters",
        "h.toml:16: machines[0].driver.port: expected a whole number from 0 to 65535, found 70000",
        "h.toml:18: machines[0].channels[0].source.address: is missing: expected a whole number from 0 to 65535",
        "h.toml:18: machines[0].channels[0].unit: write fahrenheit",
        "h.toml:20: machines[0].alarms[0].when.channel: no channel `beans`; this machine has bt",
    ];
    assert_eq!(told(&dir, &sources), expected);
}

#[test]
fn every_fault_of_writing_has_line_and_column() {
    let (dir, sources) = given(&[("h.toml", "[server\nlisten = 'a'\n\n[storage]\npath = \n")]);
    let found = told(&dir, &sources);
    assert!(found[0].starts_with("h.toml:1:8: this is no TOML: "), "{found:?}");
    assert!(found.last().expect("some").starts_with("h.toml:5:8: this is no TOML: "), "{found:?}");
}

#[test]
fn variables_win_over_the_file_and_flags_over_variables() {
    let (_dir, sources) = given(&[("h.toml", "[server]\nlisten = '127.0.0.1:1'\n[storage]\npath = 'a'\n")]);
    let sources = with_environment(
        sources,
        &[
            ("HEARTH_SERVER__LISTEN", "127.0.0.1:2"),
            ("HEARTH_LIMITS__SOCKETS", "7"),
            ("HEARTH_SERVER__PUBLIC_URLS", "https://a.example,https://b.example"),
            ("HEARTH_DIALECTS__OPENROAST__ENABLED", "false"),
            ("HEARTH_STORAGE__PATH", "2026"),
        ],
    );
    let config = Config::load(&sources).expect("sound");
    assert_eq!(config.server.listen, SocketAddr::from(([127, 0, 0, 1], 2)));
    assert_eq!(config.limits.sockets, 7);
    let urls: Vec<String> = config.server.public_urls.iter().map(ToString::to_string).collect();
    assert_eq!(urls, ["https://a.example", "https://b.example"]);
    assert!(!config.dialects.openroast.enabled);
    assert_eq!(config.storage.path, Path::new("2026"));

    let flags = Sources { listen: Some("[::1]:3".to_owned()), data_dir: Some("b.c".into()), ..sources };
    let config = Config::load(&flags).expect("sound");
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.storage.path, Path::new("b.c"));
}

#[test]
fn a_fault_from_outside_the_file_names_the_variable_or_the_flag() {
    let (dir, sources) = given(&[("h.toml", "[server]\nlisten = '127.0.0.1:1'\n")]);
    let sources = Sources { listen: Some("here".to_owned()), ..sources };
    let sources = with_environment(
        sources,
        &[("HEARTH_LIMITS__SOCKETS", "many"), ("HEARTH_SERVR__LISTEN", "x"), ("HEARTH_SERVER__TRUSTED_PROXIES", "a")],
    );
    let found = told(&dir, &sources);
    assert!(found[0].starts_with("--listen: server.listen: `here` is no address"), "{found:?}");
    assert!(found[1].starts_with("HEARTH_LIMITS__SOCKETS: limits.sockets: expected a whole number"), "{found:?}");
    assert!(found[2].starts_with("HEARTH_SERVER__TRUSTED_PROXIES: server.trusted_proxies[0]: `a` is no"), "{found:?}");
    assert!(found[3].starts_with("HEARTH_SERVR__LISTEN: servr: unknown key; known here: server,"), "{found:?}");
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn who_must_log_in_is_said_by_auth() {
    let (_dir, sources) = given(&[("h.toml", "[auth]\nguest_view_cidrs = ['10.0.0.0/8']\n")]);
    let flags = Sources { listen: Some("0.0.0.0:80".to_owned()), ..sources };
    let config = Config::load(&with_environment(flags, &[("HEARTH_AUTH__MODE", "open")])).expect("sound");
    assert_eq!((config.auth.mode, config.auth.guest_view_cidrs.len()), (AuthMode::Open, 1));
}

#[test]
fn machines_come_from_the_file_and_from_files_beside_it() {
    let (_dir, sources) = given(&[
        ("h.toml", "machines_dir = 'machines'\n[[machines]]\nid = 'first'\ndriver = { type = 'simulator' }\n"),
        ("machines/b.toml", SIMULATED),
        ("machines/a.json", r#"{"id": "json", "driver": {"type": "simulator"}}"#),
        ("machines/.hidden.toml", "nonsense"),
        ("machines/README.md", "nonsense"),
    ]);
    let config = Config::load(&sources).expect("sound");
    let ids: Vec<&str> = config.machines.iter().map(|machine| machine.id.as_str()).collect();
    assert_eq!(ids, ["first", "json", "sim"]);
}

#[test]
fn faults_in_several_files_are_told_together() {
    let (dir, sources) = given(&[
        ("h.toml", "machines_dir = 'm'\nnonsense = 1\n"),
        ("m/a.toml", "id = 'a'\n"),
        ("m/b.toml", SIMULATED),
        ("m/c.toml", &format!("# the same again\n{SIMULATED}")),
        ("m/d.toml", "id = "),
        ("m/e.json", "{"),
    ]);
    let found = told(&dir, &sources);
    let starts = [
        "h.toml:2: nonsense: unknown key",
        "m/a.toml: driver: is missing: expected a table",
        "m/c.toml:2: id: there is a machine `sim` already",
        "m/d.toml:1:",
        "m/e.json:1:1: this is no JSON",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (line, start) in found.iter().zip(starts) {
        assert!(line.starts_with(start), "{line} should start with {start}");
    }
}

#[test]
fn a_file_or_a_directory_that_is_not_there_is_told() {
    let (dir, sources) = given(&[("h.toml", "machines_dir = 'gone'")]);
    assert!(told(&dir, &sources)[0].starts_with("h.toml:1: machines_dir: gone cannot be read: "));
    let gone = Sources { file: Some(dir.path().join("gone.toml")), ..sources };
    let told = told(&dir, &gone);
    assert!(told[0].starts_with("gone.toml: cannot be read: "));
    assert!(told[0].contains("look at the name given with --config"), "{told:?}");
}

#[test]
fn a_number_that_is_none_is_not_taken_for_absent() {
    let machine = "[[machines]]\nid = 'a'\ndriver = { type = 'simulator', speed = 2.0 }\nalarms = [{ id = 'x', when = { channel = 'bt', above = nan, at_most = 1 } }]\n";
    let (dir, sources) = given(&[("h.toml", machine)]);
    let found = told(&dir, &sources);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("h.toml:4: machines[0].alarms[0].when.above: nan is no number"), "{found:?}");
}

#[test]
fn machines_on_one_serial_port_agree_on_its_speed() {
    let rtu = |id: &str, baud: u32| {
        format!(
            "[[machines]]\nid = '{id}'\ndriver = {{ type = 'modbus_rtu', port = '/dev/ttyUSB0', baud = {baud} }}\n\
             channels = [{{ id = 't', kind = 'sensor', source = {{ register = 'input', address = 1 }} }}]\n"
        )
    };
    let (dir, sources) = given(&[("h.toml", &(rtu("a", 9600) + &rtu("b", 19200)))]);
    assert_eq!(
        told(&dir, &sources),
        ["h.toml:7: machines[1].driver.baud: differs from machine `a` on the same port /dev/ttyUSB0: use the same"]
    );
    let (_dir, sources) = given(&[("h.toml", &(rtu("a", 9600) + &rtu("b", 9600)))]);
    assert_eq!(Config::load(&sources).map(|config| config.machines.len()), Ok(2));
}

#[test]
fn the_files_that_come_with_it_are_sound() {
    let file = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FILE));
    if let Err(error) = Config::load(&Sources { file, ..Sources::default() }) {
        panic!("{error}");
    }
}

#[test]
fn every_machine_that_comes_with_it_is_as_its_simulator_has_it() {
    let (dir, sources) = given(&[("h.toml", "machines_dir = 'machines'")]);
    let files = [
        ("kettle", include_str!("../../../etc/machines/kettle.toml")),
        ("panel", include_str!("../../../etc/machines/panel.toml")),
        ("rig", include_str!("../../../etc/machines/rig.toml")),
        ("roaster", include_str!("../../../etc/machines/roaster.toml")),
        ("scanner", include_str!("../../../etc/machines/scanner.toml")),
    ];
    std::fs::create_dir(dir.path().join("machines")).expect("a folder");
    for (name, text) in files {
        std::fs::write(dir.path().join(format!("machines/{name}.toml")), text).expect("a file");
    }
    let machines = Config::load(&sources).expect("sound").machines;
    assert_eq!(machines.len(), files.len());
    for (machine, (name, _)) in machines.iter().zip(files) {
        let written = machine.to_spec().expect("sound");
        let bare =
            MachineConfig { channels: Vec::new(), alarms: Vec::new(), interlocks: Vec::new(), ..machine.clone() };
        assert_eq!(written.id.as_str(), name);
        assert_eq!(format!("{:?}", written.kind).to_lowercase(), name);
        let like_the_simulator: Vec<_> =
            bare.to_spec().expect("sound").channels.iter().map(|(_, c)| without_address(c)).collect();
        let channels: Vec<_> = written.channels.iter().map(|(_, c)| without_address(c)).collect();
        assert_eq!(channels, like_the_simulator, "{name}");
    }
    let found = |machine: usize, of: fn(&Channel) -> Option<String>| -> Vec<String> {
        machines[machine].to_spec().expect("sound").channels.iter().filter_map(|(_, c)| of(c)).collect()
    };
    let numbers = found(0, |c| Some(format!("{} {}", c.id, c.endpoint)).filter(|_| c.endpoint != EndpointId::NONE));
    assert_eq!(
        numbers,
        ["hlt 59", "mash 60", "fermenter 61", "heater 58", "pump 52"],
        "as the brewery's document has them"
    );
    assert_eq!(found(1, |c| c.device.map(|_| c.tag.clone())), ["motor_01", "servo_01", "valve_01", "temp_01"]);
    assert_eq!(found(4, |c| Some(c.group.clone())), ["motors", "motors", "lights", "lights", "cameras"]);
}

#[test]
fn addresses_that_two_machines_share_are_told_with_file_and_line() {
    let machine = |id: &str| {
        format!(
            "id = '{id}'\ndriver = {{ type = 'push' }}\n[[channels]]\nid = 'x'\nkind = 'sensor'\ntag = 't'\nendpoint_id = 52\n"
        )
    };
    let (dir, sources) =
        given(&[("h.toml", "machines_dir = 'm'\n"), ("m/a.toml", &machine("a")), ("m/b.toml", &machine("b"))]);
    let found = told(&dir, &sources);
    let expected = [
        "m/b.toml:6: channels[0].tag: the tag `t` is taken by a channel of machine `a`: use another",
        "m/b.toml:7: channels[0].endpoint_id: the endpoint id 52 is taken by a channel of machine `a`: use another",
    ];
    assert_eq!(found, expected);
}

fn without_address(channel: &Channel) -> Channel {
    let (endpoint, tag, group) = (EndpointId::NONE, String::new(), String::new());
    Channel { endpoint, tag, group, device: None, ..channel.clone() }
}
