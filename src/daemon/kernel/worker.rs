//! The thread itself: takes jobs, sorts them into batches, carries them out.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;
use vrrp_net::netlink::{Netlink, NetlinkError};

use super::addresses::Addresses;
use super::announce;
use super::batch::Batch;
use super::{Job, Kernel, Report, Route, vmac};
use crate::daemon::ledger::Ledger;
use crate::daemon::realtime;

/// Jobs looked at together. What thousands of instances ask for in one step of the clock would
/// otherwise take its room several times over, in memory that is locked and stays.
const CROWD: usize = 256;

/// Starts the thread in the network namespace of the caller. It ends when the [`Kernel`] is
/// dropped and all it asked for is done.
///
/// # Errors
/// No thread, or no netlink socket, to be had.
pub(in crate::daemon) fn start(
    reports: mpsc::UnboundedSender<Report>,
    ledger: Arc<Ledger>,
    realtime: bool,
) -> Result<(Kernel, thread::JoinHandle<()>), StartError> {
    let (jobs, waiting) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Thread)?;
    let (announcements, to_announce) = mpsc::unbounded_channel();
    let netlink = {
        let _inside = runtime.enter();
        Netlink::new()?
    };
    let worker = Worker {
        addresses: Addresses::new(netlink.clone(), reports.clone(), ledger),
        announcements,
        netlink,
        reports: reports.clone(),
    };
    runtime.spawn(announce::run(to_announce, reports));
    let thread = thread::Builder::new()
        .name("vrrpd-kernel".into())
        .spawn(move || {
            if realtime {
                realtime::for_kernel_thread();
            }
            runtime.block_on(worker.run(waiting));
        })
        .map_err(StartError::Thread)?;
    Ok((Kernel { jobs }, thread))
}

/// Why the kernel thread could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No thread or runtime.
    #[error("starting the thread that talks to the kernel: {0}")]
    Thread(io::Error),
    /// No netlink.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
}

struct Worker {
    netlink: Netlink,
    addresses: Addresses,
    announcements: mpsc::UnboundedSender<Job>,
    reports: mpsc::UnboundedSender<Report>,
}

impl Worker {
    async fn run(mut self, mut waiting: mpsc::UnboundedReceiver<Job>) {
        let mut queue = VecDeque::new();
        while let Some(job) = waiting.recv().await {
            queue.push_back(job);
            while queue.len() < CROWD
                && let Ok(job) = waiting.try_recv()
            {
                queue.push_back(job);
            }
            self.work_off(&mut queue).await;
        }
    }

    async fn work_off(&mut self, queue: &mut VecDeque<Job>) {
        while !queue.is_empty() {
            let mut batch = Batch::default();
            let mut single = None;
            while let Some(job) = queue.pop_front() {
                match batch.add(job) {
                    Ok(()) => {}
                    Err(job @ (Job::Release(_) | Job::Hold { .. } | Job::Announce { .. })) => {
                        queue.push_front(job);
                        break;
                    }
                    Err(job) => {
                        single = Some(job);
                        break;
                    }
                }
            }
            self.addresses.release(batch.releases).await;
            self.addresses.hold(batch.holds).await;
            for job in batch.announcements {
                // The task on the other end lives as long as this thread.
                let _ = self.announcements.send(job);
            }
            if let Some(job) = single {
                self.single(job).await;
            }
        }
    }

    async fn single(&mut self, job: Job) {
        let report = match job {
            Job::MakeVmac { number, spec } => vmac::make(&self.netlink, number, &spec).await,
            Job::RemoveVmac { name } => {
                vmac::remove(&self.netlink, &name).await;
                return;
            }
            Job::List => self.list().await,
            Job::Route(address) => self.route(address).await,
            Job::Sync(done) => {
                // Who asked may have stopped waiting.
                let _ = done.send(());
                return;
            }
            Job::Hold { .. } | Job::Release(_) | Job::Announce { .. } => return,
        };
        // The protocol thread drops its end only when the daemon ends.
        let _ = self.reports.send(report);
    }

    async fn list(&mut self) -> Report {
        let links = self.netlink.links().await;
        let addresses = self.netlink.addresses().await;
        match (links, addresses) {
            (Ok(links), Ok(mut addresses)) => {
                self.addresses.read(&mut addresses);
                Report::Listing { links, addresses }
            }
            (Err(error), _) | (_, Err(error)) => Report::ListingFailed(error.to_string()),
        }
    }

    async fn route(&self, address: IpAddr) -> Report {
        let route = match self.netlink.route_to(address).await {
            Ok(answer) if answer.local => self.route_to_own(address).await,
            Ok(answer) => Some(Route {
                ifindex: answer.ifindex,
                direct: answer.gateway.is_none(),
            }),
            Err(NetlinkError::NoRoute { .. }) => None,
            Err(error) => {
                tracing::warn!(%address, %error, "looking up a route failed");
                None
            }
        };
        Report::Route { address, route }
    }

    /// Our own host has the address already, and the kernel names the loopback. It is held, or
    /// left over from an earlier run, or an administrator's. Where no other address tells which
    /// interface has its segment, it is the one it is on.
    async fn route_to_own(&self, address: IpAddr) -> Option<Route> {
        let all = self.netlink.addresses().await.unwrap_or_default();
        let holder = all.iter().find(|info| info.address == address)?;
        let holder = vmac::real(&self.netlink, holder.ifindex).await;
        let on_segment: Vec<u32> = all
            .iter()
            .filter(|info| info.address != address && !info.is_ours())
            .filter(|info| info.is_prefix_of(address))
            .map(|info| info.ifindex)
            .collect();
        let ifindex = match on_segment.first() {
            Some(first) if !on_segment.contains(&holder) => *first,
            _ => holder,
        };
        Some(Route {
            ifindex,
            direct: !on_segment.is_empty(),
        })
    }
}
