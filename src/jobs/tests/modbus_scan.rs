//! Register scans of a chip with holes in its map.

use async_trait::async_trait;

use super::*;
use crate::config::modbus::Register;
use crate::jobs::modbus_scan::{Registers, Unread};

/// Has holding registers 10 to 29, each with its address in it, and 40. It falls silent at 100 and never has anything in its
/// input registers.
pub(super) struct Chip;

#[async_trait(?Send)]
impl Registers for Chip {
    async fn read(&mut self, table: Register, from: u16, count: u16) -> Result<Vec<u16>, Unread> {
        let asked: Vec<u16> = (from..from + count).collect();
        if table != Register::Holding || asked.contains(&100) {
            return Err(Unread::Failed("silence".to_owned()));
        }
        let has = |address: &u16| (10..30).contains(address) || *address == 40;
        if asked.iter().all(has) { Ok(asked) } else { Err(Unread::Refused(format!("no {from}"))) }
    }
}

fn tcp() -> Value {
    json!({ "type": "modbus_tcp", "host": "localhost" })
}

#[actix_rt::test]
async fn a_register_scan_finds_exactly_what_is_there_and_says_why_the_rest_is_not() {
    let shop = Shop::new();
    let task = shop.done("modbus_scan", json!({ "args": [tcp(), "holding", 0, 60] })).await;
    let told = result(&task);
    let twenty: Vec<u64> = (10..30).collect();
    assert_eq!(told["ranges"], json!([{ "from": 10, "values": twenty }, { "from": 40, "values": [40] }]));
    assert_eq!(
        told["errors"],
        json!([
            { "from": 0, "to": 9, "error": "no 0" },
            { "from": 30, "to": 39, "error": "no 30" },
            { "from": 41, "to": 60, "error": "no 41" },
        ])
    );
    assert_eq!((task.progress.current, task.progress.total), (61, 61));
}

#[actix_rt::test]
async fn a_span_that_fails_does_not_hide_the_others_but_a_device_that_never_answers_ends_the_scan() {
    let shop = Shop::new();
    let link = json!({ "type": "modbus_tcp", "host": "localhost", "max_registers": 10 });
    let task = shop.done("modbus_scan", json!({ "args": [link, "holding", 10, 109] })).await;
    let told = result(&task);
    let twenty: Vec<u64> = (10..30).collect();
    assert_eq!(told["ranges"], json!([{ "from": 10, "values": twenty }, { "from": 40, "values": [40] }]));
    assert_eq!(told["errors"][2], json!({ "from": 100, "to": 109, "error": "silence" }));
    let task = shop.done("modbus_scan", json!({ "args": [link, "input", 0, 100] })).await;
    assert_eq!((task.status, task.error.as_deref()), (TaskStatus::Error, Some("silence")));
}

#[actix_rt::test]
async fn a_register_scan_needs_a_link_a_table_and_a_range_that_can_be() {
    let shop = Shop::new();
    assert_eq!(shop.faults("modbus_scan", json!({})), ["/kwargs/driver", "/kwargs/table"]);
    let kwargs = json!({ "driver": { "type": "modbus_tcp", "port": 0 }, "table": "eeprom", "from": 5, "to": 4 });
    let told = shop.faults("modbus_scan", json!({ "kwargs": kwargs }));
    assert_eq!(told, ["/kwargs/driver/host", "/kwargs/table", "/kwargs/to"]);
    let simulator = json!({ "type": "simulator", "model": "kettle" });
    assert_eq!(shop.faults("modbus_scan", json!({ "args": [simulator, "coil", 0, 1999] })), ["/args/0/type"]);
    assert_eq!(shop.faults("modbus_scan", json!({ "args": [tcp(), "coil", 0, 2000] })), ["/args/3"]);
    assert_eq!(shop.faults("modbus_scan", json!({ "args": [tcp(), "coil", 65_000, 65_536] })), ["/args/3"]);
}
