//! Sending adverts: one at once, or those that are due together by one call to the kernel.

use std::fmt::Display;

use vrrp_core::AdvertOut;
use vrrp_net::socket::Datagram;
use vrrp_wire::Family;
use vrrp_wire::constants::{GROUP_V4, GROUP_V6};

use super::Protocol;
use super::instance::Instance;
use super::port::PortKey;
use crate::daemon::kernel::InstanceId;
use crate::log::limit::{Limiter, Verdict};

/// Adverts that wait for others which are due now.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// Whether adverts wait at all.
    on: bool,
    /// Where some wait.
    ports: Vec<PortKey>,
}

impl Protocol {
    /// From now on adverts wait until [`flush_adverts`](Self::flush_adverts) or until one call to
    /// the kernel takes no more.
    pub(super) fn gather_adverts(&mut self) {
        self.gathering.on = true;
    }

    /// Sends what waits, and from now on every advert at once.
    pub(super) fn send_gathered(&mut self) {
        self.flush_adverts();
        self.gathering.on = false;
    }

    /// Sends what waits.
    pub(super) fn flush_adverts(&mut self) {
        while let Some(key) = self.gathering.ports.pop() {
            self.flush(key);
        }
    }

    /// Sends an advert of one instance to the group or to each peer.
    pub(super) fn send_advert(&mut self, index: usize, out: &AdvertOut) {
        let instance = &mut self.instances[index];
        let Some(place) = &instance.place else { return };
        let key = (place.interface.index, instance.view.family);
        let Some(port) = self.ports.get_mut(&key) else {
            return;
        };
        let advert = instance.router.advert(out);
        let group = match instance.view.family {
            Family::V4 => GROUP_V4.into(),
            Family::V6 => GROUP_V6.into(),
        };
        let destinations = match &instance.plan.router.peers {
            Some(peers) => peers.as_slice(),
            None => std::slice::from_ref(&group),
        };
        instance.message.resize(advert.buffer_len(), 0);
        for destination in destinations {
            match advert.emit(&mut instance.message, place.source, *destination, out.form) {
                Ok(length) => port.outbox.push(
                    token(index, advert.priority),
                    &Datagram {
                        source: place.source,
                        destination: *destination,
                        message: &instance.message[..length],
                    },
                ),
                Err(error) => {
                    let name = &instance.plan.name;
                    tell_unsent(&mut self.send_log, instance.id, name, &error);
                }
            }
        }
        if let Some(lateness) = out.lateness {
            instance.view.lateness.observe(lateness.as_secs_f64());
        }
        if !self.gathering.on || port.outbox.is_full() {
            self.flush(key);
        } else if !self.gathering.ports.contains(&key) {
            self.gathering.ports.push(key);
        }
    }

    fn flush(&mut self, key: PortKey) {
        let Self {
            ports,
            instances,
            send_log,
            ..
        } = self;
        let Some(port) = ports.get_mut(&key) else {
            return;
        };
        port.socket.send_all(&mut port.outbox, |token, result| {
            let (index, is_leave) = read_token(token);
            let Some(Instance { id, plan, view, .. }) = instances.get(index) else {
                return;
            };
            match result {
                Ok(()) => {
                    view.counters.adverts_sent.up();
                    if is_leave {
                        view.counters.priority_zero_sent.up();
                    }
                }
                Err(error) => tell_unsent(send_log, *id, &plan.name, &error),
            }
        });
    }
}

/// What a packet is known by while it waits: whose it is, and whether it is a leave (RFC 9568
/// §5.2.4).
const fn token(index: usize, priority: u8) -> usize {
    index << 1 | (priority == 0) as usize
}

const fn read_token(token: usize) -> (usize, bool) {
    (token >> 1, token & 1 == 1)
}

fn tell_unsent(log: &mut Limiter<InstanceId>, id: InstanceId, name: &str, error: &dyn Display) {
    let now = std::time::Instant::now();
    if let Verdict::Log { left_out } = log.check(now, id) {
        tracing::warn!(instance = name, left_out, "an advert was not sent: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_whose_advert_it_was_and_whether_a_leave() {
        for index in [0, 1, 3999] {
            assert_eq!(read_token(token(index, 0)), (index, true));
            assert_eq!(read_token(token(index, 255)), (index, false));
        }
    }
}
