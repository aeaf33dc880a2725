//! The web server: routes, limits of the connection, and what every answer has in common.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Server;
use actix_web::error::QueryPayloadError;
use actix_web::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{DefaultHeaders, NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, web};
use socket2::SockRef;

use super::door::{Door, House};
use super::lines::{self, Lines};
use super::lobby::{Lobby, Notice};
use super::problem::Problem;
use super::state::AppState;
use super::tls::Certificate;
use super::websocket::Feeds;
use super::{assets, docs, door, operations, perimeter, reception, rest};

/// Send buffer of a socket: stale data in front of a client that does not read. Source: measured, stack reference 2.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// A peer that takes nothing for this long is gone. Source: architecture, fan-out.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// Longest time a client may take for its request head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a client may take to close its side after its socket was closed. Below half a second the server's own clock, which
/// ticks twice a second, is too coarse for it.
const GOODBYE: Duration = Duration::from_millis(700);
/// How often a socket is pinged. Source: wire contract, liveness.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Threads that serve, at most: a shop's tabs keep none of them busy.
const WORKERS_MAX: usize = 2;
/// How long open connections may take to end when the daemon stops. Unit: s.
const SHUTDOWN_SECONDS: u64 = 2;

/// Starts serving on an open listener, at the door that the state names; encrypted where there is a certificate.
///
/// # Errors
/// When the listener cannot be used.
pub fn start(
    listener: TcpListener,
    state: AppState,
    lines: &Lines,
    certificate: Option<&Certificate>,
) -> std::io::Result<Server> {
    let body_bytes = state.limits.body_bytes;
    let (lines, perimeter) = (lines.clone(), state.perimeter.clone());
    let connections = lines.most().in_all;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(state.clone()))
            .app_data(web::ThinData(Feeds::default()))
            .app_data(web::PayloadConfig::new(body_bytes))
            .app_data(web::QueryConfig::default().error_handler(|error, _| unreadable_query(&error).into()))
            .wrap(from_fn(perimeter::guard))
            .wrap(from_fn(door::speak))
            .wrap(NormalizePath::new(TrailingSlash::Trim))
            .wrap(from_fn(lines::tend))
            // What says nothing else of itself is told to one asker, as what it says it is.
            .wrap(DefaultHeaders::new().add((CACHE_CONTROL, "no-store")).add((X_CONTENT_TYPE_OPTIONS, "nosniff")))
            .configure(|config| routes(config, &state.door))
    })
    .workers(workers())
    .tcp_nodelay(true)
    .max_connections(connections)
    .backlog(1024)
    .client_request_timeout(HEAD_DEADLINE)
    .client_disconnect_timeout(GOODBYE)
    .tls_handshake_timeout(HEAD_DEADLINE)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .on_connect(move |connection, extensions| {
        if let Some(stream) = stream(connection) {
            tune(stream);
            lines.accept(stream, |address| perimeter.trusts(address), extensions);
        }
    });
    let server = match certificate {
        Some(certificate) => server.listen_rustls_0_23(listener, certificate.server_config())?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}

/// Has every socket ask its peer for a sign of life, until the daemon ends.
pub async fn look_alive(lobby: Lobby) {
    let mut tick = tokio::time::interval(PING_EVERY);
    loop {
        tick.tick().await;
        lobby.tell(Notice::LookAlive);
    }
}

/// Threads that serve each listener. More than there are cores would only take turns.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX)
}

fn routes(config: &mut web::ServiceConfig, door: &Door) {
    if door.house == House::Closed {
        door.dialects.iter().for_each(|dialect| reception::routes(config, *dialect));
        operations::routes(config, door);
        config.default_service(web::to(rest::no_such_path));
        return;
    }
    operations::routes(config, door);
    config
        .configure(docs::routes)
        .service(web::scope("/api").default_service(web::to(rest::no_such_path)))
        .default_service(web::to(assets::serve));
}

fn unreadable_query(error: &QueryPayloadError) -> Problem {
    Problem::malformed(format!("the query cannot be read: {error}"))
}

/// What carries a connection, plain or encrypted.
fn stream(connection: &dyn Any) -> Option<&TcpStream> {
    let encrypted = || connection.downcast_ref::<TlsStream<TcpStream>>().map(|stream| stream.get_ref().0);
    connection.downcast_ref::<TcpStream>().or_else(encrypted)
}

/// Bounds what the kernel keeps for a client that does not read, and cuts one that is gone.
fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // A kernel that refuses either keeps its own default; the connection works.
    let _ = socket.set_send_buffer_size(SEND_BUFFER_BYTES);
    let _ = socket.set_tcp_user_timeout(Some(WRITE_DEADLINE));
}

/// Opens the listener before anything else is started, so that a taken port is told at once.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
