//! Reads the configuration: file, then variables, then flags; then what holds between its parts.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Config;
use super::error::{ConfigError, ConfigFault, Origin, key_of};
use super::faults::Faults;
use super::machine::MachineConfig;
use super::overrides::Override;
use super::parse::{is_within, parse_leniently};
use super::text::TextFile;
use super::together::clashes;
use super::tree::{self, Document};

/// Read where no file is named, if it is there. Relative to the working directory.
pub const DEFAULT_FILE: &str = "etc/hearth.toml";

/// Where the configuration comes from. Later fields win over earlier ones.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file of `--config`; [`DEFAULT_FILE`] where absent, and built-in defaults where that is absent too.
    pub file: Option<PathBuf>,
    /// All environment variables; those that begin with `HEARTH_` are read.
    pub environment: Vec<(String, String)>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--tls-cert`.
    pub tls_cert: Option<PathBuf>,
    /// `--tls-key`.
    pub tls_key: Option<PathBuf>,
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// Every fault there is, with where it came from.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let config = Loading::read(sources, &mut faults).map(|loading| loading.finish(&mut faults));
        match (ConfigError::of(faults), config) {
            (None, Some(config)) => Ok(config),
            (Some(error), _) => Err(error),
            (None, None) => Ok(Self::default()),
        }
    }
}

/// The merged tree, with what is needed to say where each part came from.
struct Loading {
    tree: Value,
    file: Option<TextFile>,
    overrides: Vec<Override>,
}

/// A machine with where it is written.
struct Placed<'a> {
    machine: MachineConfig,
    file: &'a TextFile,
    prefix: String,
}

impl Loading {
    fn read(sources: &Sources, faults: &mut Vec<ConfigFault>) -> Option<Self> {
        let file = match (&sources.file, Path::new(DEFAULT_FILE)) {
            (Some(named), _) => Some(TextFile::read(named)),
            (None, usual) if usual.exists() => Some(TextFile::read(usual)),
            (None, _) => None,
        };
        let file = file.transpose().map_err(|found| faults.extend(found));
        let overrides = Override::from_environment(&sources.environment).map_err(|found| faults.extend(found));
        // A file that cannot be read would drown its own fault in those of what is missing then.
        let (file, mut overrides) = (file.ok()?, overrides.unwrap_or_default());
        let listen = sources.listen.as_deref();
        overrides.extend(listen.map(|text| Override::flag("--listen", &["server", "listen"], text)));
        let paths: [(_, &[&str], _); 3] = [
            ("--data-dir", &["storage", "path"], &sources.data_dir),
            ("--tls-cert", &["server", "tls_cert"], &sources.tls_cert),
            ("--tls-key", &["server", "tls_key"], &sources.tls_key),
        ];
        for (flag, key, path) in paths {
            overrides.extend(path.as_ref().map(|path| Override::flag(flag, key, &path.to_string_lossy())));
        }
        match merge(file.as_ref(), &overrides) {
            Ok(tree) => Some(Self { tree, file, overrides }),
            Err(error) => {
                let path = file.map_or(PathBuf::from(DEFAULT_FILE), |file| file.path().to_owned());
                faults.push(ConfigFault::of_file(path, error.to_string()));
                None
            }
        }
    }

    fn finish(mut self, faults: &mut Vec<ConfigFault>) -> Config {
        let (document, found) = parse_leniently::<Document>(self.tree.take());
        let mut told = self.file.as_ref().map(TextFile::faults).unwrap_or_default();
        told.absorb("", found);
        let mut document = document.unwrap_or_default();
        let mut semantic = Faults::new();
        tree::check(&document, &mut semantic);
        told.absorb("", semantic);
        let files = self.machine_files(document.machines_dir.as_deref(), &mut told, faults);
        let mut placed = Vec::new();
        if let Some(file) = &self.file {
            for (i, machine) in std::mem::take(&mut document.machines).into_iter().enumerate() {
                let prefix = format!("/machines/{i}");
                let (machine, found) = MachineConfig::parse_leniently(machine);
                told.absorb(&prefix, found);
                placed.extend(machine.map(|machine| Placed { machine, file, prefix }));
            }
        }
        faults.extend(told.iter().map(|fault| self.locate(&fault.pointer, &fault.detail)));
        for file in &files {
            placed.extend(read_machine_file(file, faults));
        }
        check_together(&placed, faults);
        let machines = placed.into_iter().map(|placed| placed.machine).collect();
        let Document { server, storage, auth, limits, dialects, supervision, .. } = document;
        Config { server, storage, auth, limits, dialects, supervision, machines }
    }

    /// The files of `machines_dir`, by name. The directory is relative to the configuration file.
    fn machine_files(&self, dir: Option<&Path>, told: &mut Faults, faults: &mut Vec<ConfigFault>) -> Vec<TextFile> {
        let Some(dir) = dir else { return Vec::new() };
        let base = self.file.as_ref().and_then(|file| file.path().parent()).unwrap_or(Path::new(""));
        let dir = base.join(dir);
        let mut paths: Vec<PathBuf> = match std::fs::read_dir(&dir) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(error) => {
                let why =
                    format!("{} cannot be read: {error}. It is relative to the configuration file", dir.display());
                told.add("/machines_dir", why);
                return Vec::new();
            }
        };
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml" || e == "json") && !is_hidden(path));
        paths.sort();
        let read = paths.iter().filter_map(|path| TextFile::read(path).map_err(|found| faults.extend(found)).ok());
        read.collect()
    }

    fn locate(&self, pointer: &str, detail: &str) -> ConfigFault {
        // What a variable sets deep inside an unknown section has made that section.
        let is_in_file = self.file.as_ref().is_some_and(|file| file.has(pointer));
        let sets =
            |set: &&Override| is_within(pointer, &set.pointer()) || (!is_in_file && is_within(&set.pointer(), pointer));
        let set_by = self.overrides.iter().rev().find(sets);
        match (set_by, &self.file) {
            (Some(set), _) => {
                let origin = Origin::Named(set.name.clone());
                ConfigFault { origin, key: key_of(pointer), detail: detail.to_owned() }
            }
            (None, Some(file)) => file.locate(pointer, detail),
            (None, None) => ConfigFault {
                origin: Origin::Named("built-in defaults".to_owned()),
                key: key_of(pointer),
                detail: detail.to_owned(),
            },
        }
    }
}

fn merge(file: Option<&TextFile>, overrides: &[Override]) -> Result<Value, config::ConfigError> {
    let defaults = serde_json::to_value(Document::default()).unwrap_or_default();
    let mut builder = config::Config::builder();
    if let Some(file) = file {
        builder = builder.add_source(file.source());
    }
    for set in overrides {
        builder = builder.set_override(set.path.join("."), set.value(&defaults))?;
    }
    builder.build()?.try_deserialize()
}

fn read_machine_file<'a>(file: &'a TextFile, faults: &mut Vec<ConfigFault>) -> Option<Placed<'a>> {
    let tree = config::Config::builder().add_source(file.source()).build().and_then(|c| c.try_deserialize::<Value>());
    let (machine, found) = match tree {
        Ok(tree) => MachineConfig::parse_leniently(tree),
        Err(error) => {
            faults.push(ConfigFault::of_file(file.path().to_owned(), error.to_string()));
            return None;
        }
    };
    let mut told = file.faults();
    told.absorb("", found);
    faults.extend(told.iter().map(|fault| file.locate(&fault.pointer, &fault.detail)));
    machine.map(|machine| Placed { machine, file, prefix: String::new() })
}

/// Each machine against those before it.
fn check_together(placed: &[Placed<'_>], faults: &mut Vec<ConfigFault>) {
    for (i, Placed { machine, file, prefix }) in placed.iter().enumerate() {
        let clashing = clashes(machine, placed[..i].iter().map(|placed| &placed.machine));
        let clashing = clashing.iter().map(|fault| file.locate(&format!("{prefix}{}", fault.pointer), &fault.detail));
        faults.extend(clashing);
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

#[cfg(test)]
mod tests;
