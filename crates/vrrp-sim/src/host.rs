//! One host: its program, its clock, and what its kernel holds.

use std::collections::VecDeque;

use vrrp_core::Instant;

use crate::clock::Clock;
use crate::node::Node;

/// A packet on its way, or in a socket whose owner does not run.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) from: usize,
    pub(crate) bytes: std::rc::Rc<[u8]>,
}

/// More than this a socket does not keep.
const SOCKET_BUFFER: usize = 256;

#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) clock: Clock,
    /// `None` while no program runs.
    pub(crate) node: Option<Node>,
    /// Until when the program gets no time; 0 if it runs.
    pub(crate) stalled_until: u64,
    pub(crate) link: bool,
    /// Until when the kernel keeps the address; `None` if it has none.
    pub(crate) held_until: Option<u64>,
    pub(crate) socket: VecDeque<Packet>,
    /// When it last became master.
    pub(crate) master_since: u64,
    /// Whether its last advert had priority 0.
    pub(crate) said_goodbye: bool,
    /// When it last advertised again after priority 0.
    pub(crate) resumed: u64,
    /// The deadline last looked at, and the simulation's time of it.
    wakes_at: (Instant, u64),
}

impl Host {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            node: None,
            stalled_until: 0,
            link: true,
            held_until: None,
            socket: VecDeque::new(),
            master_since: 0,
            said_goodbye: false,
            resumed: 0,
            wakes_at: (Instant::from_nanos(clock.offset), 0),
        }
    }

    pub(crate) fn runs(&self) -> bool {
        self.node.is_some() && self.stalled_until == 0
    }

    /// Whether it answers for the address.
    pub(crate) fn holds(&self) -> bool {
        self.held_until.is_some() && self.link
    }

    pub(crate) fn queue(&mut self, packet: Packet) {
        if self.socket.len() < SOCKET_BUFFER {
            self.socket.push_back(packet);
        }
    }

    /// When its program wants time next.
    pub(crate) fn wakes(&mut self) -> Option<u64> {
        if !self.runs() {
            return None;
        }
        let deadline = self.node.as_ref()?.deadline()?;
        if self.wakes_at.0 != deadline {
            self.wakes_at = (deadline, self.clock.time(deadline));
        }
        Some(self.wakes_at.1)
    }
}
