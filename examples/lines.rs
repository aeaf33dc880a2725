//! A dialect in a hundred lines: one line of text per reading, `roaster 1000000042 12.5 bt=201.4 et=214.0 burner=60`.
//!
//! ```sh
//! cargo run --example lines        # then, from another terminal:
//! python -m websockets ws://127.0.0.1:8090/ws/lines/roaster
//! ```
//! It stands outside the daemon and uses nothing that a dialect inside does not: the trait, the door, the session actor.

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, Path, Payload, ThinData};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use hearth::config::Config;
use hearth::config::machine::MachineConfig;
use hearth::daemon::Daemon;
use hearth::http::door::{Length, Rule, admit};
use hearth::http::perimeter;
use hearth::http::rest::machines::find;
use hearth::http::seen::Seen;
use hearth::http::state::AppState;
use hearth::http::websocket::entrances::nobody_in_particular;
use hearth::http::websocket::{Feeds, LastWord, Visit, Watches, host, welcome};
use hearth_actors::dialect::{Dialect, DialectId, Encoded, Frame, Intent, Unasked, Viewer};
use hearth_actors::model::action::Action;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::refusal::{Refusal, RefusalCode};
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;

/// The last number there is: the daemon's own dialects count from 0.
const LINES: DialectId = DialectId::new(7);

/// One line per reading.
struct Lines;

impl Dialect for Lines {
    fn id(&self) -> DialectId {
        LINES
    }

    fn unasked(&self) -> Unasked {
        Unasked::All
    }

    fn greet(&mut self, _: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        Vec::new()
    }

    fn decode(&self, _: &str, _: WallMs) -> Result<Intent, Refusal> {
        Err(Refusal::new(RefusalCode::InvalidMessage, "this socket only tells"))
    }

    fn encode(&mut self, event: &Event, channels: &ChannelTable, _: &Viewer) -> Encoded {
        let EventBody::Reading(reading) = &event.body else { return Encoded::Silent };
        let mut line = format!("{} {} {:.1}", event.machine, event.seq.0, event.at.0 as f64 / 1000.0);
        for (index, channel) in channels.iter() {
            match reading.value(index) {
                Some(value) => line.push_str(&format!(" {}={:.1}", channel.id, channel.unit.outward(value))),
                None => line.push_str(&format!(" {}=-", channel.id)),
            }
        }
        Encoded::shared(line.into())
    }

    fn refuse(&self, refusal: &Refusal, _: WallMs) -> Vec<Frame> {
        vec![format!("# {}", refusal.message).into()]
    }
}

/// Who may look may follow these, too.
const RULE: Rule = Rule { action: Action::Follow, length: Length::Socket };

async fn lines(
    request: HttpRequest,
    body: Payload,
    machine: Path<String>,
    state: Data<AppState>,
    feeds: ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let limits = Arc::clone(&state.limits);
    let visit = move |seen: &Seen| {
        let machine = find(seen, &machine).map_err(|_| LastWord::no_such_machine(None))?;
        let watches = Watches::One(machine);
        Ok(Visit { watches, ..Visit::new(Lines, nobody_in_particular("lines"), &limits) })
    };
    Ok(host(guest, body, &state, &feeds, LINES, visit))
}

/// Serves the dialect beside a daemon, on a port of its own.
fn serve(daemon: &Daemon, port: u16) -> std::io::Result<(actix_web::dev::Server, std::net::SocketAddr)> {
    let state = daemon.state().clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(state.clone()))
            .app_data(ThinData(Feeds::default()))
            .wrap(from_fn(perimeter::guard))
            .route(
                "/ws/lines/{machine}",
                web::get().to(lines).wrap(from_fn(|request, next| admit(RULE, request, next))),
            )
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", port))?;
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

fn config(data: &std::path::Path) -> anyhow::Result<Config> {
    let roaster = serde_json::json!({ "id": "roaster", "autoconnect": true, "driver": { "type": "simulator" } });
    let mut config = Config { machines: vec![MachineConfig::parse(roaster)?], ..Config::default() };
    config.server.listen.set_port(0);
    config.storage.path = data.to_owned();
    Ok(config)
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let daemon = Daemon::start(config(&std::env::temp_dir().join("hearth-lines"))?).await?;
    serve(&daemon, 8090)?.0.await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{Frame, Message};
    use futures_util::{SinkExt, StreamExt};

    use super::*;

    #[actix_web::test]
    async fn a_reading_is_a_line_and_whoever_talks_back_is_told_so() {
        let data = tempfile::tempdir().expect("a folder");
        let daemon = Daemon::start(config(data.path()).expect("sound")).await.expect("a daemon");
        let (server, address) = serve(&daemon, 0).expect("a port");
        actix_web::rt::spawn(server);
        let url = format!("http://{address}/ws/lines/roaster");
        let (_, mut socket) = awc::Client::default().ws(url).connect().await.expect("a socket");
        let mut told = async || match socket.next().await {
            Some(Ok(Frame::Text(line))) => String::from_utf8(line.to_vec()).expect("text"),
            other => panic!("{other:?} instead of a line"),
        };
        assert!(told().await.starts_with("roaster "), "a reading");
        socket.send(Message::Text("louder".into())).await.expect("sent");
        loop {
            match socket.next().await {
                Some(Ok(Frame::Text(line))) if line.starts_with(b"# ") => break,
                Some(Ok(_)) => {}
                other => panic!("{other:?} instead of an answer"),
            }
        }
    }
}
