//! The line between guard and daemon: a pair of sockets, the daemon's end being its standard input.
//!
//! Each side learns of the other's death by the end of the stream, which the system sends however a process dies. What the daemon
//! tells is one line of JSON that replaces the one before; a line that death cut short counts as never sent.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::drivers::modbus::will::Will;

/// Longest line: room for hundreds of machines.
const LINE_MAX: u64 = 4 << 20;
/// How long the guard may leave what it is told lying there.
const TELL_WITHIN: Duration = Duration::from_secs(5);

/// The daemon's end.
#[derive(Debug)]
pub struct Lifeline {
    stream: UnixStream,
    /// One line at a time; whether the one before was cut on its way.
    telling: Mutex<bool>,
}

impl Lifeline {
    /// Takes up the end that the guard has put into this process's standard input.
    ///
    /// # Errors
    /// When there is no standard input.
    pub fn take_up() -> io::Result<Self> {
        let end = io::stdin().as_fd().try_clone_to_owned()?;
        Self::over(UnixStream::from(end), TELL_WITHIN)
    }

    /// Tells over this stream; each line is given up after `within`.
    pub(super) fn over(stream: UnixStream, within: Duration) -> io::Result<Self> {
        stream.set_write_timeout(Some(within))?;
        Ok(Self { stream, telling: Mutex::new(false) })
    }

    /// Tells the guard everything that it is to write if this process dies. What it did not hear whole is to be told again.
    ///
    /// # Errors
    /// When the guard does not listen, or there is more to tell than it takes.
    pub fn tell(&self, wills: &[Will]) -> io::Result<()> {
        let line = serde_json::to_vec(wills)?;
        if line.len() as u64 >= LINE_MAX {
            return Err(io::Error::other(format!("these are too many machines, they need {} bytes", line.len())));
        }
        let mut was_cut = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        // The rest of a line that was cut would be taken for its beginning.
        let end_of_the_cut = if *was_cut { "\n" } else { "" };
        *was_cut = true;
        (&self.stream).write_all(&[end_of_the_cut.as_bytes(), &line, b"\n"].concat())?;
        *was_cut = false;
        Ok(())
    }

    /// Returns when the guard is dead.
    pub fn outlive(&self) {
        let mut nothing = [0; 64];
        loop {
            match (&self.stream).read(&mut nothing) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

/// A fresh line: the guard's end, and the one for the daemon's standard input.
///
/// # Errors
/// When the system has no sockets left.
pub fn pair() -> io::Result<(UnixStream, Stdio)> {
    let (guards, daemons) = UnixStream::pair()?;
    Ok((guards, Stdio::from(OwnedFd::from(daemons))))
}

/// Hears the daemon out until it dies; `keep` gets each whole line.
pub fn listen(guards: UnixStream, mut keep: impl FnMut(Vec<Will>)) {
    let mut lines = BufReader::new(guards);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.last() != Some(&b'\n') => {}
            Ok(1) => {}
            Ok(_) => match serde_json::from_slice(&line) {
                Ok(wills) => keep(wills),
                Err(error) => tracing::error!(%error, "the daemon told the guard something that makes no sense"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn will(machine: &str) -> Will {
        let link = serde_json::json!({"type": "modbus_tcp", "host": "10.0.0.9"});
        Will { machine: machine.into(), link: serde_json::from_value(link).unwrap(), writes: Vec::new() }
    }

    fn heard(said: impl FnOnce(Lifeline)) -> Vec<Vec<Will>> {
        let (guards, daemons) = UnixStream::pair().unwrap();
        std::thread::scope(|scope| {
            let listener = scope.spawn(|| {
                let mut heard = Vec::new();
                listen(guards, |wills| heard.push(wills));
                heard
            });
            said(Lifeline::over(daemons, TELL_WITHIN).unwrap());
            listener.join().unwrap()
        })
    }

    #[test]
    fn what_the_daemon_tells_arrives_whole_and_in_order() {
        let heard = heard(|line| {
            line.tell(&[will("a")]).unwrap();
            line.tell(&[]).unwrap();
            line.tell(&[will("a"), will("b")]).unwrap();
        });
        assert_eq!(heard, [vec![will("a")], vec![], vec![will("a"), will("b")]]);
    }

    #[test]
    fn a_line_that_death_cut_short_counts_as_never_sent() {
        let heard = heard(|line| {
            line.tell(&[will("a")]).unwrap();
            let half = serde_json::to_vec(&[will("b")]).unwrap();
            (&line.stream).write_all(&half).unwrap();
        });
        assert_eq!(heard, [[will("a")]]);
    }

    #[test]
    fn what_was_cut_because_the_guard_was_stopped_spoils_nothing_that_is_told_after() {
        let (guards, daemons) = UnixStream::pair().unwrap();
        let line = Lifeline::over(daemons, Duration::from_millis(10)).unwrap();
        let many: Vec<Will> = (0..10_000).map(|_| will("a")).collect();
        while line.tell(&many).is_ok() {}
        std::thread::scope(|scope| {
            let listener = scope.spawn(|| {
                let mut heard = Vec::new();
                listen(guards, |wills| heard.push(wills));
                heard
            });
            // The stopped guard goes on.
            while line.tell(&[will("b")]).is_err() {}
            drop(line);
            assert_eq!(listener.join().unwrap().last(), Some(&vec![will("b")]));
        });
    }

    #[test]
    fn more_than_the_guard_takes_is_not_told_and_not_taken_for_told() {
        let heard = heard(|line| {
            let link = serde_json::json!({"type": "modbus_tcp", "host": "x".repeat(1000)});
            let long = Will { link: serde_json::from_value(link).unwrap(), ..will("a") };
            assert!(line.tell(&vec![long; 5_000]).is_err());
            line.tell(&[will("b")]).unwrap();
        });
        assert_eq!(heard, [[will("b")]]);
    }

    #[test]
    fn nonsense_does_not_end_the_hearing() {
        let heard = heard(|line| {
            (&line.stream).write_all(b"nonsense\n\xff\xfe\n").unwrap();
            line.tell(&[will("a")]).unwrap();
        });
        assert_eq!(heard, [[will("a")]]);
    }

    #[test]
    fn the_daemon_learns_of_the_guards_death() {
        let (guards, daemons) = UnixStream::pair().unwrap();
        let line = Lifeline::over(daemons, TELL_WITHIN).unwrap();
        drop(guards);
        line.outlive();
        assert!(line.tell(&[will("a")]).is_err());
    }
}
