//! Adds, renews and removes virtual addresses, and remembers which were there before.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use vrrp_net::netlink::{Added, AddressInfo, AddressSpec, Netlink};

use super::{Holding, InstanceId, Job, Report};
use crate::daemon::ledger::Ledger;

type Key = (u32, IpAddr, u8);

/// Keeps the order of jobs out of its business; sees whole batches.
pub(super) struct Addresses {
    netlink: Netlink,
    reports: mpsc::UnboundedSender<Report>,
    /// Addresses that were on the interface before us and do not carry our tag: an
    /// administrator's. They are neither renewed nor removed.
    foreign: HashSet<Key>,
    ledger: Arc<Ledger>,
    tags: Tags,
}

/// Whether the kernel keeps the tag of an address. Only where it is not known to, the ledger
/// is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tags {
    Unknown,
    Kept,
    Lost,
}

impl Addresses {
    pub(super) fn new(
        netlink: Netlink,
        reports: mpsc::UnboundedSender<Report>,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self {
            netlink,
            reports,
            foreign: HashSet::new(),
            ledger,
            tags: Tags::Unknown,
        }
    }

    /// Gives every address the tag that the kernel may not have kept, and learns whether it
    /// keeps tags: a kernel that does has tagged addresses of its own, such as the loopback's.
    pub(super) fn read(&mut self, listed: &mut [AddressInfo]) {
        if self.tags == Tags::Unknown && listed.iter().any(|info| info.protocol.is_some()) {
            self.tags = Tags::Kept;
        }
        let unmarked: &[AddressInfo] = if self.tags == Tags::Kept { &[] } else { listed };
        tell(self.ledger.keep(unmarked));
        for info in listed {
            self.ledger.tag(info);
        }
    }

    /// Adds or renews. What fails is reported once per instance.
    pub(super) async fn hold(&mut self, jobs: Vec<Job>) {
        let (mut new, mut old) = (Wanted::default(), Wanted::default());
        for job in jobs {
            if let Job::Hold {
                holding,
                lifetime,
                renew,
                asked,
            } = job
            {
                if is_stale(asked, lifetime) {
                    continue;
                }
                if renew {
                    old.extend(&holding, lifetime, &self.foreign);
                } else {
                    // One that was an administrator's may be gone by now.
                    new.extend(&holding, lifetime, &HashSet::new());
                }
            }
        }
        self.add(new).await;
        self.renew(old).await;
    }

    async fn add(&mut self, wanted: Wanted) {
        if wanted.specs.is_empty() {
            return;
        }
        let noted = self.note(&wanted);
        let results = self.netlink.add_addresses(&wanted.specs).await;
        let mut failed = Failures::default();
        let mut there = Wanted::default();
        let mut added = Vec::new();
        for ((result, spec), owner) in results.into_iter().zip(wanted.specs).zip(wanted.owners) {
            match result {
                Ok(Added::Added) => {
                    self.foreign.remove(&key(&spec));
                    added.push(key(&spec));
                }
                Ok(Added::AlreadyThere) => there.push(spec, owner),
                Err(error) => failed.note(owner, error.to_string()),
            }
        }
        failed.report(&self.reports);
        let not_added: Vec<_> = noted
            .into_iter()
            .filter(|key| !added.contains(key))
            .collect();
        tell(self.ledger.strike(&not_added));
        if !there.specs.is_empty() {
            self.adopt(there).await;
        }
        if self.tags == Tags::Unknown && !added.is_empty() {
            self.learn(&added).await;
        }
    }

    /// Writes down what is about to be added, unless the kernel tags it, so that a crash in
    /// between leaves nothing unknown. Returns what was not there before.
    fn note(&self, wanted: &Wanted) -> Vec<Key> {
        if self.tags == Tags::Kept {
            return Vec::new();
        }
        let keys = wanted.specs.iter().map(key);
        let new: Vec<_> = keys.filter(|key| !self.ledger.has(key)).collect();
        tell(self.ledger.note(new.iter().copied()));
        new
    }

    /// Looks whether the kernel kept the tag of addresses that were just added.
    async fn learn(&mut self, added: &[Key]) {
        // Whoever needs the list next sees the error.
        let Ok(listed) = self.netlink.addresses().await else {
            return;
        };
        self.tags = tags(&listed, added);
        match self.tags {
            Tags::Kept => tell(self.ledger.keep(&[])),
            Tags::Lost => tracing::info!(
                "this kernel keeps no tag on addresses; those that vrrpd adds are written down \
                 beside the control socket"
            ),
            Tags::Unknown => {}
        }
    }

    /// Addresses that were there: ours from an earlier run get a new lifetime, an
    /// administrator's are left alone.
    async fn adopt(&mut self, there: Wanted) {
        let known = match self.netlink.addresses().await {
            Ok(mut known) => {
                for info in &mut known {
                    self.ledger.tag(info);
                }
                known
            }
            Err(error) => {
                let mut failed = Failures::default();
                for owner in there.owners {
                    failed.note(owner, error.to_string());
                }
                failed.report(&self.reports);
                return;
            }
        };
        let mut ours = Wanted::default();
        for (spec, owner) in there.specs.into_iter().zip(there.owners) {
            let tagged = known.iter().any(|info| {
                info.is_ours() && (info.ifindex, info.address, info.prefix_len) == key(&spec)
            });
            if tagged {
                ours.push(spec, owner);
            } else if self.foreign.insert(key(&spec)) {
                let message = format!(
                    "{}/{} was on {} before vrrpd came; it stays there also when this host is \
                     not master. Remove it from the host's own network configuration unless \
                     this host owns the address (priority 255)",
                    spec.address, spec.prefix_len, spec.interface
                );
                let _ = self.reports.send(Report::Warning { id: owner, message });
            }
        }
        self.renew(ours).await;
    }

    async fn renew(&mut self, wanted: Wanted) {
        if wanted.specs.is_empty() {
            return;
        }
        // One that is gone is added again.
        self.note(&wanted);
        let results = self.netlink.renew_addresses(&wanted.specs).await;
        let mut failed = Failures::default();
        for (result, owner) in results.into_iter().zip(wanted.owners) {
            if let Err(error) = result {
                failed.note(owner, error.to_string());
            }
        }
        failed.report(&self.reports);
    }

    /// Removes. An address or interface that is gone already is no failure.
    pub(super) async fn release(&mut self, jobs: Vec<Job>) {
        let mut wanted = Wanted::default();
        for job in jobs {
            if let Job::Release(holding) = job {
                wanted.extend(&holding, None, &self.foreign);
            }
        }
        if wanted.specs.is_empty() {
            return;
        }
        let results = self.netlink.delete_addresses(&wanted.specs).await;
        let mut gone = Vec::new();
        for ((result, spec), owner) in results.into_iter().zip(&wanted.specs).zip(wanted.owners) {
            match result {
                Ok(_) => gone.push(key(spec)),
                Err(error) => {
                    let message = error.to_string();
                    let _ = self.reports.send(Report::Warning { id: owner, message });
                }
            }
        }
        tell(self.ledger.strike(&gone));
    }
}

/// A ledger that cannot be written is no reason to leave an address as it is.
fn tell(written: Result<(), String>) {
    if let Err(error) = written {
        tracing::warn!("{error}");
    }
}

/// What the list says of the tags of addresses that were just added with one.
fn tags(listed: &[AddressInfo], added: &[Key]) -> Tags {
    let mut found = listed
        .iter()
        .filter(|info| added.contains(&(info.ifindex, info.address, info.prefix_len)));
    match found.next() {
        Some(info) if info.is_ours() => Tags::Kept,
        Some(_) => Tags::Lost,
        None => Tags::Unknown,
    }
}

/// Whether somebody else may have taken over since it was asked for.
fn is_stale(asked: u64, lifetime: Option<Duration>) -> bool {
    let waited = Duration::from_nanos(vrrp_net::clock::now().saturating_sub(asked));
    lifetime.is_some_and(|lifetime| waited > lifetime)
}

fn key(spec: &AddressSpec) -> Key {
    (spec.interface.index, spec.address, spec.prefix_len)
}

/// Addresses of many instances side by side with whose they are.
#[derive(Default)]
struct Wanted {
    specs: Vec<AddressSpec>,
    owners: Vec<InstanceId>,
}

impl Wanted {
    fn push(&mut self, spec: AddressSpec, owner: InstanceId) {
        self.specs.push(spec);
        self.owners.push(owner);
    }

    fn extend(&mut self, holding: &Holding, lifetime: Option<Duration>, except: &HashSet<Key>) {
        for &(address, prefix_len) in &holding.addresses {
            let interface = holding.interface.clone();
            let spec = AddressSpec::virtual_address(interface, address, prefix_len, lifetime);
            if !except.contains(&key(&spec)) {
                self.push(spec, holding.id);
            }
        }
    }
}

/// The first failure of each instance, and how many more there were.
#[derive(Default)]
struct Failures(Vec<(InstanceId, String, usize)>);

impl Failures {
    fn note(&mut self, id: InstanceId, error: String) {
        match self.0.iter_mut().find(|(known, ..)| *known == id) {
            Some((_, _, more)) => *more += 1,
            None => self.0.push((id, error, 0)),
        }
    }

    fn report(self, reports: &mpsc::UnboundedSender<Report>) {
        for (id, mut error, more) in self.0 {
            if more > 0 {
                error.push_str(&format!(" (and {more} more of its addresses)"));
            }
            let _ = reports.send(Report::HoldFailed { id, error });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::ledger::tests::untagged;

    #[test]
    fn what_waited_longer_than_the_lease_is_not_done_any_more() {
        let now = vrrp_net::clock::now();
        let lease = Some(Duration::from_secs(1));
        assert!(!is_stale(now, lease));
        assert!(is_stale(now.saturating_sub(2_000_000_000), lease));
        assert!(!is_stale(0, None));
    }

    #[test]
    fn a_tag_that_is_absent_from_an_address_just_added_is_lost() {
        let mut listed = [untagged(1, "127.0.0.1"), untagged(2, "10.0.50.20")];
        let added = [(2, listed[1].address, 32)];
        assert_eq!(tags(&listed, &added), Tags::Lost);
        listed[1].protocol = Some(vrrp_net::netlink::ADDRESS_PROTOCOL);
        assert_eq!(tags(&listed, &added), Tags::Kept);
        // It may have been removed again.
        assert_eq!(tags(&listed[..1], &added), Tags::Unknown);
    }
}
