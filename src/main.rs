//! The `hearth` binary: arguments, tracing, configuration, start, wait for the signal, stop with a deadline.

use std::process::ExitCode;

fn main() -> ExitCode {
    hearth::cli::run()
}
