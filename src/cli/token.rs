//! `hearth token`: gives out, lists and revokes tokens of programs, whether the daemon runs or not. A daemon that runs sees the
//! change within a second.

use std::io::Write;

use anyhow::Context;
use clap::Subcommand;
use hearth_actors::model::time::WallMs;
use hearth_actors::runtime::clock::wall_now;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::access::audit::command_line::{note_alone, note_tokens};
use crate::access::book::{Book, Changed};
use crate::access::document::Token;
use crate::access::tokens::{self, Wanted};
use crate::config::Config;
use crate::config::users::RoleConfig;
use crate::storage::disk::Disk;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What to do with tokens.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TokenCommand {
    /// Give out a token; its secret is printed once and kept nowhere
    Create {
        /// How it is shown
        #[arg(long)]
        name: String,
        /// What it may do: controller, viewer, operator or admin
        #[arg(long, value_parser = role)]
        role: RoleConfig,
        /// A machine that it is limited to, by id; may be given more than once [default: all]
        #[arg(long = "machine", value_name = "ID")]
        machines: Vec<String>,
        /// After how many days it is worth nothing any more [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        expires_in: Option<u16>,
    },
    /// List all tokens, without their secrets
    List,
    /// Make a token worthless; what is connected with it is disconnected within a second
    Revoke {
        /// Its id, as it is listed
        id: String,
    },
}

impl TokenCommand {
    /// Does it, and tells what came of it.
    ///
    /// # Errors
    /// What is wrong with it, or that the data directory cannot be used.
    pub fn run(&self, config: &Config, answers: &mut impl Write) -> anyhow::Result<()> {
        let disk = Disk::default();
        disk.make_dir(&config.storage.path)?;
        let data = &config.storage.path;
        let book = Book::open(disk, data)?;
        let before = book.document();
        let now = wall_now();
        match self {
            Self::Create { name, role, machines, expires_in } => {
                let wanted = Wanted {
                    name: name.clone(),
                    role: *role,
                    machines: (!machines.is_empty()).then(|| machines.clone()),
                    expires_at: expires_in.map(|days| WallMs(now.0 + i64::from(days) * DAY_MS)),
                };
                let (secret, token) = tokens::create(&book, wanted, now).context("no token was given out")?;
                writeln!(answers, "{secret}")?;
                writeln!(answers, "{}", line(&token))?;
            }
            Self::List => {
                for token in &book.document().tokens {
                    writeln!(answers, "{}", line(token))?;
                }
            }
            Self::Revoke { id } => {
                let token = tokens::revoke(&book, id)?;
                writeln!(answers, "revoked {}", line(&token))?;
            }
        }
        if *self != Self::List {
            let changed = Changed { before, now: book.document() };
            note_alone(data, |audit| note_tokens(audit, &changed))?;
        }
        Ok(())
    }
}

/// `9f86d081884c  rig  controller of machine-a, given out 2026-01-01T00:00:00Z, never used`
fn line(token: &Token) -> String {
    let role = serde_json::to_value(token.role).ok().and_then(|role| role.as_str().map(str::to_owned));
    let of = token.machines.as_ref().map(|machines| format!(" of {}", machines.join(", "))).unwrap_or_default();
    let until = token.expires_at.map(|at| format!(", until {}", moment(at))).unwrap_or_default();
    let used = token.last_used.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", moment(at)));
    let (id, name, given) = (&token.id, &token.name, moment(token.created_at));
    format!("{id}  {name}  {}{of}, given out {given}{until}, {used}", role.unwrap_or_default())
}

fn moment(at: i64) -> String {
    let seconds = OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)).ok();
    seconds.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| format!("{at} ms"))
}

fn role(text: &str) -> Result<RoleConfig, String> {
    let known = "use controller, viewer, operator or admin";
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::audit::{self, Audit, Entry};

    fn run(config: &Config, command: &TokenCommand) -> anyhow::Result<String> {
        let mut answers = Vec::new();
        command.run(config, &mut answers)?;
        Ok(String::from_utf8(answers)?)
    }

    fn config() -> (Config, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.storage.path = folder.path().join("data");
        (config, folder)
    }

    fn create(machines: &[&str]) -> TokenCommand {
        TokenCommand::Create {
            name: "rig".into(),
            role: RoleConfig::Controller,
            machines: machines.iter().map(|id| (*id).to_owned()).collect(),
            expires_in: Some(30),
        }
    }

    #[test]
    fn a_token_is_given_out_listed_and_revoked_and_its_secret_is_told_once() {
        let (config, _folder) = config();
        let told = run(&config, &create(&["machine-a"])).unwrap();
        let (secret, shown) = told.split_once('\n').unwrap();
        assert!(secret.starts_with("hth_") && secret.len() == 68, "{secret}");
        let listed = run(&config, &TokenCommand::List).unwrap();
        assert_eq!(listed, shown);
        assert!(listed.contains("rig  controller of machine-a") && listed.contains("never used"), "{listed}");
        let kept = std::fs::read_to_string(config.storage.path.join("access.json")).unwrap();
        assert!(!kept.contains(secret));
        let id = listed.split("  ").next().unwrap().to_owned();
        run(&config, &TokenCommand::Revoke { id: id.clone() }).unwrap();
        let noted = Audit::open(Disk::default(), &config.storage.path).unwrap();
        let noted = noted.read(&audit::Wanted { limit: 10, ..audit::Wanted::default() }).unwrap();
        let noted: Vec<_> = noted.iter().map(|Entry { deed, .. }| (&deed.action, deed.old.is_some())).collect();
        let action = &"manage_tokens".to_owned();
        assert_eq!(noted, [(action, true), (action, false)], "newest first, where no daemon writes it down");
        assert_eq!(run(&config, &TokenCommand::List).unwrap(), "");
        assert!(run(&config, &TokenCommand::Revoke { id }).is_err());
    }

    #[test]
    fn a_controller_without_machines_and_a_machine_that_cannot_be_one_are_refused() {
        let (config, _folder) = config();
        for machines in [&[][..], &["Not An Id"]] {
            assert!(run(&config, &create(machines)).is_err(), "{machines:?}");
        }
    }

    #[test]
    fn a_role_is_one_of_four() {
        assert_eq!(role("viewer"), Ok(RoleConfig::Viewer));
        assert!(role("Viewer").is_err() && role("").is_err());
    }
}
