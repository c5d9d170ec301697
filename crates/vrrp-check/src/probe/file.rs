//! The file probe: present or absent. The kernel tells of changes (inotify); nothing is polled for them.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use tokio::net::unix::pipe;
use tracing::warn;

use crate::error::ProbeError;
use crate::spec::FileSpec;

pub(crate) struct FileProber {
    path: PathBuf,
    wanted: bool,
    watcher: Option<Watcher>,
    failed: bool,
    seen: Option<bool>,
}

/// An inotify instance. Its events are only a wake-up: what is true is asked of the file system.
struct Watcher {
    inotify: Inotify,
    events: pipe::Receiver,
    watched: Option<WatchDescriptor>,
}

impl FileProber {
    pub(crate) fn new(spec: &FileSpec) -> Self {
        Self {
            path: spec.path.clone(),
            wanted: spec.present,
            watcher: None,
            failed: false,
            seen: None,
        }
    }

    pub(crate) fn probe(&mut self) -> Result<(), ProbeError> {
        self.watch();
        let present = exists(&self.path).map_err(|error| ProbeError::Io {
            doing: format!("looking for {}", self.path.display()),
            reason: error.to_string(),
        })?;
        self.seen = Some(present);
        match (self.wanted, present) {
            (true, false) => Err(ProbeError::FileMissing {
                path: self.path.clone(),
            }),
            (false, true) => Err(ProbeError::FilePresent {
                path: self.path.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Watches before it looks, so that no change falls between the two.
    fn watch(&mut self) {
        if self.watcher.is_none() && !self.failed {
            match Watcher::new() {
                Ok(watcher) => self.watcher = Some(watcher),
                Err(error) => {
                    self.failed = true;
                    warn!(
                        "cannot watch {} (inotify: {error}); it is looked at each interval",
                        self.path.display()
                    );
                }
            }
        }
        if let Some(watcher) = &mut self.watcher {
            watcher.follow(&self.path);
        }
    }

    pub(crate) async fn changed(&mut self) {
        while let Some(watcher) = &mut self.watcher {
            if watcher.wake().await.is_err() {
                self.watcher = None;
                break;
            }
            watcher.follow(&self.path);
            if exists(&self.path).ok() != self.seen {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}

impl Watcher {
    fn new() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        // The descriptor is read like a pipe; the type only lends its readiness and its read.
        let events =
            pipe::Receiver::from_owned_fd_unchecked(inotify.as_fd().try_clone_to_owned()?)?;
        Ok(Self {
            inotify,
            events,
            watched: None,
        })
    }

    /// Watches the directory in which the next part of the path would appear or disappear.
    fn follow(&mut self, path: &Path) {
        let flags = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_ATTRIB
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        let nearest = || {
            path.ancestors()
                .skip(1)
                .find_map(|ancestor| self.inotify.add_watch(ancestor, flags).ok())
        };
        let mut now = nearest();
        // A directory made while its parent's watch was being added would go unnoticed: look twice.
        loop {
            let again = nearest();
            if again == now {
                break;
            }
            if let Some(above) = now {
                let _ = self.inotify.rm_watch(above);
            }
            now = again;
        }
        if let Some(before) = self.watched
            && now != Some(before)
        {
            // Fails where the kernel has removed the watch with its directory, which is as well.
            let _ = self.inotify.rm_watch(before);
        }
        self.watched = now;
    }

    /// Waits for an event and swallows all that are queued.
    async fn wake(&self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let mut woken = false;
        loop {
            match self.events.try_read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => woken = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && woken => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.events.readable().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
