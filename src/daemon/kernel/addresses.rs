//! Adds, renews and removes virtual addresses, and remembers which were there before.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;
use vrrp_net::netlink::{Added, AddressSpec, Netlink};

use super::{Holding, InstanceId, Job, Report};

type Key = (u32, IpAddr, u8);

/// Keeps the order of jobs out of its business; sees whole batches.
pub(super) struct Addresses {
    netlink: Netlink,
    reports: mpsc::UnboundedSender<Report>,
    /// Addresses that were on the interface before us and do not carry our tag: an
    /// administrator's. They are neither renewed nor removed.
    foreign: HashSet<Key>,
}

impl Addresses {
    pub(super) fn new(netlink: Netlink, reports: mpsc::UnboundedSender<Report>) -> Self {
        Self {
            netlink,
            reports,
            foreign: HashSet::new(),
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
            } = job
            {
                let wanted = if renew { &mut old } else { &mut new };
                wanted.extend(&holding, lifetime, &self.foreign);
            }
        }
        self.add(new).await;
        self.renew(old).await;
    }

    async fn add(&mut self, wanted: Wanted) {
        if wanted.specs.is_empty() {
            return;
        }
        let results = self.netlink.add_addresses(&wanted.specs).await;
        let mut failed = Failures::default();
        let mut there = Wanted::default();
        for ((result, spec), owner) in results.into_iter().zip(wanted.specs).zip(wanted.owners) {
            match result {
                Ok(Added::Added) => {}
                Ok(Added::AlreadyThere) => there.push(spec, owner),
                Err(error) => failed.note(owner, error.to_string()),
            }
        }
        failed.report(&self.reports);
        if !there.specs.is_empty() {
            self.adopt(there).await;
        }
    }

    /// Addresses that were there: ours from an earlier run get a new lifetime, an
    /// administrator's are left alone.
    async fn adopt(&mut self, there: Wanted) {
        let known = match self.netlink.addresses().await {
            Ok(known) => known,
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
        for (result, owner) in results.into_iter().zip(wanted.owners) {
            if let Err(error) = result {
                let message = error.to_string();
                let _ = self.reports.send(Report::Warning { id: owner, message });
            }
        }
    }
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
