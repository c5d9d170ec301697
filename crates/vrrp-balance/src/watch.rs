//! News of changes to the table, from the kernel.

use std::io;

use netlink_packet_core::{NetlinkBuffer, NlasIterator};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket};
use nix::errno::Errno;

use crate::error::BalanceError;
use crate::ruleset::TABLE;

/// `NFNLGRP_NFTABLES`.
const GROUP: u32 = 7;
/// `NFNL_SUBSYS_NFTABLES`, the upper half of a message's type.
const SUBSYSTEM: u16 = 10;
/// Bytes of a netlink message header, and of the netfilter header behind it.
const HEADERS: usize = 16 + 4;
/// The attribute with the table's name, the same number in messages of all kinds.
const NAME: u16 = 1;
/// `NFT_MSG_NEWGEN`, which ends the news of a transaction and has other attributes.
const NEW_GENERATION: u16 = 15;

/// A subscription to changes of the table.
pub struct Watch {
    socket: TokioSocket,
}

impl Watch {
    pub(crate) fn open() -> Result<Self, BalanceError> {
        let open = || {
            let mut socket = TokioSocket::new(NETLINK_NETFILTER)?;
            socket.socket_mut().bind(&SocketAddr::new(0, 0))?;
            socket.socket_mut().add_membership(GROUP)?;
            Ok(Self { socket })
        };
        open().map_err(failed)
    }

    /// Waits until a transaction touches the table, one's own included, or until news was
    /// lost. Cancel safe.
    ///
    /// # Errors
    /// The socket failed; make a new watch.
    pub async fn changed(&mut self) -> Result<(), BalanceError> {
        loop {
            match self.socket.recv_from_full().await {
                // Port 0 is the kernel; anybody else may only pretend.
                Ok((bytes, sender)) if sender.port_number() == 0 && touches(&bytes) => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {
                    return Ok(());
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

fn failed(source: io::Error) -> BalanceError {
    BalanceError::Netlink {
        attempt: "watching the nftables table inet vrrpd",
        feature: "CONFIG_NF_TABLES",
        source,
    }
}

/// Whether one of the messages in `bytes` is about the table, or cannot be read.
fn touches(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let Ok(frame) = NetlinkBuffer::new_checked(rest) else {
            return true;
        };
        let length = usize::try_from(frame.length()).unwrap_or(rest.len());
        let kind = frame.message_type();
        if kind >> 8 == SUBSYSTEM && kind & 0xff != NEW_GENERATION {
            let attributes = rest.get(HEADERS..length).unwrap_or_default();
            let name = NlasIterator::new(attributes)
                .filter_map(Result::ok)
                .find(|attribute| attribute.kind() == NAME);
            if name.is_some_and(|name| name.value() == [TABLE.as_bytes(), &[0]].concat()) {
                return true;
            }
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}
