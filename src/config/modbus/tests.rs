use super::*;

fn tcp() -> ModbusConfig {
    toml::from_str("type = 'modbus_tcp'\nhost = '10.0.0.9'").unwrap()
}

fn rtu(more: &str) -> ModbusConfig {
    toml::from_str(&format!("type = 'modbus_rtu'\nport = '/dev/ttyUSB0'\n{more}")).unwrap()
}

fn source(text: &str) -> Source {
    toml::from_str(text).unwrap()
}

fn pointers(check: impl FnOnce(&mut Faults)) -> Vec<String> {
    let mut faults = Faults::new();
    check(&mut faults);
    faults.iter().map(|f| f.pointer.clone()).collect()
}

#[test]
fn what_is_left_out_is_as_documented() {
    let expected =
        Common { unit_id: 1, timeout_ms: 400, word_order: WordOrder::LowFirst, max_gap: 8, max_registers: 125 };
    assert_eq!(tcp().common(), expected);
    let ModbusConfig::ModbusTcp(link) = tcp() else { panic!("not TCP") };
    assert_eq!(link.port, 502);
    let ModbusConfig::ModbusRtu(line) = rtu("") else { panic!("not RTU") };
    assert_eq!((line.baud, line.data_bits, line.parity, line.stop_bits), (9_600, 8, Parity::None, 1));
    assert_eq!(pointers(|f| tcp().check("/driver", f)), Vec::<String>::new());
    assert_eq!(pointers(|f| rtu("").check("/driver", f)), Vec::<String>::new());
}

#[test]
fn an_unknown_key_is_refused_everywhere() {
    assert!(toml::from_str::<ModbusConfig>("type = 'modbus_tcp'\nhost = 'a'\nbaud = 9600").is_err());
    assert!(toml::from_str::<ModbusConfig>("type = 'modbus_rtu'\nport = 'a'\nhost = 'b'").is_err());
    assert!(toml::from_str::<ModbusConfig>("type = 'modbus_rtu_over_tcp'\nhost = 'a'").is_err(), "port is needed");
    assert!(toml::from_str::<Source>("register = 'holding'\naddress = 1\nscale = 10").is_err());
    assert!(toml::from_str::<Source>("register = 'holding'\naddress = 65536").is_err());
    assert!(toml::from_str::<Source>("register = 'register'\naddress = 1").is_err());
}

#[test]
fn every_fault_of_a_line_is_told_at_once() {
    let bad =
        rtu("baud = 1\ndata_bits = 7\nstop_bits = 3\nunit_id = 0\ntimeout_ms = 0\nmax_gap = 125\nmax_registers = 1");
    let told = pointers(|f| bad.check("/driver", f));
    for key in ["baud", "data_bits", "stop_bits", "unit_id", "timeout_ms", "max_gap", "max_registers"] {
        assert!(told.contains(&format!("/driver/{key}")), "{key} in {told:?}");
    }
}

#[test]
fn a_host_is_a_bare_name() {
    for bad in ["", "http://10.0.0.9", "10.0.0.9 ", "[::1]"] {
        let link: ModbusConfig = toml::from_str(&format!("type = 'modbus_tcp'\nhost = '{bad}'")).unwrap();
        assert_eq!(pointers(|f| link.check("/driver", f)), ["/driver/host"], "{bad}");
    }
    let six: ModbusConfig = toml::from_str("type = 'modbus_tcp'\nhost = 'fe80::1'").unwrap();
    assert!(pointers(|f| six.check("/driver", f)).is_empty());
}

#[test]
fn a_control_cannot_live_where_nothing_can_be_written() {
    for (register, writable) in [("coil", true), ("holding", true), ("discrete", false), ("input", false)] {
        let s = source(&format!("register = '{register}'\naddress = 1"));
        let told = pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 1.0]), f));
        assert_eq!(told.is_empty(), writable, "{register}: {told:?}");
        assert!(pointers(|f| s.check("/s", &tcp(), Usage::Read, f)).is_empty());
    }
}

#[test]
fn a_value_that_will_not_fit_is_found_before_it_is_written() {
    let s = source("register = 'holding'\naddress = 1\ntype = 'u16'\ndivisor = 100");
    assert!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 655.35]), f)).is_empty());
    assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[0.0, 700.0]), f)), ["/s/type"]);
    assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Write(&[-1.0]), f)), ["/s/type"]);
}

#[test]
fn bits_have_no_number_type_and_no_divisor_is_zero() {
    let s = source("register = 'coil'\naddress = 1\ntype = 'u16'\ndivisor = 0.0\noffset = inf\nunit_id = 0");
    let told = pointers(|f| s.check("/s", &rtu(""), Usage::Write(&[1.0]), f));
    assert_eq!(told, ["/s/divisor", "/s/offset", "/s/type", "/s/unit_id"]);
    let s = source("register = 'holding'\naddress = 65535\ntype = 'f32'");
    assert_eq!(pointers(|f| s.check("/s", &tcp(), Usage::Read, f)), ["/s/address"]);
}

#[test]
fn scaling_inverts_itself() {
    let s = source("register = 'holding'\naddress = 1\ntype = 'i16'\ndivisor = 10\noffset = -5");
    assert_eq!(s.native(1_234.0), 118.4);
    assert_eq!(s.raw(118.4), Some(1_234.0));
    let inverted_contact = source("register = 'discrete'\naddress = 1\ndivisor = -1\noffset = 1");
    assert_eq!((inverted_contact.native(0.0), inverted_contact.native(1.0)), (1.0, 0.0));
}
