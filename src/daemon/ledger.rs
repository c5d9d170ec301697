//! Which virtual addresses this host's daemon added, in a file beside the control socket. For
//! kernels before 5.18, which keep no tag (IFA_PROTO) on an address; elsewhere there is no file.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use vrrp_net::netlink::{ADDRESS_PROTOCOL, AddressInfo};

/// Index of the interface, address, prefix length. The kernel uses no index twice.
pub(crate) type Entry = (u32, IpAddr, u8);

/// The file and what it says.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    entries: RwLock<BTreeSet<Entry>>,
}

impl Ledger {
    /// The ledger beside the control socket at `socket`, with what an earlier daemon wrote. A
    /// line that cannot be read is left out: what it meant is taken for an administrator's.
    pub(crate) fn beside(socket: &Path) -> Self {
        let path = socket.with_extension("addresses");
        let text = fs::read_to_string(&path).unwrap_or_default();
        Self {
            entries: RwLock::new(text.lines().filter_map(parse).collect()),
            path,
        }
    }

    /// Gives an address that the kernel told of the tag that the kernel did not keep.
    pub(crate) fn tag(&self, info: &mut AddressInfo) {
        if info.protocol.is_none() && self.has(&(info.ifindex, info.address, info.prefix_len)) {
            info.protocol = Some(ADDRESS_PROTOCOL);
        }
    }

    pub(crate) fn has(&self, entry: &Entry) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.contains(entry)
    }

    /// Writes down more addresses.
    ///
    /// # Errors
    /// The file could not be written; they are known to this process all the same.
    pub(crate) fn note(&self, more: impl IntoIterator<Item = Entry>) -> Result<(), String> {
        self.change(|entries| entries.extend(more))
    }

    /// Strikes out addresses.
    ///
    /// # Errors
    /// The file could not be written; they are struck out for this process all the same.
    pub(crate) fn strike(&self, gone: &[Entry]) -> Result<(), String> {
        self.change(|entries| entries.retain(|entry| !gone.contains(entry)))
    }

    /// Strikes out all but those among `there`: the kernel removed the others itself.
    ///
    /// # Errors
    /// The file could not be written.
    pub(crate) fn keep(&self, there: &[AddressInfo]) -> Result<(), String> {
        let is_there = |&(ifindex, address, prefix_len): &Entry| {
            there.iter().any(|info| {
                (info.ifindex, info.address, info.prefix_len) == (ifindex, address, prefix_len)
            })
        };
        self.change(|entries| entries.retain(is_there))
    }

    /// Changes the set and, where that made a difference, the file: no reader ever sees half.
    fn change(&self, change: impl FnOnce(&mut BTreeSet<Entry>)) -> Result<(), String> {
        let text = {
            let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
            let before = entries.clone();
            change(&mut entries);
            if *entries == before {
                return Ok(());
            }
            render(&entries)
        };
        let result = if text.is_empty() {
            fs::remove_file(&self.path).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            })
        } else {
            let new = self.path.with_extension("addresses.new");
            fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path))
        };
        result.map_err(|error| {
            format!(
                "writing {}: {error}; after a crash, addresses in use now would be taken for an \
                 administrator's",
                self.path.display()
            )
        })
    }
}

fn render(entries: &BTreeSet<Entry>) -> String {
    entries
        .iter()
        .map(|(ifindex, address, prefix_len)| format!("{ifindex} {address}/{prefix_len}\n"))
        .collect()
}

fn parse(line: &str) -> Option<Entry> {
    let (ifindex, address) = line.split_once(' ')?;
    let (address, prefix_len) = address.split_once('/')?;
    Some((
        ifindex.parse().ok()?,
        address.parse().ok()?,
        prefix_len.parse().ok()?,
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An address as a kernel without tags tells of it.
    pub(in crate::daemon) fn untagged(ifindex: u32, address: &str) -> AddressInfo {
        AddressInfo {
            ifindex,
            address: address.parse().expect("an address"),
            prefix_len: 32,
            global: true,
            secondary: false,
            tentative: false,
            dad_failed: false,
            deprecated: false,
            lifetime: None,
            protocol: None,
        }
    }

    fn entry(info: &AddressInfo) -> Entry {
        (info.ifindex, info.address, info.prefix_len)
    }

    #[test]
    fn an_address_that_was_written_down_is_ours_also_for_the_next_daemon() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let socket = directory.path().join("vrrpd.sock");
        let mut ours = untagged(2, "10.0.50.20");
        let mut elsewhere = untagged(3, "10.0.50.20");
        let mut v6 = untagged(2, "fd00::20");
        let ledger = Ledger::beside(&socket);
        let written = ledger.note([entry(&ours), entry(&v6)]);
        written.expect("it can be written");
        let ledger = Ledger::beside(&socket);
        for info in [&mut ours, &mut elsewhere, &mut v6] {
            ledger.tag(info);
        }
        assert!(ours.is_ours() && v6.is_ours());
        assert!(!elsewhere.is_ours(), "on another interface it is not");
    }

    #[test]
    fn the_file_goes_with_the_last_address() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let socket = directory.path().join("vrrpd.sock");
        let file = directory.path().join("vrrpd.addresses");
        let (one, other) = (untagged(2, "10.0.50.20"), untagged(2, "10.0.50.21"));
        let ledger = Ledger::beside(&socket);
        ledger
            .note([entry(&one), entry(&other)])
            .expect("it can be written");
        assert!(file.exists());
        ledger
            .keep(std::slice::from_ref(&one))
            .expect("it can be written");
        assert!(!ledger.has(&entry(&other)));
        ledger.strike(&[entry(&one)]).expect("it can be removed");
        assert!(!file.exists());
    }

    #[test]
    fn another_programs_tag_is_not_replaced_and_nonsense_is_left_out() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let socket = directory.path().join("vrrpd.sock");
        let text = "2 10.0.50.20/32\n\nx 10.0.50.21/32\n2 10.0.50.22\n2 nonsense/32\n";
        fs::write(directory.path().join("vrrpd.addresses"), text).expect("written");
        let ledger = Ledger::beside(&socket);
        let mut theirs = untagged(2, "10.0.50.20");
        theirs.protocol = Some(3);
        ledger.tag(&mut theirs);
        assert_eq!(theirs.protocol, Some(3));
        for address in ["10.0.50.21", "10.0.50.22"] {
            assert!(!ledger.has(&entry(&untagged(2, address))), "{address}");
        }
    }
}
