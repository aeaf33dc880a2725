//! The log: to standard error, one line per event; standard output is for answers.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

/// Written where `RUST_LOG` says nothing.
const USUAL_FILTER: &str = "info,actix_server=warn";

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For programs: one JSON object per line.
    Json,
    /// For people.
    Pretty,
}

/// Starts the log of this process. What is written is chosen by the variable `RUST_LOG`; a faulty one counts as absent.
///
/// # Errors
/// When a log was started before.
pub fn start(format: LogFormat) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt;

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL_FILTER));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A file or systemd's journal would keep the colours as rubbish.
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init(),
        LogFormat::Pretty => lines.with_target(false).finish().try_init(),
    }
}
