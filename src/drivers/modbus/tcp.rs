//! A machine's own connection to a Modbus TCP device.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::failure::{Failure, NOBODY_THERE, dial_failure, unresolved};
use super::link::{Connection, Framing, OpenLine};
use super::op::{Op, Reply};

/// Least and most time a connection attempt may take, whatever `timeout_ms` says. Unit: ms.
const DIAL_MS: (u64, u64) = (1_000, 5_000);

/// Where to connect to, and how long to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How long an attempt may take.
    pub dial_limit: Duration,
}

impl Address {
    /// An address, with an attempt limit that suits the answer limit.
    pub fn new(host: &str, port: u16, timeout_ms: u64) -> Self {
        let dial_limit = Duration::from_millis(timeout_ms.clamp(DIAL_MS.0, DIAL_MS.1));
        Self { host: host.to_owned(), port, dial_limit }
    }

    /// Opens a connection that sends each request at once.
    ///
    /// # Errors
    /// When nobody accepts in time; the hint says what to look at.
    pub async fn dial(&self) -> Result<TcpStream, Failure> {
        let connect = async {
            let found = lookup_host((self.host.as_str(), self.port)).await;
            let found: Vec<_> = found.map_err(|error| unresolved(&error, &self.host))?.collect();
            TcpStream::connect(found.as_slice()).await.map_err(|error| dial_failure(&error, self.port))
        };
        match timeout(self.dial_limit, connect).await {
            Err(_) => {
                Err(Failure::broken(format!("no answer within {} ms", self.dial_limit.as_millis()), NOBODY_THERE))
            }
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(stream)) => match stream.set_nodelay(true) {
                Ok(()) => Ok(stream),
                Err(error) => Err(dial_failure(&error, self.port)),
            },
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The connection, opened when it is needed.
pub struct TcpLine {
    address: Address,
    open: OpenLine,
    connection: Option<Connection>,
}

impl TcpLine {
    /// Not connected yet.
    pub fn new(address: Address) -> Self {
        let to = address.clone();
        let open = move || -> BoxFuture<'static, Result<Connection, Failure>> {
            let to = to.clone();
            Box::pin(async move { Ok(Connection::new(Box::new(to.dial().await?), Framing::Tcp)) })
        };
        Self::opened_by(address, Box::new(open))
    }

    /// The same with another way to open the connection.
    pub(super) fn opened_by(address: Address, open: OpenLine) -> Self {
        Self { address, open, connection: None }
    }

    /// Where it leads.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Opens it anew.
    ///
    /// # Errors
    /// When nobody accepts in time.
    pub async fn reopen(&mut self) -> Result<(), Failure> {
        self.close();
        let opening = (self.open)();
        self.connection = Some(opening.await?);
        Ok(())
    }

    /// Closes it.
    pub fn close(&mut self) {
        self.connection = None;
    }

    /// Asks and waits up to `limit` for the answer, on a fresh connection if the last request did not end well.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn call(&mut self, unit: u8, op: Op, limit: Duration) -> Result<Reply, Failure> {
        // Taken out, so that a call that is dropped takes its connection with it.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let opening = (self.open)();
                opening.await?
            }
        };
        let result = connection.call(unit, op, limit).await;
        if connection.is_reusable() {
            self.connection = Some(connection);
        }
        result.map_err(|failure| explain_silence(failure, unit, &self.address))
    }
}

fn explain_silence(failure: Failure, unit: u8, address: &Address) -> Failure {
    match failure {
        Failure::Silent { after_ms, .. } => Failure::Silent {
            after_ms,
            hint: format!("{address} accepts connections, but unit {unit} is silent: check unit_id and timeout_ms"),
        },
        other => other,
    }
}
