//! Operations for setting machines up.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::json;

use super::examples;
use crate::config::machine::MachineConfig;
use crate::http::operation::{Operation, Presence, Shape, Tag};
use crate::http::rest::probe;
use crate::http::rest::wire::probe::{ProbeView, SerialPortView};

/// All of them.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Action::SearchDevices, Method::POST, "/api/probe", || web::post().to(probe::probe), "probeMachine")
            .told(
                Tag::Machines,
                "Test a machine before it is added",
                "Reads every value of the described machine once, and says for each what the device sent, what it means and how \
                 long it took, or why there is none. Nothing is stored and no output is written. `id` may be left out; a Modbus \
                 machine without channels is only asked whether anybody is there. On a line that connected machines use it \
                 takes turns with them. It ends after 8 s at the latest.",
            )
            .reads(Shape::read::<MachineConfig>(), Presence::Needed, examples::machines())
            .answers(200, "What was read.", Shape::written::<ProbeView>(), examples::probe())
            .refuses(429, "RATE_LIMITED", "Other machines are being tested right now."),
        Operation::new(Action::SearchDevices, Method::GET, "/api/serial-ports", || web::get().to(probe::serial_ports), "listSerialPorts")
            .told(Tag::Machines, "Serial ports of the daemon's computer", "Those of USB adapters first.")
            .answers(
                200,
                "The ports.",
                Shape::written::<Vec<SerialPortView>>(),
                json!([{
                    "path": "/dev/serial/by-id/usb-FTDI_USB-RS485_Cable-if00-port0", "device": "/dev/ttyUSB0",
                    "about": "FTDI USB-RS485 Cable",
                }]),
            )
            .refuses(503, "INTERNAL", "The system does not tell its ports."),
    ]
}
