//! The UDP responder of a host: answers every probe with the host's name, from the address the
//! probe was sent to.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};

use crate::error::{Context, Result};
use crate::host::Host;

/// UDP port of the responders.
pub const ECHO_PORT: u16 = 7007;
const STOP_WITHIN: Duration = Duration::from_millis(20);

/// The responders of a host, one per family.
#[derive(Debug)]
pub(crate) struct Echo {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Echo {
    pub(crate) fn start(host: &Host) -> Result<Self> {
        let mut echo = Self {
            stop: Arc::new(AtomicBool::new(false)),
            threads: Vec::new(),
        };
        let open = |address: IpAddr| host.enter(move || open(address));
        let v4 = open(Ipv4Addr::UNSPECIFIED.into())?
            .context(|| format!("opening UDP port {ECHO_PORT} on {}", host.name()))?;
        echo.serve(host, v4)?;
        // A kernel without IPv6 has no IPv6 labs either.
        if let Ok(v6) = open(Ipv6Addr::UNSPECIFIED.into())? {
            echo.serve(host, v6)?;
        }
        Ok(echo)
    }

    fn serve(&mut self, host: &Host, socket: UdpSocket) -> Result<()> {
        let name = host.name().to_owned();
        let stop = Arc::clone(&self.stop);
        let thread = thread::Builder::new()
            .name(format!("echo-{name}"))
            .spawn(move || {
                super::hurry();
                while !stop.load(Ordering::SeqCst) {
                    // Without a route back there is nothing to answer; a timeout is a chance to stop.
                    let _ = answer_one(&socket, name.as_bytes());
                }
            })
            .context(|| format!("starting the UDP responder of {}", host.name()))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn open(address: IpAddr) -> io::Result<UdpSocket> {
    let domain = socket2::Domain::for_address(SocketAddr::new(address, ECHO_PORT));
    let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
        setsockopt(&socket, Ipv6RecvPacketInfo, &true)?;
    } else {
        setsockopt(&socket, Ipv4PacketInfo, &true)?;
    }
    socket.set_read_timeout(Some(STOP_WITHIN))?;
    socket.bind(&SocketAddr::new(address, ECHO_PORT).into())?;
    Ok(socket.into())
}

/// Receives a probe and answers it. The source of an answer is the destination of its probe,
/// which the kernel would not choose by itself for a virtual address.
fn answer_one(socket: &UdpSocket, name: &[u8]) -> nix::Result<()> {
    let fd = socket.as_raw_fd();
    let mut probe = [0; 64];
    let mut control = nix::cmsg_space!(libc::in6_pktinfo);
    let mut slices = [IoSliceMut::new(&mut probe)];
    let received =
        recvmsg::<SockaddrStorage>(fd, &mut slices, Some(&mut control), MsgFlags::empty())?;
    let info = received.cmsgs()?.next();
    let (peer, length) = (received.address, received.bytes);
    let answer = [
        IoSlice::new(probe.get(..length).unwrap_or_default()),
        IoSlice::new(name),
    ];
    let send = |control: ControlMessage<'_>| {
        sendmsg(fd, &answer, &[control], MsgFlags::empty(), peer.as_ref()).map(drop)
    };
    match info {
        Some(ControlMessageOwned::Ipv4PacketInfo(mut info)) => {
            info.ipi_spec_dst = info.ipi_addr;
            info.ipi_ifindex = 0;
            send(ControlMessage::Ipv4PacketInfo(&info))
        }
        Some(ControlMessageOwned::Ipv6PacketInfo(info)) => {
            send(ControlMessage::Ipv6PacketInfo(&info))
        }
        _ => Ok(()),
    }
}
