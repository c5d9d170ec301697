//! The socket itself: one daemon per path, the right mode from the first moment, no stale file
//! in the way, no file of somebody else removed.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Group};

use super::GROUP;

/// Why the control socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another daemon owns this path.
    #[error(
        "another vrrpd{} runs with the control socket {}; stop it first, or give this one another path with `control: {{socket: PATH}}`",
        .pid.map_or_else(String::new, |pid| format!(" (pid {pid})")), .path.display()
    )]
    SecondDaemon {
        /// The control socket.
        path: PathBuf,
        /// The other daemon, where it said who it is.
        pid: Option<u32>,
    },
    /// Something else listens at this path.
    #[error(
        "another program listens on {}; stop it, or choose another path with `control: {{socket: PATH}}`",
        .0.display()
    )]
    Taken(PathBuf),
    /// Something that is no socket is at this path.
    #[error(
        "{} exists and is no socket; it was left alone: move it away, or choose another path with `control: {{socket: PATH}}`",
        .0.display()
    )]
    NotASocket(PathBuf),
    /// The path has no directory or no file name.
    #[error("the control socket {} has no file name; give the full path of a file", .0.display())]
    NoFileName(PathBuf),
    /// The kernel refused a step.
    #[error("could not {action} {} for the control socket: {cause}{hint}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the kernel said.
        cause: io::Error,
        /// What to do about it.
        hint: &'static str,
    },
}

impl SocketError {
    fn io(action: &'static str, path: &Path, cause: io::Error) -> Self {
        let hint = match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                "; the directory must belong to the user vrrpd runs as (the systemd unit's \
                 RuntimeDirectory= and vrrpd.tmpfiles see to it)"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "; choose a path on a file system that can be written, such as /run"
            }
            _ => "",
        };
        Self::Io {
            action,
            path: path.to_owned(),
            cause,
            hint,
        }
    }
}

/// An open control socket. Dropping it removes the socket file; the lock file beside it stays,
/// since removing a lock file while another process opens it would let two daemons hold it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the socket file, so that only our own is removed.
    identity: Option<(u64, u64)>,
    _lock: File,
}

impl ControlSocket {
    /// Opens the socket at `path`, readable and writable for its owner and, where that group
    /// exists and may be given, for the group `vrrpd`. Makes the directory if it is missing.
    ///
    /// Sets the process's umask for a moment: to be called before other threads make files.
    ///
    /// # Errors
    /// Where another daemon or program has the path, or the kernel refuses a step.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(SocketError::NoFileName(path.to_owned()));
        };
        if !directory.as_os_str().is_empty() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(directory)
                .map_err(|cause| SocketError::io("make the directory", directory, cause))?;
        }
        let lock_path = lock_path(path, name);
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            // Whoever can open it can lock it, and keep the daemon from starting.
            .mode(0o600)
            .open(&lock_path)
            .map_err(|cause| SocketError::io("open the lock file", &lock_path, cause))?;
        let lock = take_lock(lock, &lock_path, path)?;
        give_to_owner_of(&lock, directory_of(path));
        write_pid(&lock)
            .map_err(|cause| SocketError::io("write the lock file", &lock_path, cause))?;
        remove_stale(path)?;
        let listener =
            bind_private(path).map_err(|cause| SocketError::io("listen on", path, cause))?;
        let identity = std::fs::symlink_metadata(path)
            .ok()
            .map(|file| (file.dev(), file.ino()));
        let socket = Self {
            listener,
            path: path.to_owned(),
            identity,
            _lock: lock,
        };
        socket.give_to_group();
        Ok(socket)
    }

    /// Where the socket is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the socket and what is kept beside it are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        directory_of(&self.path)
    }

    /// The listener for the running server, and what keeps the path ours until dropped.
    pub(super) fn listener(&self) -> io::Result<tokio::net::UnixListener> {
        let listener = self.listener.try_clone()?;
        listener.set_nonblocking(true)?;
        tokio::net::UnixListener::from_std(listener)
    }

    fn give_to_group(&self) {
        let Ok(Some(group)) = Group::from_name(GROUP) else {
            return;
        };
        if Gid::effective() == group.gid {
            return;
        }
        if let Err(cause) = std::os::unix::fs::chown(&self.path, None, Some(group.gid.as_raw())) {
            tracing::debug!(%cause, path = %self.path.display(),
                "the control socket stays with this process's own group");
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let now = std::fs::symlink_metadata(&self.path)
            .ok()
            .map(|file| (file.dev(), file.ino()));
        if self.identity.is_some() && now == self.identity {
            // Nothing is lost if it stays: the next start removes it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The proof that no daemon runs with a control socket, for as long as it is held: none can
/// start either.
#[derive(Debug)]
pub struct ControlLock {
    _lock: Option<File>,
}

impl ControlLock {
    /// Takes the lock of the control socket at `path`. Where the lock file is missing, no
    /// daemon has run with it, and none is made: the daemon's user could not open one of root.
    ///
    /// # Errors
    /// [`SocketError::SecondDaemon`] where one runs; or the kernel refuses a step.
    pub fn take(path: &Path) -> Result<Self, SocketError> {
        let Some(name) = path.file_name() else {
            return Err(SocketError::NoFileName(path.to_owned()));
        };
        let lock_path = lock_path(path, name);
        let lock = match OpenOptions::new().read(true).write(true).open(&lock_path) {
            Ok(lock) => lock,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { _lock: None });
            }
            Err(cause) => return Err(SocketError::io("open the lock file", &lock_path, cause)),
        };
        take_lock(lock, &lock_path, path).map(|lock| Self { _lock: Some(lock) })
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// In a directory of another user the lock file is his: started by root once, the daemon must
/// still start as that user later.
fn give_to_owner_of(lock: &File, directory: &Path) {
    let (Ok(directory), Ok(file)) = (std::fs::metadata(directory), lock.metadata()) else {
        return;
    };
    if file.uid() != directory.uid()
        && let Err(cause) =
            std::os::unix::fs::fchown(lock, Some(directory.uid()), Some(directory.gid()))
    {
        tracing::debug!(%cause, "the lock file stays with this process's own user");
    }
}

fn lock_path(path: &Path, name: &OsStr) -> PathBuf {
    let mut lock_name = name.to_owned();
    lock_name.push(".lock");
    path.with_file_name(lock_name)
}

fn take_lock(lock: File, lock_path: &Path, socket: &Path) -> Result<File, SocketError> {
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Who holds the lock is a courtesy: the error stands without it.
            let _ = lock.take(32).read_to_string(&mut text);
            let pid = text.trim().parse().ok();
            return Err(SocketError::SecondDaemon {
                path: socket.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(cause)) => {
            return Err(SocketError::io("lock", lock_path, cause));
        }
    }
    Ok(lock)
}

fn write_pid(mut lock: &File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.seek(SeekFrom::Start(0))?;
    writeln!(lock, "{}", std::process::id())
}

fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let file = match std::fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(SocketError::io("look at", path, cause)),
    };
    if !file.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Err(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
            return Err(SocketError::io("see who listens on", path, cause));
        }
        // Connected, or so busy that it cannot be reached: somebody is there.
        _ => return Err(SocketError::Taken(path.to_owned())),
    }
    std::fs::remove_file(path)
        .map_err(|cause| SocketError::io("remove the stale socket", path, cause))
}

/// Binds so that the file has mode 0660 from its first moment. A later chmod would leave a gap
/// in which anybody, or nobody but root, could connect.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = umask(Mode::from_bits_truncate(0o117));
    let listener = UnixListener::bind(path);
    umask(before);
    listener
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path)
            .expect("it exists")
            .permissions()
            .mode()
            & 0o777
    }

    #[test]
    fn the_socket_has_its_mode_from_the_first_moment() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        let changes = Inotify::init(InitFlags::IN_NONBLOCK).expect("inotify");
        changes
            .add_watch(
                directory.path(),
                AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ATTRIB,
            )
            .expect("a watch");
        let _listener = bind_private(&path).expect("a free path");
        assert_eq!(mode(&path), 0o660);
        let seen: Vec<_> = changes
            .read_events()
            .expect("events")
            .into_iter()
            .map(|event| event.mask)
            .collect();
        assert_eq!(
            seen,
            [AddWatchFlags::IN_CREATE],
            "created, and never changed after"
        );
    }

    #[test]
    fn a_second_daemon_is_refused_and_the_first_one_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        let first = ControlSocket::bind(&path).expect("a free path");
        let error = ControlSocket::bind(&path).expect_err("it is taken");
        let pid = std::process::id();
        assert!(
            error.to_string().contains(&format!("(pid {pid})")),
            "{error}"
        );
        assert!(
            UnixStream::connect(&path).is_ok(),
            "the first one is left alone"
        );
        drop(first);
        assert!(!path.exists(), "a socket nobody serves is removed");
        ControlSocket::bind(&path).expect("free again");
    }

    #[test]
    fn the_socket_of_a_dead_daemon_is_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        drop(UnixListener::bind(&path).expect("a free path"));
        assert!(path.exists(), "it stays behind");
        let _socket = ControlSocket::bind(&path).expect("nobody listens");
        assert_eq!(mode(&path), 0o660);
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s");
        std::fs::write(&path, "precious").expect("written");
        let error = ControlSocket::bind(&path).expect_err("no socket");
        assert!(matches!(error, SocketError::NotASocket(_)), "{error}");
        assert_eq!(
            std::fs::read_to_string(&path).expect("still there"),
            "precious"
        );

        let other = directory.path().join("other");
        let _listener = UnixListener::bind(&other).expect("a free path");
        let error = ControlSocket::bind(&other).expect_err("somebody listens");
        assert!(matches!(error, SocketError::Taken(_)), "{error}");
    }

    #[test]
    fn a_missing_directory_is_made_and_one_that_cannot_be_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a/b/s");
        let _socket = ControlSocket::bind(&path).expect("made on the way");
        let file = directory.path().join("file");
        std::fs::write(&file, "").expect("written");
        let error = ControlSocket::bind(&file.join("s")).expect_err("a file is in the way");
        assert!(
            error.to_string().contains(&file.display().to_string()),
            "{error}"
        );
    }
}
