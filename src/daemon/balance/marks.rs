//! Files beside the control socket, which survive a restart of the daemon and not of the host:
//! the drained backends, and that there is a table of nftables to remove.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Name of the load balancer, and the backend.
type Entry = (String, SocketAddr);

/// Which backends are drained.
#[derive(Debug)]
pub(super) struct DrainedBackends {
    path: PathBuf,
    entries: BTreeSet<Entry>,
}

impl DrainedBackends {
    /// Those that an earlier daemon with its control socket at `socket` wrote down.
    pub(super) fn beside(socket: &Path) -> Self {
        let path = socket.with_extension("drained-backends");
        let text = fs::read_to_string(&path).unwrap_or_default();
        Self {
            path,
            entries: text.lines().filter_map(parse).collect(),
        }
    }

    pub(super) fn has(&self, balancer: &str, backend: SocketAddr) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(name, address)| name == balancer && *address == backend)
    }

    /// Writes it down, or strikes it out.
    ///
    /// # Errors
    /// The file could not be written; nothing has changed then.
    pub(super) fn set(
        &mut self,
        balancer: &str,
        backend: SocketAddr,
        drained: bool,
    ) -> Result<(), String> {
        let mut entries = self.entries.clone();
        let entry = (balancer.to_owned(), backend);
        if drained {
            entries.insert(entry);
        } else {
            entries.remove(&entry);
        }
        self.write(entries)
    }

    /// Strikes out all but those that `is_there` knows.
    ///
    /// # Errors
    /// The file could not be written; nothing has changed then.
    pub(super) fn keep(
        &mut self,
        is_there: impl Fn(&str, SocketAddr) -> bool,
    ) -> Result<(), String> {
        let mut entries = self.entries.clone();
        entries.retain(|(name, address)| is_there(name, *address));
        self.write(entries)
    }

    fn write(&mut self, entries: BTreeSet<Entry>) -> Result<(), String> {
        if entries == self.entries {
            return Ok(());
        }
        let written = if entries.is_empty() {
            removed(&self.path)
        } else {
            let lines = entries
                .iter()
                .map(|(name, address)| format!("{address} {name}\n"));
            let new = self.path.with_extension("drained-backends.new");
            fs::write(&new, lines.collect::<String>()).and_then(|()| fs::rename(&new, &self.path))
        };
        written.map_err(|error| {
            format!(
                "writing {}: {error}; without it a restarted daemon would not know",
                self.path.display()
            )
        })?;
        self.entries = entries;
        Ok(())
    }
}

fn parse(line: &str) -> Option<Entry> {
    let (address, name) = line.split_once(' ')?;
    Some((name.to_owned(), address.parse().ok()?))
}

fn removed(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// That this host's daemon made a table: where it died and the next one is to balance nothing,
/// that one removes it, and others need not look.
#[derive(Debug)]
pub(crate) struct TableMark(PathBuf);

impl TableMark {
    pub(crate) fn beside(socket: &Path) -> Self {
        Self(socket.with_extension("table"))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.exists()
    }

    pub(crate) fn set(&self) {
        if let Err(error) = fs::write(&self.0, "") {
            tracing::warn!(
                "writing {}: {error}; after a crash, `vrrpd cleanup` has to remove the table",
                self.0.display()
            );
        }
    }

    pub(crate) fn clear(&self) {
        if let Err(error) = removed(&self.0) {
            tracing::warn!("removing {}: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drained_backends_are_known_to_the_next_daemon_until_they_are_undrained_or_gone() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let socket = directory.path().join("vrrpd.sock");
        let [first, second]: [SocketAddr; 2] =
            ["10.0.50.11:6443", "[fd00::1]:6443"].map(|text| text.parse().expect("an address"));
        let mut drained = DrainedBackends::beside(&socket);
        for backend in [first, second] {
            drained.set("api server", backend, true).expect("written");
        }
        let mut next = DrainedBackends::beside(&socket);
        assert!(next.has("api server", first) && next.has("api server", second));
        assert!(!next.has("another", first));
        next.set("api server", first, false).expect("written");
        next.keep(|_, backend| backend != second).expect("written");
        assert_eq!(DrainedBackends::beside(&socket).entries.len(), 0);
        assert!(!directory.path().join("vrrpd.drained-backends").exists());
    }

    #[test]
    fn what_cannot_be_written_is_not_taken_for_drained() {
        let mut drained = DrainedBackends::beside(Path::new("/nonexistent/vrrpd.sock"));
        let backend = "10.0.50.11:6443".parse().expect("an address");
        let error = drained.set("lb", backend, true).expect_err("no directory");
        assert!(
            error.contains("/nonexistent/vrrpd.drained-backends"),
            "{error}"
        );
        assert!(!drained.has("lb", backend));
    }
}
