//! Who holds an address, now and over time: every change on every host, as the kernel reports
//! it, so that a second holder is seen however short it is.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime;

use crate::error::Result;
use crate::host::Host;
use crate::netlink::{AddressEvent, watch_addresses};

/// An address came to a host or left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderChange {
    /// When the kernel's report was read.
    pub at: Instant,
    /// The host.
    pub host: String,
    /// The address.
    pub address: IpAddr,
    /// Whether the host holds it from now on.
    pub held: bool,
}

/// A time in which more than one host held an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// When the second one got it.
    pub start: Instant,
    /// When all but one had lost it; `None` if they have not.
    pub end: Option<Instant>,
    /// Who held it at the start.
    pub hosts: Vec<String>,
}

impl Overlap {
    /// How long it lasted, or lasts.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.end
            .unwrap_or_else(Instant::now)
            .saturating_duration_since(self.start)
    }
}

/// The record of all changes since the lab was made.
#[derive(Clone, Debug, Default)]
pub struct HolderLog {
    changes: Arc<Mutex<Vec<HolderChange>>>,
}

impl HolderLog {
    pub(crate) fn watch(&self, host: &Host, runtime: &runtime::Handle) -> Result<()> {
        let (log, name) = (self.clone(), host.name().to_owned());
        let mut held_now = HashSet::new();
        watch_addresses(host.namespace(), runtime, move |event| {
            // A renewed lifetime is reported as an addition.
            let (address, held, is_new) = match event {
                AddressEvent::Added(held) => (held.address, true, held_now.insert(held.address)),
                AddressEvent::Removed(held) => {
                    (held.address, false, held_now.remove(&held.address))
                }
            };
            if is_new {
                let mut changes = log.lock();
                changes.push(HolderChange {
                    at: Instant::now(),
                    host: name.clone(),
                    address,
                    held,
                });
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<HolderChange>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every change so far, in their order.
    #[must_use]
    pub fn changes(&self) -> Vec<HolderChange> {
        self.lock().clone()
    }

    /// Every change of `address`, in their order.
    #[must_use]
    pub fn changes_of(&self, address: IpAddr) -> Vec<HolderChange> {
        self.lock()
            .iter()
            .filter(|change| change.address == address)
            .cloned()
            .collect()
    }

    /// Every time in which more than one host held `address`.
    #[must_use]
    pub fn overlaps_of(&self, address: IpAddr) -> Vec<Overlap> {
        overlaps(&self.changes_of(address))
    }
}

fn overlaps(changes: &[HolderChange]) -> Vec<Overlap> {
    let mut holders: Vec<String> = Vec::new();
    let mut found: Vec<Overlap> = Vec::new();
    for change in changes {
        let were = holders.len();
        holders.retain(|host| *host != change.host);
        if change.held {
            holders.push(change.host.clone());
        }
        if were < 2 && holders.len() == 2 {
            found.push(Overlap {
                start: change.at,
                end: None,
                hosts: holders.clone(),
            });
        } else if were == 2
            && holders.len() < 2
            && let Some(open) = found.last_mut()
        {
            open.end = Some(change.at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(list: &[(u32, &str, bool)]) -> Vec<HolderChange> {
        let start = Instant::now();
        list.iter()
            .map(|(at, host, held)| HolderChange {
                at: start + Duration::from_millis(1) * *at,
                host: (*host).to_owned(),
                address: IpAddr::from([10, 0, 50, 20]),
                held: *held,
            })
            .collect()
    }

    #[test]
    fn an_address_that_is_dropped_before_it_is_taken_never_overlaps() {
        let list = changes(&[(0, "a", true), (5, "a", false), (6, "b", true)]);
        assert_eq!(overlaps(&list), []);
    }

    #[test]
    fn an_address_that_is_taken_before_it_is_dropped_overlaps_in_between() {
        let list = changes(&[(0, "a", true), (5, "b", true), (8, "a", false)]);
        let found = overlaps(&list);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].length(), Duration::from_millis(3));
        assert_eq!(found[0].hosts, ["a", "b"]);
    }

    #[test]
    fn a_third_holder_makes_the_same_overlap_longer() {
        let list = changes(&[
            (0, "a", true),
            (1, "b", true),
            (2, "c", true),
            (3, "a", false),
            (7, "c", false),
        ]);
        let found = overlaps(&list);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].length(), Duration::from_millis(6));
    }
}
