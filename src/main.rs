//! The `hearth` binary: arguments, log, configuration, start, wait for a signal, stop with a deadline.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write, stderr, stdout};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hearth::access::audit::command_line::{note_alone, note_restore};
use hearth::access::password;
use hearth::cli::{self, Command, Guard, Invocation};
use hearth::config::Config;
use hearth::config::tree::AuthMode;
use hearth::daemon::{Daemon, descriptors};
use hearth::guard::lifeline::Lifeline;
use hearth::guard::{self, parent};
use hearth::http::door;
use hearth::http::tls::Certificate;
use hearth::storage::disk::Disk;
use hearth::storage::{backup, restore};
use hearth_actors::model::ids::MachineId;
use hearth_actors::registry::Definition;
use hearth_actors::system::House;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Telling many clients allocates and frees a few small things for each frame, on several threads; this one does it cheapest.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A stop that takes longer is cut short. Source: wire contract, command line.
const STOP_DEADLINE: Duration = Duration::from_millis(4500);
/// The same when the guard is dead: nobody would take the heat away if this process died, too. Source: safety design, 2: 1 s.
const ORPHANED_DEADLINE: Duration = Duration::from_millis(900);

fn main() -> ExitCode {
    let invocation = cli::parse();
    match &invocation.command {
        Command::Check => {
            invocation.check(|config| Certificate::of(&config.server).map(drop), &mut stdout(), &mut stderr())
        }
        Command::Healthcheck => invocation.healthcheck(&mut stderr()),
        Command::HashPassword => hash_password(),
        Command::Token { command } => with_config(&invocation, |config| command.run(&config, &mut stdout())),
        Command::Serve if invocation.guard == Guard::Myself => stand_guard(&invocation),
        Command::Serve => with_config(&invocation, |config| serve(config, invocation.guard)),
        Command::Backup { file } => with_config(&invocation, |config| back_up(&config, file)),
        Command::Restore { file } => with_config(&invocation, |config| bring_back(&config, file)),
    }
}

fn start_log(invocation: &Invocation) {
    if let Err(error) = cli::log::start(invocation.log_format) {
        let _ = writeln!(stderr(), "hearth: no log: {error}");
    }
    // One line per panic, in the log: supervision deals with it.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
}

/// Reads no configuration: what is wrong with it the daemon says.
fn stand_guard(invocation: &Invocation) -> ExitCode {
    start_log(invocation);
    parent::run().unwrap_or_else(|error| {
        let _ = writeln!(stderr(), "hearth: the guard cannot start the daemon: {error}; see --unguarded");
        ExitCode::FAILURE
    })
}

fn with_config(invocation: &Invocation, run: impl FnOnce(Config) -> anyhow::Result<()>) -> ExitCode {
    start_log(invocation);
    let config = match invocation.load(&mut stderr()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done where not even a complaint can be written.
            let _ = writeln!(stderr(), "hearth: {}", in_full(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, none said twice: many name theirs already.
fn in_full(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        known if known.contains(&cause) => told,
        known => format!("{known}: {cause}"),
    })
}

fn serve(config: Config, guard: Guard) -> anyhow::Result<()> {
    let lifeline = match guard {
        Guard::Parent => Some(Arc::new(Lifeline::take_up()?)),
        Guard::Myself | Guard::Nobody => None,
    };
    descriptors::raise_limit();
    actix_rt::System::new().block_on(async {
        let orphaned = lifeline.as_ref().map(notice_the_guards_death).transpose()?;
        // The guard knows what to write before any machine can have heat on.
        let tell = |definitions: &[Definition]| match &lifeline {
            Some(lifeline) => lifeline.tell(&guard::wills(definitions)),
            None => Ok(()),
        };
        let mut told = Ok(());
        let place = Place::of(&config);
        let daemon = Daemon::start_telling(Disk::default(), config, |definitions| told = tell(definitions)).await?;
        told.context("telling the guard what to write if this process dies")?;
        let bequeath = lifeline.clone();
        if let Some(lifeline) = lifeline {
            actix_rt::spawn(guard::keep_informed(daemon.state().house.unscoped().clone(), lifeline));
        }
        let scheme = place.scheme;
        writeln!(stdout(), "listening on {scheme}://{}", daemon.address())?;
        for (dialect, address) in daemon.own_listeners() {
            writeln!(stdout(), "{} on {scheme}://{address}", door::key(*dialect))?;
        }
        if let Some(token) = daemon.state().access.offer_set_up() {
            let link = format!("{}/#/setup?token={token}", place.url(daemon.address()));
            tracing::warn!("there is no admin yet: the link to become one is on standard error, for 15 minutes");
            writeln!(stderr(), "hearth: there is no admin yet. Within 15 minutes, become the admin at {link}")?;
        }
        let (deadline, code) = match called_away(orphaned).await? {
            Call::Signal => (STOP_DEADLINE, 0),
            Call::GuardIsDead => (ORPHANED_DEADLINE, 1),
        };
        tracing::info!("stopping");
        let house = daemon.state().house.unscoped().clone();
        let mut parted = None;
        if tokio::time::timeout(deadline, daemon.stop(|unconfirmed| parted = Some(unconfirmed))).await.is_err() {
            tracing::warn!("the stop took too long and was cut short");
        }
        // Cut short before that was known, none has confirmed.
        let all = || house.machines().iter().map(|machine| machine.id().clone()).collect();
        let unsafe_machines = parted.unwrap_or_else(all);
        let is_safe = unsafe_machines.is_empty();
        if !is_safe {
            hand_over(&house, &unsafe_machines, bequeath.as_deref());
        }
        // A driver that blocks its thread must not keep the process.
        std::process::exit(if is_safe { code } else { code.max(i32::from(cli::EXIT_UNSAFE)) })
    })
}

/// Where people find the daemon.
struct Place {
    public: Option<String>,
    scheme: &'static str,
}

impl Place {
    fn of(config: &Config) -> Self {
        if config.auth.mode == AuthMode::Open {
            tracing::warn!("auth.mode is open: everybody who reaches this daemon may do everything");
        }
        let scheme = if config.server.tls_cert.is_some() { "https" } else { "http" };
        Self { public: config.server.public_urls.first().map(ToString::to_string), scheme }
    }

    /// A URL that a browser on this computer opens, where none is configured.
    fn url(&self, address: SocketAddr) -> String {
        let here = match address {
            any if any.ip().is_unspecified() => format!("localhost:{}", any.port()),
            one => one.to_string(),
        };
        self.public.clone().unwrap_or_else(|| format!("{}://{here}", self.scheme))
    }
}

/// Says which machines may be unsafe; the guard, where there is one, writes to these once this process is gone.
fn hand_over(house: &House, machines: &BTreeSet<MachineId>, guard: Option<&Lifeline>) {
    let names = machines.iter().map(MachineId::as_str).collect::<Vec<_>>().join(", ");
    tracing::error!(
        machines = names,
        "these machines did not confirm their safe values: look at them, use their own switches"
    );
    // Where it is not heard, the guard writes to all machines.
    if let Some(Err(error)) =
        guard.map(|guard| guard.tell(&guard::wills_of(house, |machine| machines.contains(machine))))
    {
        tracing::error!(%error, "the guard does not hear which machines these are");
    }
}

/// Why the daemon stops.
enum Call {
    Signal,
    GuardIsDead,
}

async fn called_away(orphaned: Option<oneshot::Receiver<()>>) -> anyhow::Result<Call> {
    let listen = |kind| signal(kind);
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    // A terminal that is closed tells its whole group, the guard and this process alike.
    let (mut hangup, mut quit) = (listen(SignalKind::hangup())?, listen(SignalKind::quit())?);
    let orphaned = async {
        match orphaned {
            Some(orphaned) => drop(orphaned.await),
            None => std::future::pending().await,
        }
    };
    Ok(tokio::select! {
        _ = terminate.recv() => Call::Signal,
        _ = interrupt.recv() => Call::Signal,
        _ = hangup.recv() => Call::Signal,
        _ = quit.recv() => Call::Signal,
        () = orphaned => Call::GuardIsDead,
    })
}

/// Rings when the guard is dead, and ends this process even if nothing in it moves any more.
fn notice_the_guards_death(lifeline: &Arc<Lifeline>) -> anyhow::Result<oneshot::Receiver<()>> {
    let (ring, rings) = oneshot::channel();
    let lifeline = Arc::clone(lifeline);
    std::thread::Builder::new().name("lifeline".into()).spawn(move || {
        lifeline.outlive();
        tracing::error!("the guard is dead: outputs to safety, then this process ends as well");
        let _ = ring.send(());
        std::thread::sleep(ORPHANED_DEADLINE + ORPHANED_DEADLINE / 10);
        std::process::exit(1)
    })?;
    Ok(rings)
}

fn hash_password() -> ExitCode {
    let mut line = String::new();
    let hashed = std::io::stdin().read_line(&mut line).map_err(|error| error.to_string()).and_then(|_| {
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err("give the password on standard input, one line".to_owned());
        }
        password::hash(password).map_err(|error| error.to_string())
    });
    let told = match &hashed {
        Ok(hash) => writeln!(stdout(), "{hash}"),
        Err(error) => writeln!(stderr(), "hearth: {error}"),
    };
    match (hashed, told) {
        (Ok(_), Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn back_up(config: &Config, file: &Path) -> anyhow::Result<()> {
    let data = &config.storage.path;
    anyhow::ensure!(data.is_dir(), "there is no data directory {}: name it with --data-dir", data.display());
    // A backup that fails must not cost the one before it.
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let cannot_write = || format!("cannot write {}", file.display());
    let written = File::create(&part).with_context(cannot_write).and_then(|out| {
        let report = backup::backup(data, BufWriter::new(&out))?;
        out.sync_all().and_then(|()| std::fs::rename(&part, file)).with_context(cannot_write)?;
        Ok(report)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    writeln!(stdout(), "{}", written?)?;
    Ok(())
}

fn bring_back(config: &Config, file: &Path) -> anyhow::Result<()> {
    let report = restore::restore(
        &Disk::default(),
        BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?),
        &config.storage.path,
    )?;
    writeln!(stdout(), "{report}")?;
    note_alone(&config.storage.path, |audit| note_restore(audit, file))?;
    Ok(())
}
