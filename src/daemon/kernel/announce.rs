//! Sends gratuitous ARPs and unsolicited neighbour advertisements, at a pace that queues bear.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use vrrp_net::Interface;
use vrrp_net::announce::Announcer;
use vrrp_net::socket::SendError;
use vrrp_wire::{ArpForm, Family};

use super::{Job, Report};
use crate::view::{Count, InstanceView};

/// After this many packets in a row the device gets time to send them.
const ROW: usize = 64;
/// How long it gets, and how long a full queue gets before another try.
const PAUSE: Duration = Duration::from_millis(1);
/// How long sockets stay open without use: to open one, the C library lists every address of the
/// host.
const KEEP: Duration = Duration::from_secs(10);
/// Tries for one packet before it is given up: the rest of the burst, and the refresh later,
/// make up for it.
const TRIES: usize = 5;

/// Announces whatever comes in by `jobs`, beside the other work of the thread: a long burst
/// holds up neither an address nor a lease. Every address of every waiting job is announced
/// once, then all again as often as each job says: the last of many is as early as can be.
pub(super) async fn run(
    mut jobs: mpsc::UnboundedReceiver<Job>,
    reports: mpsc::UnboundedSender<Report>,
) {
    let mut announcers = Announcers::default();
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() {
            let next = match timeout(KEEP, jobs.recv()).await {
                Ok(next) => next,
                Err(_) => {
                    announcers.open.clear();
                    jobs.recv().await
                }
            };
            match next {
                Some(job) => waiting.push(job),
                None => return,
            }
        }
        while let Ok(job) = jobs.try_recv() {
            waiting.push(job);
        }
        for job in std::mem::take(&mut waiting) {
            waiting.extend(announcers.round(job, &reports).await);
        }
    }
}

/// Open sockets by interface and family.
#[derive(Default)]
struct Announcers {
    open: HashMap<(u32, Family), Announcer>,
    in_row: usize,
}

impl Announcers {
    /// Announces each address of `job` once; gives back what is left to do.
    async fn round(&mut self, job: Job, reports: &mpsc::UnboundedSender<Report>) -> Option<Job> {
        let Job::Announce {
            holding,
            count,
            mac,
            source,
            view,
            tenure,
        } = job
        else {
            return None;
        };
        for &(address, _) in &holding.addresses {
            if !tenure.lasts() {
                return None;
            }
            if let Err(message) = self.one(&holding.interface, address, mac, source).await {
                let _ = reports.send(Report::Warning {
                    id: holding.id,
                    message,
                });
                return None;
            }
            counter(address, &view).up();
        }
        (count > 1).then(|| Job::Announce {
            holding,
            count: count - 1,
            mac,
            source,
            view,
            tenure,
        })
    }

    async fn one(
        &mut self,
        interface: &Interface,
        address: IpAddr,
        mac: [u8; 6],
        source: IpAddr,
    ) -> Result<(), String> {
        let key = (interface.index, Family::of(&address));
        let mut tries = 0;
        loop {
            self.in_row += 1;
            if self.in_row.is_multiple_of(ROW) {
                tokio::time::sleep(PAUSE).await;
            }
            let (announcer, kept) = match self.open.entry(key) {
                Entry::Occupied(entry) => (entry.into_mut(), true),
                Entry::Vacant(entry) => {
                    let opened = Announcer::open(interface, key.1);
                    let opened = opened.map_err(|error| error.to_string())?;
                    (entry.insert(opened), false)
                }
            };
            tries += 1;
            match send(announcer, address, mac, source) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_retryable() && tries < TRIES => {
                    tokio::time::sleep(PAUSE).await;
                }
                // The interface may have been away since it was opened.
                Err(_) if kept => {
                    self.open.remove(&key);
                }
                Err(error) => {
                    self.open.remove(&key);
                    return Err(format!("announcing {address}: {error}"));
                }
            }
        }
    }
}

fn counter(address: IpAddr, view: &InstanceView) -> &Count {
    match address {
        IpAddr::V4(_) => &view.counters.gratuitous_arps,
        IpAddr::V6(_) => &view.counters.unsolicited_nas,
    }
}

fn send(
    announcer: &Announcer,
    address: IpAddr,
    mac: [u8; 6],
    source: IpAddr,
) -> Result<(), SendError> {
    match (address, source) {
        (IpAddr::V4(address), _) => announcer.send_arp(ArpForm::Request, address, mac),
        (IpAddr::V6(address), IpAddr::V6(source)) => announcer.send_na(address, mac, source),
        // A virtual router has one family, its source address included.
        (IpAddr::V6(_), IpAddr::V4(_)) => Ok(()),
    }
}
