//! One open connection: asks, waits, judges. It never lets an old reply answer a new request.
//!
//! On TCP a reply names its request, and a connection that saw anything odd is not used again. RTU frames name nothing, so
//! the line must be silent before each frame: whatever still comes is heard and thrown away. Where the line repeats what is sent,
//! an answer counts only after the repetition.
//!
//! The codec is called through `Client::call`, not through its `Reader` and `Writer`, because those assert lengths and
//! echoes in debug builds; here every answer is judged instead ([`Op::judge`]).

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_modbus::client::{Client, Context, rtu, tcp};
use tokio_modbus::slave::SlaveContext;
use tokio_modbus::{Error, ProtocolError, Slave};

use super::echo::Expect;
use super::failure::Failure;
use super::op::{Op, Reply};
use super::tap::{Stream, Tap};

/// How frames look on this connection and what must hold between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Modbus TCP.
    Tcp,
    /// Modbus RTU, with this silence before each frame.
    Rtu {
        /// At least t3.5 on a serial line.
        gap: Duration,
        /// What to do after an answer that failed.
        after_fault: AfterFault,
    },
}

/// What to do with a connection after an answer that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFault {
    /// Close it and open another.
    Reopen,
    /// Keep it: there is only one wire.
    Keep,
}

/// How long a line may go on talking before it counts as unusable. Unit: ms.
const BABBLE_MS_MAX: u64 = 250;

const BABBLE_HINT: &str = "is another master on this line, or are baud rate and parity wrong?";
const NOISE_HINT: &str = "check baud rate, parity, stop bits, termination and the shield";
const CLOSED_HINT: &str = "it may have restarted, or serve only a few connections at a time";

/// Opens a connection inside the runtime that is to use it.
pub type OpenLine = Box<dyn Fn() -> BoxFuture<'static, Result<Connection, Failure>> + Send>;

/// An open connection to a device or a line of devices.
pub struct Connection {
    context: Context,
    tap: Tap,
    framing: Framing,
    answered: Answered,
    manner: Manner,
}

/// Whether the line repeats what is sent. The first reading of which anything is heard shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Unknown,
    Silent,
    Repeats,
}

/// Whether the last request got its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Yes,
    No,
}

impl Connection {
    /// Takes a freshly opened stream.
    pub fn new(stream: Box<dyn Stream>, framing: Framing) -> Self {
        let tap = Tap::new(stream, Instant::now());
        Self { context: codec(&tap, framing), tap, framing, answered: Answered::Yes, manner: Manner::Unknown }
    }

    /// Whether the next request may use it; otherwise it must be closed and opened anew.
    pub fn is_reusable(&self) -> bool {
        let after_fault = match self.framing {
            Framing::Tcp => AfterFault::Reopen,
            Framing::Rtu { after_fault, .. } => after_fault,
        };
        !self.tap.has_ended() && (self.answered == Answered::Yes || after_fault == AfterFault::Keep)
    }

    /// Asks `unit` and waits up to `limit` for the answer.
    ///
    /// Dropped before its end, it leaves a connection that [`is_reusable`](Self::is_reusable) judges rightly.
    ///
    /// # Errors
    /// Why there is no answer, or why it cannot be the right one.
    pub async fn call(&mut self, unit: u8, op: Op, limit: Duration) -> Result<Reply, Failure> {
        if self.answered == Answered::No {
            // The old codec may hold half a frame.
            self.context = codec(&self.tap, self.framing);
        }
        self.answered = Answered::No;
        self.tap.expect(Expect::Nothing);
        match self.framing {
            Framing::Tcp => self.nothing_waits()?,
            Framing::Rtu { gap, .. } => self.hush(gap).await?,
        }
        self.tap.expect(self.repetition_of(op));
        self.context.set_slave(Slave(unit));
        let result = match timeout(limit, self.context.call(op.request())).await {
            Err(_) => Err(self.nothing_usable(limit)),
            Ok(Err(error)) => Err(self.explain(error)),
            Ok(Ok(Err(exception))) => Err(Failure::Refused(exception.into())),
            Ok(Ok(Ok(response))) => op.judge(response).map_err(|cause| Failure::garbled(cause, "")),
        };
        self.learn_manner(op);
        if matches!(result, Ok(_) | Err(Failure::Refused(_))) {
            self.answered = Answered::Yes;
        }
        result
    }

    /// What to ask before a write that was confirmed can be believed: on a line of which nothing is known yet, what came may have been
    /// the repetition of what was sent. The answer matters less than that there is one.
    pub fn doubt(&self, op: Op) -> Option<Op> {
        let is_unknown = matches!(self.framing, Framing::Rtu { .. }) && self.manner == Manner::Unknown;
        is_unknown.then(|| op.look()).flatten()
    }

    /// Whether the line is known to repeat what is sent.
    pub fn repeats(&self) -> bool {
        self.manner == Manner::Repeats
    }

    fn learn_manner(&mut self, op: Op) {
        if self.tap.was_echoed() {
            self.manner = Manner::Repeats;
        } else if self.manner == Manner::Unknown && matches!(op, Op::Read { .. }) && self.tap.heard() > 0 {
            self.manner = Manner::Silent;
        }
    }

    fn repetition_of(&self, op: Op) -> Expect {
        match (self.framing, op) {
            (Framing::Tcp, _) => Expect::Nothing,
            (Framing::Rtu { .. }, _) if self.repeats() => Expect::Surely,
            (Framing::Rtu { .. }, Op::Read { .. }) => Expect::Perhaps,
            // Its answer may be what was sent.
            (Framing::Rtu { .. }, Op::Write { .. }) => Expect::Nothing,
        }
    }

    /// On TCP nothing may wait before we ask: bytes are an answer to nobody, an end is better known before than after.
    ///
    /// It looks at what the reactor saw when this thread last slept. What came since is found by the request itself: an answer
    /// with another number than its own is none.
    fn nothing_waits(&self) -> Result<(), Failure> {
        match self.tap.discard().now_or_never() {
            None => Ok(()),
            Some(Ok(0)) => Err(closed()),
            Some(Ok(_)) => Err(Failure::garbled("it sent an answer that nobody had asked for", "")),
            Some(Err(error)) => Err(line_broken(&error)),
        }
    }

    /// Listens until the line was silent for `gap`, throwing away what comes.
    async fn hush(&self, gap: Duration) -> Result<(), Failure> {
        let give_up = Instant::now() + gap + Duration::from_millis(BABBLE_MS_MAX);
        loop {
            yield_now().await;
            match timeout_at(self.tap.last_activity() + gap, self.tap.discard()).await {
                Err(_) => return Ok(()),
                Ok(Ok(0)) => return Err(closed()),
                Ok(Ok(_)) if Instant::now() < give_up => {}
                Ok(Ok(_)) => return Err(Failure::garbled("the line never falls silent", BABBLE_HINT)),
                Ok(Err(error)) => return Err(line_broken(&error)),
            }
        }
    }

    fn nothing_usable(&self, limit: Duration) -> Failure {
        match self.tap.heard() {
            0 => {
                let after_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
                Failure::Silent { after_ms, hint: String::new() }
            }
            bytes => Failure::Noise { bytes, hint: self.noise_hint().into() },
        }
    }

    fn noise_hint(&self) -> &'static str {
        match self.framing {
            Framing::Tcp => "is this really a Modbus TCP port? A serial device server needs modbus_rtu_over_tcp",
            Framing::Rtu { .. } => NOISE_HINT,
        }
    }

    fn explain(&self, error: Error) -> Failure {
        match error {
            // The codec reports an end of stream with whatever errno was left over.
            Error::Transport(_) if self.tap.has_ended() => closed(),
            Error::Transport(error) => match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                    Failure::garbled(error.to_string(), self.noise_hint())
                }
                _ => line_broken(&error),
            },
            Error::Protocol(ProtocolError::HeaderMismatch { .. }) => {
                Failure::garbled("the answer belongs to another request", "a late answer? A longer timeout_ms may help")
            }
            Error::Protocol(ProtocolError::FunctionCodeMismatch { request, .. }) => {
                Failure::garbled(format!("the answer is not to function {request}"), self.noise_hint())
            }
        }
    }
}

fn codec(tap: &Tap, framing: Framing) -> Context {
    match framing {
        Framing::Tcp => tcp::attach(tap.clone()),
        Framing::Rtu { .. } => rtu::attach(tap.clone()),
    }
}

fn closed() -> Failure {
    Failure::broken("the other side closed the connection", CLOSED_HINT)
}

fn line_broken(error: &io::Error) -> Failure {
    Failure::broken(error.to_string(), "was it unplugged or switched off?")
}
