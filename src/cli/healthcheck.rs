//! Asks a running daemon whether it is alive, for containers: a handful of bytes over a socket, no runtime.

mod pinned;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// How long the daemon may take for each step. Less than the 5 s that container tools give by themselves.
const PATIENCE: Duration = Duration::from_secs(2);

/// As much of the answer as is looked at: its status line.
const STATUS_BYTES: usize = 64;

/// Why the daemon is not considered alive.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// The configuration does not say where it listens.
    #[error("the daemon listens on a port that it picks itself: name one with --listen")]
    PortUnknown,
    /// It cannot be reached or does not answer.
    #[error("no answer from {address}: {source}")]
    Silent {
        /// Who was asked.
        address: SocketAddr,
        /// The system's own words.
        source: io::Error,
    },
    /// It answers something else.
    #[error("{address} answers `{status}` instead of 200")]
    Wrong {
        /// Who was asked.
        address: SocketAddr,
        /// The status line.
        status: String,
    },
}

/// Asks the daemon that listens there, encrypted where it shows a certificate: that of this file, and no other.
///
/// # Errors
/// When it does not answer `GET /healthz` with 200 in time.
pub fn ask(listen: SocketAddr, certificate: Option<&Path>) -> Result<(), Unhealthy> {
    if listen.port() == 0 {
        return Err(Unhealthy::PortUnknown);
    }
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    let status = status_line(address, certificate).map_err(|source| Unhealthy::Silent { address, source })?;
    if status.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(Unhealthy::Wrong { address, status }) }
}

/// Where a listener on all addresses can be reached from the same computer.
fn reachable(listen: IpAddr) -> IpAddr {
    match listen {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

fn status_line(address: SocketAddr, certificate: Option<&Path>) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match certificate {
        Some(certificate) => converse(pinned::encrypt(stream, address, certificate)?, address),
        None => converse(stream, address),
    }
}

fn converse(mut stream: impl Read + Write, address: SocketAddr) -> io::Result<String> {
    // In one write: a server that answers early would break a request that comes in pieces.
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::with_capacity(STATUS_BYTES);
    stream.take(STATUS_BYTES as u64).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Asks a server that gives this answer, and says what it was asked.
    fn asked(answer: &'static str) -> (Result<(), Unhealthy>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a whole request");
                request.extend(byte);
            }
            stream.write_all(answer.as_bytes()).expect("answered");
            String::from_utf8(request).expect("text")
        });
        let result = ask(address, None);
        (result, server.join().expect("served"))
    }

    #[test]
    fn a_daemon_that_says_200_is_alive() {
        let (result, request) = asked("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        assert!(result.is_ok(), "{result:?}");
        assert!(request.starts_with("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
    }

    #[test]
    fn anything_else_is_not() {
        for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "SSH-2.0-200\r\n", ""] {
            let (result, _) = asked(answer);
            assert!(matches!(result, Err(Unhealthy::Wrong { .. })), "{answer}: {result:?}");
        }
        // Port 1 belongs to a service that nobody runs any more, and no test is ever given it.
        assert!(matches!(ask(([127, 0, 0, 1], 1).into(), None), Err(Unhealthy::Silent { .. })));
        assert!(matches!(ask(([127, 0, 0, 1], 0).into(), None), Err(Unhealthy::PortUnknown)));
    }

    #[test]
    fn a_listener_on_all_addresses_is_asked_on_loopback() {
        assert_eq!(reachable(Ipv4Addr::UNSPECIFIED.into()), IpAddr::from(Ipv4Addr::LOCALHOST));
        assert_eq!(reachable(Ipv6Addr::UNSPECIFIED.into()), IpAddr::from(Ipv6Addr::LOCALHOST));
        assert_eq!(reachable([10, 0, 0, 1].into()), IpAddr::from([10, 0, 0, 1]));
    }
}
