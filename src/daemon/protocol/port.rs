//! The sockets of one interface and family, and which virtual router serves which VRID there.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::task::{AbortHandle, spawn_local, yield_now};
use vrrp_net::Interface;
use vrrp_net::socket::{BATCH, Outbox, SocketError, VrrpSocket};
use vrrp_wire::Family;

use super::{Protocol, SharedBatch};

/// Index of the interface, and the family.
pub(super) type PortKey = (u32, Family);

/// How long a socket rests after an error, so that a lasting one does not spin.
const REST: Duration = Duration::from_millis(100);

/// Packets for VRIDs that nobody here serves, brought in by one socket between two ticks, after
/// which the kernel drops them unseen.
const MANY_STRANGERS: u32 = 1000;
/// For so many ticks. Then they are looked at again, so that they are counted and told of.
const SHUT_OUT: u32 = 10;

/// Nobody serves this VRID.
const NOBODY: usize = usize::MAX;

pub(super) struct Port {
    pub(super) socket: Rc<VrrpSocket>,
    /// Adverts that are to go out together.
    pub(super) outbox: Outbox,
    instances: Box<[usize; 256]>,
    /// Packets for nobody here since the last tick.
    strangers: u32,
    /// Ticks until such packets come in again; 0 while they do.
    shut_out: u32,
    reader: AbortHandle,
}

impl Port {
    /// Opens the sockets and begins to read.
    pub(super) fn open(
        protocol: &Weak<RefCell<Protocol>>,
        batch: &SharedBatch,
        interface: &Interface,
        family: Family,
    ) -> Result<Self, SocketError> {
        let socket = Rc::new(VrrpSocket::open(interface, family)?);
        let key = (interface.index, family);
        let reader = spawn_local(read(
            protocol.clone(),
            key,
            Rc::clone(&socket),
            Rc::clone(batch),
        ));
        Ok(Self {
            socket,
            outbox: Outbox::default(),
            instances: Box::new([NOBODY; 256]),
            strangers: 0,
            shut_out: 0,
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
        self.let_in();
        self.instances[usize::from(vrid)] = instance;
    }

    /// `instance` serves `vrid` no more.
    pub(super) fn withdraw(&mut self, vrid: u8, instance: usize) {
        let served = &mut self.instances[usize::from(vrid)];
        if *served == instance {
            *served = NOBODY;
        }
    }

    /// Nobody serves anything.
    pub(super) fn clear(&mut self) {
        self.let_in();
        self.instances.fill(NOBODY);
    }

    /// A packet came for a VRID that nobody here serves. When there are very many, the kernel is
    /// told to drop them before they wake this thread.
    pub(super) fn stranger(&mut self) {
        self.strangers = self.strangers.saturating_add(1);
        if self.strangers != MANY_STRANGERS || self.shut_out > 0 {
            return;
        }
        let served: Vec<u8> = (0..=u8::MAX)
            .filter(|vrid| self.instance(*vrid).is_some())
            .collect();
        let interface = self.socket.interface();
        match self.socket.set_vrids(Some(&served)) {
            Ok(()) => {
                self.shut_out = SHUT_OUT;
                tracing::warn!(
                    %interface,
                    "a flood of adverts for virtual routers that are not configured here on \
                     {interface}; the kernel drops them for {SHUT_OUT} s, and they are not counted"
                );
            }
            Err(error) => tracing::warn!(%interface, "a flood of adverts goes on: {error}"),
        }
    }

    /// Once a second.
    pub(super) fn tick(&mut self) {
        self.strangers = 0;
        if self.shut_out == 1 {
            self.let_in();
        } else {
            self.shut_out = self.shut_out.saturating_sub(1);
        }
    }

    /// Every VRID comes in again.
    fn let_in(&mut self) {
        if self.shut_out == 0 {
            return;
        }
        match self.socket.set_vrids(None) {
            Ok(()) => self.shut_out = 0,
            Err(error) => {
                // Tried again with the next tick.
                self.shut_out = 1;
                tracing::error!(interface = %self.socket.interface(), "{error}");
            }
        }
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

async fn read(
    protocol: Weak<RefCell<Protocol>>,
    key: PortKey,
    socket: Rc<VrrpSocket>,
    batch: SharedBatch,
) {
    loop {
        let result = socket.recv_shared(&batch).await;
        let Some(protocol) = protocol.upgrade() else {
            return;
        };
        match result {
            Ok(count) => {
                protocol.borrow_mut().on_packets(key, &batch.borrow());
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
