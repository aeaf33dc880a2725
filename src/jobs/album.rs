//! Where the pictures of a scan are kept: `scans/<task>/` in the data directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hearth_actors::archive::ArchiveError;
use hearth_actors::driver::Picture;
use hearth_actors::model::task::TaskId;

use crate::storage::disk::Disk;
use crate::storage::layout::SCANS;
use crate::storage::store::RECORDING_MIB_MIN;

/// Largest picture that is kept. Unit: bytes.
const PICTURE_BYTES_MAX: usize = 32 << 20;
const MIB: u64 = 1 << 20;

/// The folder of a scan. A picture on its way to a slow disk outlives the job that took it, so keeping and clearing away take turns,
/// and nothing is kept behind the clearing away. Clones are the same folder.
#[derive(Clone)]
pub(super) struct Album {
    disk: Disk,
    folder: PathBuf,
    lid: Arc<Mutex<Lid>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lid {
    Open,
    Shut,
}

impl Album {
    pub(super) fn new(disk: Disk, folder: PathBuf) -> Self {
        Self { disk, folder, lid: Arc::new(Mutex::new(Lid::Open)) }
    }

    /// Keeps a picture; recordings go on meanwhile, so the room they need is left.
    pub(super) fn keep(&self, name: &str, picture: &Picture) -> Result<(), String> {
        let lid = self.turn();
        if *lid == Lid::Shut {
            return Err("the scan has ended".to_owned());
        }
        let bytes = picture.bytes.len();
        if bytes > PICTURE_BYTES_MAX {
            return Err(format!("a picture takes {bytes} bytes: at most {PICTURE_BYTES_MAX} are kept"));
        }
        let told = |error: ArchiveError| error.to_string();
        self.disk.make_dir(&self.folder).map_err(told)?;
        let (free, needed) =
            (self.disk.free_bytes(&self.folder).map_err(told)?, bytes as u64 + RECORDING_MIB_MIN * MIB);
        if free < needed {
            return Err(format!("only {} MiB are free: make room, then resume", free / MIB));
        }
        self.disk.write_file(&self.folder.join(name), &picture.bytes).map_err(told)
    }

    /// Clears it away for good.
    pub(super) fn discard(&self) {
        let mut lid = self.turn();
        *lid = Lid::Shut;
        discard(&self.disk, &self.folder);
    }

    fn turn(&self) -> MutexGuard<'_, Lid> {
        self.lid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the folder of a scan, if there is one.
pub(super) fn discard(disk: &Disk, folder: &Path) {
    match disk.remove_dir_all(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "the pictures of a scan that did not end stay")
        }
    }
}

/// A picture of a scan as it was kept, with its media type; `None` where there is none. Pictures count from 1.
///
/// The name is made of an id and a number, so it leads nowhere else.
pub fn picture(data: &Path, task: TaskId, number: u16) -> Option<(Vec<u8>, &'static str)> {
    let folder = data.join(SCANS).join(task.to_string());
    let kinds = [("png", "image/png"), ("jpg", "image/jpeg"), ("bin", "application/octet-stream")];
    let read = |(ending, media)| Some((fs::read(folder.join(format!("{number:04}.{ending}"))).ok()?, media));
    kinds.into_iter().find_map(read)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;
    use crate::storage::disk::{Act, Guard};

    /// A disk that takes its time over making a folder.
    #[derive(Debug)]
    struct Slow {
        reached: SyncSender<()>,
        goes_on: Mutex<Receiver<()>>,
    }

    impl Guard for Slow {
        fn pass(&self, act: Act, _: &Path) -> io::Result<()> {
            if act == Act::MakeDir {
                self.reached.send(()).unwrap();
                self.goes_on.lock().unwrap().recv().unwrap();
            }
            Ok(())
        }

        fn room(&self, _: &Path, bytes: usize) -> usize {
            bytes
        }

        fn free_bytes(&self) -> Option<u64> {
            None
        }
    }

    #[test]
    fn no_picture_is_kept_behind_the_clearing_away() {
        let dir = tempfile::tempdir().unwrap();
        let ((reached, reaches), (go_on, goes_on)) = (sync_channel(1), sync_channel(1));
        let disk = Disk::guarded(Arc::new(Slow { reached, goes_on: Mutex::new(goes_on) }));
        let album = Album::new(disk, dir.path().join("scan"));
        let picture = Picture { mime: "image/png", bytes: b"black".to_vec() };
        std::thread::scope(|threads| {
            let keeping = threads.spawn(|| album.keep("0001.png", &picture));
            reaches.recv().unwrap();
            let discarding = threads.spawn(|| album.discard());
            go_on.send(()).unwrap();
            assert_eq!(keeping.join().unwrap(), Ok(()));
            discarding.join().unwrap();
        });
        assert!(!album.folder.exists());
        assert_eq!(album.keep("0002.png", &picture), Err("the scan has ended".to_owned()));
        assert!(!album.folder.exists());
    }
}
