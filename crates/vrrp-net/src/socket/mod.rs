//! The sockets that carry adverts: one receiving and one sending raw socket per interface and
//! family, shared by every virtual router there.

mod batch;
mod error;
pub(crate) mod filter;
pub(crate) mod open;
mod outbox;
pub(crate) mod send;

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use socket2::{SockRef, Socket};
use vrrp_wire::Family;

pub use self::batch::{BATCH, Received, RecvBatch};
pub use self::error::{SendError, SocketError};
use self::filter::VridSet;
pub use self::outbox::{OUTBOX, Outbox};
use crate::Interface;
use crate::poll::{Left, Readable};

/// One packet to send.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// An address of this host; the packet's source.
    pub source: IpAddr,
    /// The group or a unicast peer, of the socket's family.
    pub destination: IpAddr,
    /// The VRRP message, without IP header.
    pub message: &'a [u8],
}

/// Protocol 112 on one interface, in one family.
///
/// Receives what came from the wire for the group or for an address of ours; packets this
/// host sent itself never return. Sends with TTL 255 and TOS 0xc0. When the interface is
/// deleted the socket stays silent for ever: open a new one for the new interface.
#[derive(Debug)]
pub struct VrrpSocket {
    interface: Interface,
    family: Family,
    receiver: Readable,
    sender: Socket,
}

impl VrrpSocket {
    /// Opens both sockets and joins the group. Call inside a tokio runtime.
    ///
    /// # Errors
    /// What was tried on which interface, what the kernel said and what to do: a missing
    /// CAP_NET_RAW, a missing interface, a family that is switched off.
    pub fn open(interface: &Interface, family: Family) -> Result<Self, SocketError> {
        let receiver = open::receiver(interface, family)?;
        let sender = open::sender(interface, family)?;
        let steps = open::Steps(interface);
        steps.check(
            "attaching a packet filter",
            receiver.attach_filter(&filter::adverts(family, None)),
        )?;
        let receiver = steps.check("watching a socket", Readable::new(OwnedFd::from(receiver)))?;
        Ok(Self {
            interface: interface.clone(),
            family,
            receiver,
            sender,
        })
    }

    /// Leaves the group, before another socket joins it in this one's stead.
    ///
    /// When a socket is closed, the kernel takes its membership from whatever interface has the
    /// index now. Where that is not the interface that was joined (it was away in another
    /// namespace), that ends the membership of the newer socket.
    ///
    /// # Errors
    /// The interface is gone, and the membership with it.
    pub fn leave(&self) -> io::Result<()> {
        open::leave(
            &SockRef::from(&self.receiver.as_fd()),
            self.interface.index,
            self.family,
        )
    }

    /// The interface this was opened on.
    #[must_use]
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The family of every packet here.
    #[must_use]
    pub fn family(&self) -> Family {
        self.family
    }

    /// Lets only adverts of `vrids` through, all with `None` (as opened). What is not let
    /// through wakes nobody and is counted by nobody.
    ///
    /// # Errors
    /// The kernel refused the filter; the earlier one stays.
    pub fn set_vrids(&self, vrids: Option<&[u8]>) -> Result<(), SocketError> {
        let program = filter::adverts(self.family, vrids.map(VridSet::new));
        open::Steps(&self.interface).check(
            "attaching a packet filter",
            SockRef::from(&self.receiver.as_fd()).attach_filter(&program),
        )
    }

    /// Waits for packets and puts up to [`BATCH`] of them into `batch`. Cancel safe: a packet
    /// is taken from the kernel only by a call that returns it.
    ///
    /// # Errors
    /// What the kernel said; the socket may be tried again.
    pub async fn recv_batch(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        self.receiver.read(|| self.fill(batch)).await
    }

    /// Like [`recv_batch`](Self::recv_batch), into a batch that many sockets of one thread share.
    /// What it holds is of this socket until the caller next waits for anything.
    ///
    /// # Errors
    /// What the kernel said; the socket may be tried again.
    pub async fn recv_shared(&self, batch: &RefCell<RecvBatch>) -> io::Result<usize> {
        self.receiver
            .read(|| self.fill(&mut batch.borrow_mut()))
            .await
    }

    fn fill(&self, batch: &mut RecvBatch) -> io::Result<(usize, Left)> {
        let count = batch.fill(self.receiver.as_fd(), self.family)?;
        let left = if batch.was_full() {
            Left::Perhaps
        } else {
            Left::Nothing
        };
        Ok((count, left))
    }

    /// Like [`recv_batch`](Self::recv_batch) without waiting: 0 when there is nothing.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn try_recv_batch(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        match batch.fill(self.receiver.as_fd(), self.family) {
            Ok(count) => Ok(count),
            Err(nix::errno::Errno::EAGAIN) => Ok(0),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Sends one packet now or not at all.
    ///
    /// # Errors
    /// Why it was not sent; [`SendError::is_retryable`] when the kernel was merely busy.
    pub fn send(
        &self,
        source: IpAddr,
        destination: IpAddr,
        message: &[u8],
    ) -> Result<(), SendError> {
        send::datagram(
            self.sender.as_raw_fd(),
            self.interface.index,
            source,
            destination,
            message,
        )
        .map_err(|errno| {
            let errno = send::cause(&self.sender, errno);
            SendError::new(&self.interface, source, destination, errno)
        })
    }

    /// Sends what waits in `outbox`, whatever becomes of each, and empties it: many packets by
    /// one call to the kernel. `done` is told of every packet, by its token and in order, whether
    /// it was sent or why not.
    pub fn send_all(
        &self,
        outbox: &mut Outbox,
        mut done: impl FnMut(usize, Result<(), SendError>),
    ) {
        outbox.send(
            self.sender.as_fd(),
            self.interface.index,
            |token, datagram, sent| {
                let sent = sent.map_err(|errno| {
                    let errno = send::cause(&self.sender, errno);
                    SendError::new(
                        &self.interface,
                        datagram.source,
                        datagram.destination,
                        errno,
                    )
                });
                done(token, sent);
            },
        );
    }
}
