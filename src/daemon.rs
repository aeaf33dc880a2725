//! The composition root: configuration -> storage, drivers, house, web server; and the way back down.

pub mod descriptors;
mod upkeep;

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use async_trait::async_trait;
use futures_util::future::join_all;
use hearth_actors::archive::{Archive, ArchiveError};
use hearth_actors::logic::addresses::{Clash, Request};
use hearth_actors::logic::profile::fill_rates;
use hearth_actors::model::ids::{EndpointId, MachineId};
use hearth_actors::model::profile::Profile;
use hearth_actors::registry::{Adopt, Definition, Policy};
use hearth_actors::runtime::bus::Bus;
use hearth_actors::runtime::clock::{new_session_id, wall_now};
use hearth_actors::system::{House, StartError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::access::Access;
use crate::access::audit::Audit;
use crate::access::audit::command_line::note_tokens;
use crate::access::book::BookError;
use crate::config::Config;
use crate::config::machine::MachineConfig;
use crate::config::modbus::{ModbusConfig, Register};
use crate::config::together::clashes;
use crate::config::tree::SupervisionConfig;
use crate::dialects::Name;
use crate::drivers::Workshop;
use crate::drivers::modbus::probe::{self, Probe};
use crate::http::door::{self, Door};
use crate::http::lines::{Lines, Most};
use crate::http::lobby::{Lobby, Notice};
use crate::http::perimeter::Perimeter;
use crate::http::rest::document::Arrival;
use crate::http::rest::exchange::{self, Format};
use crate::http::seen::Whole;
use crate::http::server;
use crate::http::state::{AppState, Seats};
use crate::http::tls::{Certificate, TlsError};
use crate::jobs::claims::Claims;
use crate::jobs::modbus_scan::{Registers, Unread};
use crate::jobs::{Hands, Jobs};
use crate::storage::clock::SystemClock;
use crate::storage::disk::Disk;
use crate::storage::store::Store;
use crate::storage::watch::StorageState;

/// How long sockets get to receive their close frame before connections are cut.
const FAREWELL: Duration = Duration::from_millis(300);

/// A running daemon.
pub struct Daemon {
    address: SocketAddr,
    own: Vec<(Name, SocketAddr)>,
    lines: Lines,
    state: AppState,
    servers: Vec<ServerHandle>,
    upkeep: [JoinHandle<()>; 3],
}

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {source}; is another program running there? choose another address with --listen, or in [dialects]"
    )]
    Listen {
        /// The address as configured.
        address: SocketAddr,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The storage cannot be used.
    #[error("the storage in `{path}` cannot be used: {source}")]
    Storage {
        /// The directory as configured.
        path: String,
        /// Why.
        source: ArchiveError,
    },
    /// Who may log in cannot be read.
    #[error(transparent)]
    Access(#[from] BookError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The inside does not start.
    #[error(transparent)]
    House(#[from] StartError),
}

impl Daemon {
    /// Starts everything: the listener first, so that a taken port is told at once, machines last.
    ///
    /// # Errors
    /// When something that the daemon cannot do without is not to be had.
    pub async fn start(config: Config) -> Result<Self, DaemonError> {
        Self::start_on(Disk::default(), config).await
    }

    /// The same, with everything that is written going through this door.
    ///
    /// # Errors
    /// As [`Daemon::start`].
    pub async fn start_on(disk: Disk, config: Config) -> Result<Self, DaemonError> {
        Self::start_telling(disk, config, |_| ()).await
    }

    /// The same; what the machines will be is told before the first of them does anything.
    ///
    /// # Errors
    /// As [`Daemon::start`].
    pub async fn start_telling(
        disk: Disk,
        config: Config,
        tell: impl FnOnce(&[Definition]),
    ) -> Result<Self, DaemonError> {
        let certificate = Certificate::of(&config.server)?;
        let listeners = listeners(&config)?;
        let address = listeners.first().map_or(config.server.listen, |(address, ..)| *address);
        let own = listeners.iter().skip(1).flat_map(|(at, _, door)| Some((*door.dialects.first()?, *at))).collect();
        let at_storage = |source| DaemonError::Storage { path: config.storage.path.display().to_string(), source };
        let store =
            Store::open(disk.clone(), &config.storage.path, Arc::new(SystemClock::new())).map_err(at_storage)?;
        let audit = Audit::open(disk.clone(), &config.storage.path).map_err(at_storage)?;
        let access = Access::open(&config, disk.clone())?;
        let (storage, told_of_storage) = (store.state(), store.state());
        let archive: Arc<dyn Archive> = Arc::new(store);
        let house = House::start(Arc::clone(&archive), policy(&config.supervision))?;
        let workshop = Workshop::default();
        let recovered = recover(&house, archive.as_ref()).map_err(at_storage)?;
        let machines = machines(archive.as_ref(), &config.machines).map_err(at_storage)?;
        let definitions = numbered(archive.as_ref(), definitions(&workshop, machines)).map_err(at_storage)?;
        tell(&definitions);
        adopt_all(&house, definitions, recovered).await;
        let perimeter = Arc::new(Perimeter::of(&config, &descriptors::hostname()));
        let lines = Lines::new(Most::of(&config.limits, descriptors::limit(), listeners.len() * server::workers()));
        let state = AppState {
            house: Whole::new(house.clone()),
            workshop: workshop.clone(),
            jobs: jobs(&config, Kept { disk, storage, archive }, house.clone(), &workshop),
            limits: Arc::new(config.limits),
            door: Door::shared(&config.dialects),
            perimeter,
            access: access.clone(),
            audit: audit.clone(),
            seats: Seats::default(),
            started: Instant::now(),
            lobby: Lobby::default(),
            panels: Default::default(),
        };
        let upkeep = [
            actix_rt::spawn(upkeep::tell_of_storage(house.clone(), told_of_storage)),
            actix_rt::spawn(upkeep::tell_of_jumps(house)),
            actix_rt::spawn(access.keep(move |changed| note_tokens(&audit, changed))),
        ];
        actix_rt::spawn(server::look_alive(state.lobby.clone()));
        actix_rt::spawn(state.house.clone().keep());
        actix_rt::spawn(lines.clone().keep());
        if let Some(certificate) = &certificate {
            actix_rt::spawn(certificate.clone().keep());
        }
        let mut servers = Vec::with_capacity(listeners.len());
        for (address, listener, door) in listeners {
            let state = AppState { door, ..state.clone() };
            let server = server::start(listener, state, &lines, certificate.as_ref())
                .map_err(|source| DaemonError::Listen { address, source })?;
            servers.push(server.handle());
            actix_rt::spawn(server);
        }
        Ok(Self { address, own, lines, state, servers, upkeep })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connections that its listeners have.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// What its request handlers share, for a server beside its own.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Where dialects listen that have a listener of their own.
    pub fn own_listeners(&self) -> &[(Name, SocketAddr)] {
        &self.own
    }

    /// Stops in order: nobody new, outputs to safety, everything to disk, sockets closed. `parted` as in [`House::stop`].
    pub async fn stop(self, parted: impl FnOnce(BTreeSet<MachineId>)) {
        join_all(self.servers.iter().map(ServerHandle::pause)).await;
        // Every socket tells its client why it goes.
        self.state.lobby.tell(Notice::Stopping);
        tokio::join!(self.state.house.unscoped().stop(parted), tokio::time::sleep(FAREWELL));
        join_all(self.servers.iter().map(|server| server.stop(true))).await;
        let (access, audit) = (self.state.access.clone(), self.state.audit.clone());
        let written = tokio::task::spawn_blocking(move || {
            access.write_uses(wall_now());
            audit.end();
        });
        // It tells by itself what it could not write.
        let _ = written.await;
        self.upkeep.iter().for_each(JoinHandle::abort);
    }
}

/// A look at a device, for a job.
struct Look(Probe);

#[async_trait(?Send)]
impl Registers for Look {
    async fn read(&mut self, table: Register, from: u16, count: u16) -> Result<Vec<u16>, Unread> {
        self.0.read(table, from, count).await.map_err(|why| match why {
            probe::Unread::Refused(words) => Unread::Refused(words),
            probe::Unread::Failed(words) => Unread::Failed(words),
        })
    }
}

/// Opens every listener: the shared one first, then those of dialects that have one.
fn listeners(config: &Config) -> Result<Vec<(SocketAddr, TcpListener, Door)>, DaemonError> {
    let shared = (config.server.listen, Door::shared(&config.dialects));
    let own = door::keyed(&config.dialects).into_iter();
    let own = own.filter_map(|(id, dialect)| Some((dialect.listen?, Door::of(id, dialect))));
    let open = |(address, door)| {
        let listener = server::bind(address).map_err(|source| DaemonError::Listen { address, source })?;
        let address = listener.local_addr().unwrap_or(address);
        Ok((address, listener, door))
    };
    std::iter::once(shared).chain(own).map(open).collect()
}

/// What is kept, and where.
struct Kept {
    disk: Disk,
    storage: watch::Receiver<StorageState>,
    archive: Arc<dyn Archive>,
}

fn jobs(config: &Config, Kept { disk, storage, archive }: Kept, house: House, workshop: &Workshop) -> Jobs {
    let workshop = workshop.clone();
    let registers = Arc::new(move |link: &ModbusConfig| {
        workshop.probe(link).map(|probe| Box::new(Look(probe)) as Box<dyn Registers>)
    });
    let import = |file: &[u8]| {
        let mut profile = exchange::import(file, None, Arrival { id: new_session_id(), now: wall_now() })?;
        fill_rates(&mut profile.series);
        Ok(profile)
    };
    let export = |profile: &Profile| exchange::export(profile, Format::Json);
    Jobs::new(Hands {
        disk,
        storage,
        data: config.storage.path.clone(),
        archive,
        export,
        import,
        house,
        registers,
        claims: Claims::default(),
    })
}

fn policy(supervision: &SupervisionConfig) -> Policy {
    Policy {
        max_restarts: supervision.max_restarts,
        within_ms: supervision.within_s.saturating_mul(1000),
        backoff_min_ms: supervision.backoff_min_ms,
        backoff_max_ms: supervision.backoff_max_ms,
    }
}

/// Takes up the sessions that the last end of the daemon cut. One that cannot be taken up is left for the next start.
fn recover(house: &House, archive: &dyn Archive) -> Result<Vec<(MachineId, Arc<Bus>)>, ArchiveError> {
    let first_seq = house.first_seq();
    let mut resumed = Vec::new();
    for interrupted in archive.interrupted()? {
        let machine = interrupted.log.header.machine.clone();
        let session = interrupted.log.header.session;
        match house.recover(interrupted, first_seq) {
            Ok(Some(bus)) => {
                tracing::info!(%machine, %session, "session goes on");
                resumed.push((machine, bus));
            }
            Ok(None) => tracing::info!(%machine, %session, "cut session kept as it was"),
            Err(error) => tracing::error!(%machine, %session, %error, "cut session could not be taken up"),
        }
    }
    Ok(resumed)
}

/// All machines: the stored ones win over those of the configuration, which are created at the first start.
fn machines(archive: &dyn Archive, configured: &[MachineConfig]) -> Result<Vec<MachineConfig>, ArchiveError> {
    let mut all = Vec::new();
    for (id, document) in archive.machines()? {
        let parsed = serde_json::from_str(&document).map_err(|error| error.to_string());
        match parsed.and_then(|value| MachineConfig::parse(value).map_err(|faults| faults.to_string())) {
            Ok(config) => all.push(config),
            Err(faults) => tracing::error!(machine = %id, faults, "stored machine cannot be read, it is left out"),
        }
    }
    for config in configured {
        if all.iter().any(|known| known.id == config.id) {
            continue;
        }
        let faults = clashes(config, &all);
        if !faults.is_empty() {
            tracing::error!(machine = config.id, %faults, "machine does not go with those that are stored, it is left out");
            continue;
        }
        if let (Ok(id), Ok(document)) = (MachineId::parse(&config.id), serde_json::to_string(config)) {
            archive.put_machine(&id, &document)?;
        }
        all.push(config.clone());
    }
    Ok(all)
}

fn definitions(workshop: &Workshop, machines: Vec<MachineConfig>) -> Vec<Definition> {
    let define = |config: MachineConfig| match workshop.definition(&config) {
        Ok(definition) => Some(definition),
        Err(faults) => {
            tracing::error!(machine = config.id, %faults, "machine cannot be run, it is left out");
            None
        }
    };
    machines.into_iter().filter_map(define).collect()
}

/// Gives every channel its number, all machines at once: what one has in writing no other one gets.
fn numbered(archive: &dyn Archive, definitions: Vec<Definition>) -> Result<Vec<Definition>, ArchiveError> {
    let requests: Vec<Request> = definitions.iter().map(|definition| Request::of(&definition.spec)).collect();
    let answers = archive.assign(&requests)?;
    let number = |(definition, answer): (Definition, Result<Vec<EndpointId>, Vec<Clash>>)| match answer {
        Ok(numbers) => Some(definition.numbered(&numbers)),
        Err(clashes) => {
            for clash in clashes {
                tracing::error!(machine = %definition.spec.id, %clash, "machine cannot be run, it is left out");
            }
            None
        }
    };
    Ok(definitions.into_iter().zip(answers).filter_map(number).collect())
}

async fn adopt_all(house: &House, definitions: Vec<Definition>, mut resumed: Vec<(MachineId, Arc<Bus>)>) {
    for definition in definitions {
        let id = definition.spec.id.clone();
        let bus = resumed.iter().position(|(machine, _)| *machine == id).map(|at| resumed.swap_remove(at).1);
        adopt(house, definition, bus).await;
    }
    for (machine, bus) in resumed {
        tracing::warn!(%machine, "a session was cut, but its machine is gone: kept as a draft");
        if let Some(journal) = bus.detach_journal()
            && let Err(error) = journal.seal().await
        {
            tracing::error!(%machine, %error, "the draft could not be sealed");
        }
    }
}

async fn adopt(house: &House, definition: Definition, resumed: Option<Arc<Bus>>) {
    let id = definition.spec.id.clone();
    match house.registry().send(Adopt { definition, resumed }).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(machine = %id, %error, "machine not started"),
        Err(error) => tracing::error!(machine = %id, %error, "the registry does not answer"),
    }
}
