//! The packet capture: an oracle that sees every advert and announcement at the switch, and
//! knows by the port which host sent it, whatever the frame says.

mod filter;
mod packet;
mod pcap;

use std::fs::File;
use std::io::{self, BufWriter, IoSliceMut};
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};
use nix::sys::socket::{LinkAddr, MsgFlags, bind, recvmsg, setsockopt};
use socket2::{Domain, Protocol, Socket, Type};

pub use packet::{Announcement, AnnouncementKind, Frame, Packet, SeenAdvert};

use crate::error::{Context, LabError, Result};
use crate::stamp;
use crate::switch::Switch;

/// Bytes the kernel may queue for the capture.
const RECEIVE_BUFFER: usize = 8 << 20;
/// How long the capture's thread may take to notice that it should stop.
const STOP_WITHIN: Duration = Duration::from_millis(20);
/// Frames shown in diagnostics.
const FRAMES_SHOWN: usize = 30;

/// A running capture.
#[derive(Debug)]
pub struct Capture {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    frames: Mutex<Vec<Frame>>,
    arrived: Condvar,
    stop: AtomicBool,
}

impl Capture {
    /// Starts a capture of every port, or only of the one called `port`.
    pub(crate) fn start(switch: &Arc<Switch>, port: Option<String>) -> Result<Self> {
        let socket = switch
            .namespace
            .enter(move || open_socket(port.as_deref()))?
            .context(|| "opening a packet socket at the switch".to_owned())?;
        let shared = Arc::new(Shared {
            frames: Mutex::new(Vec::new()),
            arrived: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let (writer, switch) = (Arc::clone(&shared), Arc::clone(switch));
        let thread = thread::Builder::new()
            .name("lab-capture".to_owned())
            .spawn(move || writer.receive(&socket, &switch))
            .context(|| "starting the thread of the capture".to_owned())?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Every frame so far, in the order of arrival.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.shared.lock().clone()
    }

    /// How many frames there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().len()
    }

    /// Whether there is none so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every sound advert so far.
    #[must_use]
    pub fn adverts(&self) -> Vec<SeenAdvert> {
        self.select(|frame| match &frame.packet {
            Packet::Advert(advert) => Some(advert.clone()),
            _ => None,
        })
    }

    /// Every sound advert that `host` sent so far.
    #[must_use]
    pub fn adverts_from(&self, host: &str) -> Vec<SeenAdvert> {
        let mut adverts = self.adverts();
        adverts.retain(|advert| advert.host == host);
        adverts
    }

    /// Every sound advert that came at or after `since`.
    #[must_use]
    pub fn adverts_since(&self, since: Instant) -> Vec<SeenAdvert> {
        let mut adverts = self.adverts();
        adverts.retain(|advert| advert.at >= since);
        adverts
    }

    /// Every announcement of `address` so far.
    #[must_use]
    pub fn announcements_of(&self, address: IpAddr) -> Vec<Announcement> {
        self.select(|frame| match &frame.packet {
            Packet::Announcement(announcement) if announcement.address == address => {
                Some(announcement.clone())
            }
            _ => None,
        })
    }

    /// What `choose` makes of every frame so far.
    pub fn select<T>(&self, choose: impl FnMut(&Frame) -> Option<T>) -> Vec<T> {
        self.shared.lock().iter().filter_map(choose).collect()
    }

    /// Waits for a frame that came at or after `since` and is wanted.
    ///
    /// # Errors
    /// None came within `bound`.
    pub fn wait_for(
        &self,
        what: &str,
        since: Instant,
        bound: Duration,
        mut wanted: impl FnMut(&Frame) -> bool,
    ) -> Result<Frame> {
        let deadline = Instant::now() + bound;
        let mut frames = self.shared.lock();
        let mut seen = 0;
        loop {
            let new = frames.get(seen..).unwrap_or_default();
            if let Some(frame) = new.iter().find(|frame| frame.at >= since && wanted(frame)) {
                return Ok(frame.clone());
            }
            seen = frames.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(frames);
                return Err(LabError::Timeout {
                    what: format!("waiting for {what} on the wire"),
                    bound,
                    diagnostics: self.tail(),
                });
            }
            frames = self
                .shared
                .arrived
                .wait_timeout(frames, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for an advert that came at or after `since` and is wanted.
    ///
    /// # Errors
    /// None came within `bound`.
    pub fn wait_for_advert(
        &self,
        what: &str,
        since: Instant,
        bound: Duration,
        wanted: impl Fn(&SeenAdvert) -> bool,
    ) -> Result<SeenAdvert> {
        let frame = self.wait_for(
            what,
            since,
            bound,
            |frame| matches!(&frame.packet, Packet::Advert(advert) if wanted(advert)),
        )?;
        match frame.packet {
            Packet::Advert(advert) => Ok(advert),
            _ => Err(LabError::Other(format!("{what}: not an advert"))),
        }
    }

    /// Writes all frames so far to a file for tcpdump or Wireshark.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_pcap(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        File::create(path)
            .and_then(|file| pcap::write(&mut BufWriter::new(file), &self.frames()))
            .context(|| format!("writing the capture to {}", path.display()))
    }

    /// The last frames as text, for diagnostics.
    pub(crate) fn tail(&self) -> String {
        let now = Instant::now();
        let frames = self.shared.lock();
        let skipped = frames.len().saturating_sub(FRAMES_SHOWN);
        let mut text = format!("=== wire ({} frames)\n", frames.len());
        for frame in frames.iter().skip(skipped) {
            let ago = now.saturating_duration_since(frame.at).as_secs_f64();
            let what = match &frame.packet {
                Packet::Advert(a) => format!(
                    "advert v{} vrid {} priority {} from {}",
                    a.version.number(),
                    a.vrid,
                    a.priority,
                    a.source
                ),
                Packet::BadAdvert { source, why } => format!("bad advert from {source}: {why}"),
                Packet::Announcement(a) => format!("{:?} for {}", a.kind, a.address),
                Packet::Other => continue,
            };
            text += &format!("    -{ago:.4} s {}: {what}\n", frame.host);
        }
        text
    }

    /// Ends the capture, so that it costs nobody anything any more; what it has seen stays.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Frame>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn receive(&self, socket: &Socket, switch: &Switch) {
        let mut buffer = [0; 2048];
        let mut control = stamp::space();
        while !self.stop.load(Ordering::SeqCst) {
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let received = recvmsg::<LinkAddr>(
                socket.as_raw_fd(),
                &mut slices,
                Some(&mut control),
                MsgFlags::empty(),
            );
            let Ok(message) = received else {
                continue;
            };
            let (at, wall) = stamp::arrival(message.cmsgs().into_iter().flatten());
            let ifindex = message
                .address
                .and_then(|address| u32::try_from(address.ifindex()).ok());
            let length = message.bytes;
            let Some(host) = ifindex.and_then(|ifindex| switch.host_at(ifindex)) else {
                continue;
            };
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            let packet = packet::read(at, &host, &bytes);
            self.lock().push(Frame {
                at,
                host,
                packet,
                bytes,
                wall,
            });
            self.arrived.notify_all();
        }
    }
}

fn open_socket(port: Option<&str>) -> io::Result<Socket> {
    let every_protocol = i32::from((libc::ETH_P_ALL as u16).to_be());
    let socket = Socket::new(
        Domain::PACKET,
        Type::RAW,
        Some(Protocol::from(every_protocol)),
    )?;
    socket.attach_filter(&filter::program())?;
    if setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER).is_err() {
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    }
    socket.set_read_timeout(Some(STOP_WITHIN))?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    if let Some(port) = port {
        let address = nix::ifaddrs::getifaddrs()?
            .filter(|interface| interface.interface_name == port)
            .find_map(|interface| interface.address?.as_link_addr().copied())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no port {port}")))?;
        bind(socket.as_raw_fd(), &address)?;
    }
    Ok(socket)
}
