//! The mark that a host is drained: a file beside the control socket, which survives a restart
//! of the daemon and not of the host.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file that says so.
pub(super) struct DrainMark(PathBuf);

impl DrainMark {
    /// The mark beside the control socket at `socket`.
    pub(super) fn beside(socket: &Path) -> Self {
        Self(socket.with_extension("drained"))
    }

    /// Whether the host is drained.
    pub(super) fn is_set(&self) -> bool {
        self.0.exists()
    }

    /// Sets or removes it.
    ///
    /// # Errors
    /// What was tried, on what, what the kernel said.
    pub(super) fn set(&self, drained: bool) -> Result<(), String> {
        let (attempt, result) = if drained {
            ("writing", fs::write(&self.0, ""))
        } else {
            ("removing", fs::remove_file(&self.0))
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !drained => Ok(()),
            Err(error) => Err(format!(
                "{attempt} {}: {error}; without it a restarted daemon would not know",
                self.0.display()
            )),
            Ok(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_lasts_until_it_is_removed() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let socket = directory.path().join("vrrpd.sock");
        let mark = DrainMark::beside(&socket);
        assert!(!mark.is_set());
        mark.set(true).expect("it can be set");
        assert!(DrainMark::beside(&socket).is_set());
        mark.set(false).expect("it can be removed");
        mark.set(false).expect("twice, too");
        assert!(!mark.is_set());
    }

    #[test]
    fn a_missing_directory_is_named() {
        let mark = DrainMark::beside(Path::new("/nonexistent/vrrpd.sock"));
        let error = mark.set(true).expect_err("there is no such directory");
        assert!(error.contains("/nonexistent/vrrpd.drained"), "{error}");
    }
}
