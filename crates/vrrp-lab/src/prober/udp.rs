//! The UDP prober: a probe every 500 µs from the client to an address, and a book of who
//! answered. Two threads: one sends by the clock, the other receives, so that neither holds up
//! the other.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{MsgFlags, recvmsg, setsockopt};
use socket2::{SockAddr, SockRef};

use super::echo::ECHO_PORT;
use super::ledger::{Answer, Gap, Handover, Ledger};
use crate::error::{Context, LabError, Result};
use crate::host::Host;
use crate::stamp;

/// Time between two probes.
pub const PROBE_INTERVAL: Duration = Duration::from_micros(500);
const STOP_WITHIN: Duration = Duration::from_millis(20);
/// An answer may take this long before its lack counts as an open gap.
const PATIENCE: Duration = Duration::from_millis(5);
/// Number, moment and unsent probes, each eight bytes.
const PROBE_LEN: usize = 24;

/// A running prober.
#[derive(Debug)]
pub struct Prober {
    target: IpAddr,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    started: Instant,
    ledger: Mutex<Ledger>,
    answered: Condvar,
    /// Probes due so far, and of these not sent.
    due: AtomicU64,
    unsent: AtomicU64,
    stop: AtomicBool,
}

/// What a prober has seen.
#[derive(Clone, Debug)]
pub struct Report {
    /// The address probed.
    pub target: IpAddr,
    /// From the first probe to this report.
    pub duration: Duration,
    /// Probes sent.
    pub sent: u64,
    /// Probes due but not sent, because this machine was busy.
    pub unsent: u64,
    /// Probes answered.
    pub answered: u64,
    /// Answers overtaken by an answer to a later probe.
    pub late: u64,
    /// Every gap, the open one last.
    pub gaps: Vec<Gap>,
    /// Every change of the answering host, the first to answer included.
    pub handovers: Vec<Handover>,
}

impl Report {
    /// The longest gap.
    #[must_use]
    pub fn longest_gap(&self) -> Option<&Gap> {
        self.gaps.iter().max_by_key(|gap| gap.length)
    }

    /// Share of the probes sent that were answered, 0 to 1.
    #[must_use]
    pub fn availability(&self) -> f64 {
        if self.sent == 0 {
            0.0
        } else {
            self.answered as f64 / self.sent as f64
        }
    }
}

impl Prober {
    pub(crate) fn start(client: &Host, target: IpAddr, interval: Duration) -> Result<Self> {
        let socket = client
            .enter(move || open(target))?
            .context(|| format!("opening a UDP socket on {}", client.name()))?;
        let socket = Arc::new(socket);
        let started = Instant::now();
        let shared = Arc::new(Shared {
            started,
            ledger: Mutex::new(Ledger::new(started)),
            answered: Condvar::new(),
            due: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let mut prober = Self {
            target,
            shared: Arc::clone(&shared),
            threads: Vec::new(),
        };
        let (receiver, book) = (Arc::clone(&socket), Arc::clone(&shared));
        prober.spawn("probe-receive", move || book.receive(&receiver))?;
        let to = SocketAddr::new(target, ECHO_PORT);
        prober.spawn("probe-send", move || shared.send(&socket, to, interval))?;
        Ok(prober)
    }

    fn spawn(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                super::hurry();
                work();
            })
            .context(|| format!("starting thread {name}"))?;
        self.threads.push(thread);
        Ok(())
    }

    /// The host that answers now: nobody if there is an open gap.
    #[must_use]
    pub fn answering(&self) -> Option<String> {
        let ledger = self.shared.lock();
        let last = ledger.last.as_ref()?;
        (last.received.elapsed() < PATIENCE * 4).then(|| last.host.clone())
    }

    /// Waits until `host` has answered a probe sent at or after `since`; returns when that
    /// answer came.
    ///
    /// # Errors
    /// It did not within `bound`.
    pub fn wait_answer(&self, host: &str, since: Instant, bound: Duration) -> Result<Instant> {
        let deadline = Instant::now() + bound;
        let mut ledger = self.shared.lock();
        loop {
            if let Some(last) = &ledger.last
                && last.host == host
                && last.sent >= since
            {
                let handover = ledger.handovers.last();
                let first = handover.map_or(last.received, |handover| handover.at);
                return Ok(if first >= since { first } else { last.received });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(ledger);
                return Err(LabError::Timeout {
                    what: format!("waiting for an answer of {host} at {}", self.target),
                    bound,
                    diagnostics: format!("{:#?}", self.report()),
                });
            }
            ledger = self
                .shared
                .answered
                .wait_timeout(ledger, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Every gap that ended or is open after `since`.
    #[must_use]
    pub fn gaps_since(&self, since: Instant) -> Vec<Gap> {
        let mut gaps = self.report().gaps;
        gaps.retain(|gap| gap.end.is_none_or(|end| end > since));
        gaps
    }

    /// The longest gap that ended or is open after `since`, less what this machine did not
    /// send; zero if there is none.
    #[must_use]
    pub fn longest_gap_since(&self, since: Instant) -> Duration {
        self.gaps_since(since)
            .iter()
            .map(Gap::owed)
            .max()
            .unwrap_or_default()
    }

    /// Waits until every probe sent until now was answered or had the time to be, so that what
    /// happened until now is in the report. Returns the report.
    #[must_use]
    pub fn settle(&self) -> Report {
        thread::sleep(PATIENCE);
        self.report()
    }

    /// What was seen so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let shared = &self.shared;
        let now = Instant::now();
        let unsent = shared.unsent.load(Ordering::SeqCst);
        let due = shared.due.load(Ordering::SeqCst);
        let ledger = shared.lock().clone();
        let open = ledger.open_gap(now, due, unsent, PATIENCE * 4);
        Report {
            target: self.target,
            duration: now.saturating_duration_since(shared.started),
            sent: due.saturating_sub(unsent),
            unsent,
            answered: ledger.answered,
            late: ledger.late,
            gaps: ledger.gaps.into_iter().chain(open).collect(),
            handovers: ledger.handovers,
        }
    }

    /// Stops probing and reports.
    #[must_use]
    pub fn stop(mut self) -> Report {
        let report = self.settle();
        self.close();
        report
    }

    fn close(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, socket: &UdpSocket, to: SocketAddr, interval: Duration) {
        let to = SockAddr::from(to);
        let mut next = self.started;
        while !self.stop.load(Ordering::SeqCst) {
            let now = Instant::now();
            if let Some(left) = next.checked_duration_since(now) {
                thread::sleep(left);
                continue;
            }
            // Probes whose whole slot has gone by are not made up for: they are told.
            let missed = now.duration_since(next).as_nanos() / interval.as_nanos().max(1);
            let missed = u32::try_from(missed).unwrap_or(u32::MAX);
            let unsent = self.unsent.fetch_add(missed.into(), Ordering::SeqCst) + u64::from(missed);
            let number = self.due.fetch_add(u64::from(missed) + 1, Ordering::SeqCst);
            let number = number + u64::from(missed);
            let sent = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
            let mut probe = [0; PROBE_LEN];
            for (field, value) in probe.chunks_exact_mut(8).zip([number, sent, unsent]) {
                field.copy_from_slice(&value.to_be_bytes());
            }
            // A probe the kernel will not send, without a route or while too many wait for the
            // address to be resolved, is one without an answer.
            let _ = SockRef::from(socket).send_to_with_flags(&probe, &to, libc::MSG_DONTWAIT);
            next += interval * missed.saturating_add(1);
        }
    }

    fn receive(&self, socket: &UdpSocket) {
        let mut buffer = [0; 256];
        let mut control = stamp::space();
        while !self.stop.load(Ordering::SeqCst) {
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let flags = MsgFlags::empty();
            let Ok(message) =
                recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(&mut control), flags)
            else {
                continue;
            };
            let (received, _) = stamp::arrival(message.cmsgs().into_iter().flatten());
            let length = message.bytes;
            let Some((probe, host)) = buffer[..length].split_at_checked(PROBE_LEN) else {
                continue;
            };
            let mut fields = probe
                .chunks_exact(8)
                .map(|field| u64::from_be_bytes(field.try_into().unwrap_or_default()));
            let mut field = || fields.next().unwrap_or_default();
            let (number, sent, unsent) = (field(), field(), field());
            self.lock().enter(Answer {
                number,
                unsent,
                sent: self.started + Duration::from_nanos(sent),
                received,
                host: String::from_utf8_lossy(host).into_owned(),
            });
            self.answered.notify_all();
        }
    }
}

fn open(target: IpAddr) -> io::Result<UdpSocket> {
    let any = match target {
        IpAddr::V4(_) => "0.0.0.0:0",
        IpAddr::V6(_) => "[::]:0",
    };
    let socket = UdpSocket::bind(any)?;
    socket.set_read_timeout(Some(STOP_WITHIN))?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    Ok(socket)
}
