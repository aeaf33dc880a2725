//! A byte stream that can be listened to while a codec owns it: the codec gets one handle, we keep another.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::echo::{Echo, Expect};

/// What a link runs over: a socket, a serial port, or a pipe in tests.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

/// A shared byte stream that remembers what happened on it. Only one task uses it, so its lock is never contended.
#[derive(Debug, Clone)]
pub struct Tap {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    stream: Box<dyn Stream>,
    echo: Echo,
    /// Bytes that were kept until it was known whether they are an echo, on their way to the reader.
    released: VecDeque<u8>,
    heard: usize,
    ended: bool,
    last_activity: Instant,
}

impl Tap {
    /// Takes a stream that was opened at `now`.
    pub fn new(stream: Box<dyn Stream>, now: Instant) -> Self {
        let (echo, released) = (Echo::default(), VecDeque::new());
        let inner = Inner { stream, echo, released, heard: 0, ended: false, last_activity: now };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// A question is about to be sent: counts the bytes heard from zero, and takes the repetition of what is sent out of what comes.
    pub fn expect(&self, echo: Expect) {
        let mut inner = self.lock();
        inner.echo.expect(echo);
        inner.released.clear();
        inner.heard = 0;
    }

    /// Whether the line repeated what was sent.
    pub fn was_echoed(&self) -> bool {
        self.lock().echo.was_heard()
    }

    /// Bytes heard since the question, without its repetition.
    pub fn heard(&self) -> usize {
        self.lock().heard
    }

    /// Whether the other side has closed.
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// When the last byte came or went.
    pub fn last_activity(&self) -> Instant {
        self.lock().last_activity
    }

    /// Waits for bytes and throws them away; 0 means that the other side has closed.
    ///
    /// # Errors
    /// What the stream says.
    pub async fn discard(&self) -> io::Result<usize> {
        let mut bytes = [0; 256];
        poll_fn(|cx| {
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(self.lock().read(cx, &mut buffer))?;
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while polling leaves nothing half-done in here: the stream is dropped with its connection anyway.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.released.is_empty() && self.echo.may_come() {
            let mut bytes = [0; 256];
            let mut heard = ReadBuf::new(&mut bytes);
            ready!(self.hear(cx, &mut heard))?;
            if heard.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.released.extend(self.echo.hear(heard.filled()));
            if self.echo.was_heard() {
                self.heard = self.released.len();
            }
        }
        if self.released.is_empty() {
            return self.hear(cx, buffer);
        }
        let count = buffer.remaining().min(self.released.len());
        self.released.drain(..count).for_each(|byte| buffer.put_slice(&[byte]));
        Poll::Ready(Ok(()))
    }

    fn hear(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let heard = buffer.filled().len() - before;
        self.heard += heard;
        self.ended |= heard == 0 && buffer.remaining() > 0;
        self.last_activity = Instant::now();
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.lock().read(cx, buffer)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = self.lock();
        let written = ready!(Pin::new(&mut inner.stream).poll_write(cx, bytes))?;
        inner.echo.sent(&bytes[..written]);
        inner.last_activity = Instant::now();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        ready!(Pin::new(&mut inner.stream).poll_flush(cx))?;
        inner.last_activity = Instant::now();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_shutdown(cx)
    }
}
