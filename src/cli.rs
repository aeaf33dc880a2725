//! The command line: `hearth` and `hearth serve` run the daemon, the other commands do one thing and end.
//!
//! Exit codes: 0 all is well, 2 wrong usage or configuration, 3 stopped while outputs may not be safe, 1 anything else.

pub mod healthcheck;
pub mod log;
pub mod token;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::config::load::Sources;
use log::LogFormat;
use token::TokenCommand;

/// Exit code of wrong usage or configuration; also what the argument parser ends with.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of an orderly stop after which a machine's outputs may not be safe: it did not confirm them.
pub const EXIT_UNSAFE: u8 = 3;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// What to do.
    pub command: Command,
    /// Where the configuration comes from.
    pub sources: Sources,
    /// How to write the log.
    pub log_format: LogFormat,
    /// Who takes the heat away if the daemon dies.
    pub guard: Guard,
}

/// Who takes the heat away if the daemon dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// This process: it starts another one that is the daemon.
    Myself,
    /// The process that started this one, which is the daemon.
    Parent,
    /// Nobody.
    Nobody,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Run the daemon (the default)
    Serve,
    /// Check the configuration and tell every fault
    Check,
    /// Write what was recorded and how the machines are set up into one file; who may log in and who did what are not in it
    Backup {
        /// File to write
        file: PathBuf,
    },
    /// Replace what was recorded and how the machines are set up by what a backup holds
    Restore {
        /// File to read
        file: PathBuf,
    },
    /// Give out, list and revoke tokens for programs
    Token {
        /// What to do
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Read a password from standard input and print what the configuration keeps of it
    HashPassword,
    /// Ask the running daemon whether it is alive; ends with 0 or 1
    Healthcheck,
}

/// Runs a shop's machines.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// Configuration file [default: etc/hearth.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on, such as 127.0.0.1:8080; port 0 picks a free one
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Directory for journals, profiles and machines
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Certificate, with those it hangs on, as PEM: every listener is encrypted then
    #[arg(long, global = true, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// How to write the log; what is written is chosen by the variable RUST_LOG
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Pretty)]
    log_format: LogFormat,
    /// Run without the guard, the parent process that writes the safe values if the daemon dies: for debuggers and tests
    #[arg(long, global = true)]
    unguarded: bool,
    /// Standard input leads to the guard that started this process
    #[arg(long, global = true, hide = true, conflicts_with = "unguarded")]
    guarded: bool,
}

/// Reads the arguments and the environment of this process. Help ends the process with 0, wrong usage with 2.
pub fn parse() -> Invocation {
    parse_from(std::env::args_os(), environment()).unwrap_or_else(|error| error.exit())
}

/// Reads arguments, the program's name first, and environment variables.
///
/// # Errors
/// Wrong usage, or that help or version was asked for.
pub fn parse_from<I, T>(arguments: I, environment: Vec<(String, String)>) -> Result<Invocation, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let Arguments { command, options } = Arguments::try_parse_from(arguments)?;
    let Options { config: file, listen, data_dir, tls_cert, tls_key, .. } = options;
    let sources = Sources { file, environment, listen, data_dir, tls_cert, tls_key };
    let guard = match (options.guarded, options.unguarded) {
        (true, _) => Guard::Parent,
        (false, true) => Guard::Nobody,
        (false, false) => Guard::Myself,
    };
    Ok(Invocation { command: command.unwrap_or(Command::Serve), sources, log_format: options.log_format, guard })
}

impl Invocation {
    /// Loads the configuration. Faults go to `complaints`, one per line.
    ///
    /// # Errors
    /// The exit code to end with.
    pub fn load(&self, complaints: &mut impl Write) -> Result<Config, ExitCode> {
        Config::load(&self.sources).map_err(|error| {
            // Nothing is left to be done where not even a complaint can be written.
            let _ = writeln!(complaints, "{error}");
            ExitCode::from(EXIT_USAGE)
        })
    }

    /// `hearth check`: tells every fault, or how many machines there are. A configuration without faults is looked at further.
    pub fn check<E: Display>(
        &self,
        look_further: impl FnOnce(&Config) -> Result<(), E>,
        answers: &mut impl Write,
        complaints: &mut impl Write,
    ) -> ExitCode {
        let config = match self.load(complaints) {
            Ok(config) => config,
            Err(code) => return code,
        };
        if let Err(error) = look_further(&config) {
            let _ = writeln!(complaints, "{error}");
            return ExitCode::from(EXIT_USAGE);
        }
        let machines = match config.machines.len() {
            1 => "1 machine".to_owned(),
            n => format!("{n} machines"),
        };
        match writeln!(answers, "configuration ok: {machines}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        }
    }

    /// `hearth healthcheck`: 0 if the daemon that this configuration describes answers that it is alive, else 1.
    pub fn healthcheck(&self, complaints: &mut impl Write) -> ExitCode {
        let Ok(config) = self.load(complaints) else { return ExitCode::FAILURE };
        match healthcheck::ask(config.server.listen, config.server.tls_cert.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = writeln!(complaints, "{error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// The variables of this process; one that is no text is none of ours.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tls::Certificate;

    fn parsed(arguments: &[&str]) -> Invocation {
        parse_from(arguments, Vec::new()).expect("sound")
    }

    #[test]
    fn without_a_command_it_serves() {
        assert_eq!(parsed(&["hearth"]).command, Command::Serve);
        assert_eq!(parsed(&["hearth", "serve"]).command, Command::Serve);
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for arguments in [
            ["hearth", "--config", "a.toml", "--listen", "[::1]:1", "backup", "out"],
            ["hearth", "backup", "--config", "a.toml", "out", "--listen", "[::1]:1"],
        ] {
            let invocation = parsed(&arguments);
            assert_eq!(invocation.command, Command::Backup { file: "out".into() });
            assert_eq!(invocation.sources.file, Some("a.toml".into()));
            assert_eq!(invocation.sources.listen.as_deref(), Some("[::1]:1"));
        }
        assert_eq!(parsed(&["hearth", "--log-format", "json"]).log_format, LogFormat::Json);
    }

    #[test]
    fn wrong_usage_ends_with_two_and_help_with_none() {
        for wrong in
            [&["hearth", "fly"][..], &["hearth", "backup"], &["hearth", "--log-format", "xml"], &["hearth", "-x"]]
        {
            let error = parse_from(wrong, Vec::new()).expect_err("wrong");
            assert_eq!(error.exit_code(), i32::from(EXIT_USAGE), "{wrong:?}");
        }
        for help in ["--help", "--version"] {
            assert_eq!(parse_from(["hearth", help], Vec::new()).expect_err("no invocation").exit_code(), 0);
        }
    }

    #[test]
    fn the_daemon_is_guarded_unless_it_is_said_otherwise() {
        let guard = |arguments: &[&str]| parsed(arguments).guard;
        assert_eq!(guard(&["hearth"]), Guard::Myself);
        assert_eq!(guard(&["hearth", "--unguarded"]), Guard::Nobody);
        assert_eq!(guard(&["hearth", "serve", "--listen", "127.0.0.1:0", "--guarded"]), Guard::Parent);
        let both = parse_from(["hearth", "serve", "--unguarded", "--guarded"], Vec::new());
        assert_eq!(both.expect_err("not both").exit_code(), i32::from(EXIT_USAGE));
    }

    #[test]
    fn check_counts_machines_or_tells_every_fault() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("h.toml");
        let check = |text: &str| {
            std::fs::write(&file, text).expect("a file");
            let path = file.display().to_string();
            let (mut answers, mut complaints) = (Vec::new(), Vec::new());
            let code = parsed(&["hearth", "check", "--config", &path]).check(
                |config| Certificate::of(&config.server).map(drop),
                &mut answers,
                &mut complaints,
            );
            let texts =
                [answers, complaints].map(|text| String::from_utf8(text).expect("text").replace(&path, "h.toml"));
            (format!("{code:?}"), texts)
        };
        let machine = "[[machines]]\nid = 'a'\ndriver = { type = 'simulator' }\n";
        let (code, [answer, complaint]) = check(machine);
        assert_eq!((answer.as_str(), complaint.as_str()), ("configuration ok: 1 machine\n", ""));
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));

        let (code, [answer, complaint]) = check("[server]\ntls_cert = 'nowhere.pem'\ntls_key = 'nowhere.key'\n");
        assert_eq!(answer, "");
        assert!(complaint.starts_with("server.tls_cert: "), "{complaint}");
        assert_eq!(code, format!("{:?}", ExitCode::from(EXIT_USAGE)));

        let (code, [answer, complaint]) = check("a = 1\nb = 2\n[server]\nlisten = 3\n");
        assert_eq!(answer, "");
        let starts: Vec<&str> = complaint.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(starts, ["h.toml:1", "h.toml:2", "h.toml:4"]);
        assert_eq!(code, format!("{:?}", ExitCode::from(EXIT_USAGE)));
    }
}
