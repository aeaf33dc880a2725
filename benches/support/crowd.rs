//! Many clients on one thread that read what they are sent and note when.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::figures::Distribution;
use super::websocket::{Frames, client_frame, end_of_head, handshake, number};

/// Where a client of the daemon comes in.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// The path of its socket.
    pub path: &'static str,
    /// What it says first, if anything.
    pub says: Option<String>,
}

/// Who sends to the crowd.
#[derive(Debug, Clone, Copy)]
pub enum Sender<'a> {
    /// The daemon; frames are known by their `seq`.
    Daemon(&'a Entrance),
    /// A bare write loop that sends to everybody alike; frames are known by their order.
    Bare,
}

/// What the crowd noted since the last look.
#[derive(Debug, Default)]
pub struct Notes {
    /// Frames delivered to all clients together.
    pub frames: u64,
    /// Frames that a client missed, or got twice or out of order.
    pub lost: u64,
    /// How long after the first client each of the others got the same frame.
    pub behind_first: Distribution,
    /// Clients whose socket was closed.
    pub closed: usize,
    first: HashMap<u64, Instant>,
}

impl Notes {
    fn arrived(&mut self, key: u64, now: Instant) {
        self.frames += 1;
        let first = *self.first.entry(key).or_insert(now);
        self.behind_first.push(now - first);
    }
}

/// Clients that read. They go when this is dropped.
pub struct Crowd {
    notes: Rc<RefCell<Notes>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Crowd {
    /// Connects so many clients, one after the other.
    ///
    /// # Errors
    /// When one is not taken.
    pub async fn connect(clients: usize, address: SocketAddr, sender: Sender<'_>) -> anyhow::Result<Self> {
        let notes = Rc::<RefCell<Notes>>::default();
        let mut tasks = Vec::with_capacity(clients);
        for _ in 0..clients {
            let mut stream = TcpStream::connect(address).await.context("connecting a client")?;
            let mut frames = Frames::default();
            if let Sender::Daemon(entrance) = sender {
                shake_hands(&mut stream, address, entrance.path, &mut frames).await?;
                if let Some(words) = &entrance.says {
                    stream.write_all(&client_frame(words)).await?;
                }
            }
            let reader = Reader { stream, frames, last: None, notes: notes.clone() };
            tasks.push(tokio::task::spawn_local(match sender {
                Sender::Daemon(_) => reader.run(|_, payload| number(payload, "seq")),
                Sender::Bare => reader.run(|last, _| Some(last.map_or(0, |last| last + 1))),
            }));
        }
        Ok(Self { notes, tasks })
    }

    /// What was noted since the last call.
    pub fn take_notes(&self) -> Notes {
        self.notes.take()
    }
}

/// A client that shakes hands and then never reads. Its own buffer is as small as the system allows.
///
/// # Errors
/// When it is not taken.
pub async fn deaf_client(address: SocketAddr, path: &str) -> anyhow::Result<TcpStream> {
    const BUFFER_BYTES: u32 = 2048;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    let mut stream = socket.connect(address).await.context("connecting the client that never reads")?;
    stream.write_all(handshake(address, path).as_bytes()).await?;
    Ok(stream)
}

async fn shake_hands(
    stream: &mut TcpStream,
    address: SocketAddr,
    path: &str,
    frames: &mut Frames,
) -> anyhow::Result<()> {
    stream.write_all(handshake(address, path).as_bytes()).await?;
    let mut head = Vec::new();
    while end_of_head(&head).is_none() {
        if stream.read_buf(&mut head).await? == 0 {
            bail!("the daemon hung up during the handshake");
        }
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        bail!("the daemon refused a socket: {}", String::from_utf8_lossy(&head));
    }
    frames.push(&head[end_of_head(&head).unwrap_or_default()..]);
    Ok(())
}

struct Reader {
    stream: TcpStream,
    frames: Frames,
    last: Option<u64>,
    notes: Rc<RefCell<Notes>>,
}

impl Reader {
    /// Reads until the socket closes. `key` tells which frame a payload is, after the one before; `None` is a greeting.
    async fn run(mut self, key: fn(Option<u64>, &[u8]) -> Option<u64>) {
        let mut buffer = vec![0; 8 * 1024];
        loop {
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(n) => self.frames.push(&buffer[..n]),
            }
            let now = Instant::now();
            let mut notes = self.notes.borrow_mut();
            while let Some(frame) = self.frames.next() {
                let Some(key) = frame.is_text.then(|| key(self.last, frame.payload)).flatten() else { continue };
                notes.lost += self.last.map_or(0, |last| (last + 1).abs_diff(key));
                self.last = Some(key);
                notes.arrived(key, now);
            }
        }
        self.notes.borrow_mut().closed += 1;
    }
}
