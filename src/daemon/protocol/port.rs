//! The sockets of one interface and family, and which virtual router serves which VRID there.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::task::{AbortHandle, spawn_local, yield_now};
use vrrp_net::Interface;
use vrrp_net::socket::{BATCH, RecvBatch, SocketError, VrrpSocket};
use vrrp_wire::Family;

use super::Protocol;

/// Index of the interface, and the family.
pub(super) type PortKey = (u32, Family);

/// How long a socket rests after an error, so that a lasting one does not spin.
const REST: Duration = Duration::from_millis(100);

/// Nobody serves this VRID.
const NOBODY: usize = usize::MAX;

pub(super) struct Port {
    pub(super) socket: Rc<VrrpSocket>,
    instances: Box<[usize; 256]>,
    reader: AbortHandle,
}

impl Port {
    /// Opens the sockets and begins to read.
    pub(super) fn open(
        protocol: &Weak<RefCell<Protocol>>,
        interface: &Interface,
        family: Family,
    ) -> Result<Self, SocketError> {
        let socket = Rc::new(VrrpSocket::open(interface, family)?);
        let key = (interface.index, family);
        let reader = spawn_local(read(protocol.clone(), key, Rc::clone(&socket)));
        Ok(Self {
            socket,
            instances: Box::new([NOBODY; 256]),
            reader: reader.abort_handle(),
        })
    }

    /// Who serves this VRID.
    pub(super) fn instance(&self, vrid: u8) -> Option<usize> {
        let index = self.instances[usize::from(vrid)];
        (index != NOBODY).then_some(index)
    }

    /// From now on `instance` serves `vrid`.
    pub(super) fn assign(&mut self, vrid: u8, instance: usize) {
        self.instances[usize::from(vrid)] = instance;
    }

    /// Nobody serves anything.
    pub(super) fn clear(&mut self) {
        self.instances.fill(NOBODY);
    }

    /// Whether nobody serves anything here.
    pub(super) fn is_idle(&self) -> bool {
        self.instances.iter().all(|instance| *instance == NOBODY)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // Now, not when the reader's task is over: another port may be opened before. Where the
        // interface is gone there is nothing to leave.
        let _ = self.socket.leave();
        self.reader.abort();
    }
}

async fn read(protocol: Weak<RefCell<Protocol>>, key: PortKey, socket: Rc<VrrpSocket>) {
    let mut batch = RecvBatch::new();
    loop {
        let result = socket.recv_batch(&mut batch).await;
        let Some(protocol) = protocol.upgrade() else {
            return;
        };
        match result {
            Ok(count) => {
                protocol.borrow_mut().on_packets(key, &batch);
                drop(protocol);
                // Under a flood, timers and the other sockets get their turn.
                if count == BATCH {
                    yield_now().await;
                }
            }
            Err(error) => {
                drop(protocol);
                tracing::warn!(interface = %socket.interface(), %error, "receiving adverts failed");
                tokio::time::sleep(REST).await;
            }
        }
    }
}
