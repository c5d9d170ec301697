//! From a received packet to the virtual router it is for.

use std::fmt;
use std::net::IpAddr;

use vrrp_core::{Input, State, Verdict};
use vrrp_net::socket::{Received, RecvBatch};
use vrrp_wire::constants::{TTL, TYPE_PROBE};
use vrrp_wire::{Advert, ChecksumForm, DropReason, ParseError};

use super::{PortKey, Protocol};
use crate::daemon::kernel::InstanceId;
use crate::events::What;
use crate::log::limit;

/// Where the VRID stands in every version of the message (RFC 9568 §5.1).
const VRID_OFFSET: usize = 1;

impl Protocol {
    /// Takes in what one socket had.
    pub(super) fn on_packets(&mut self, key: PortKey, batch: &RecvBatch) {
        for received in batch.iter() {
            self.on_packet(key, &received);
        }
        self.settle_groups();
        self.rearm();
    }

    fn on_packet(&mut self, key: PortKey, received: &Received<'_>) {
        let vrid = received.message.get(VRID_OFFSET).copied().unwrap_or(0);
        let Some(index) = self.ports.get(&key).and_then(|port| port.instance(vrid)) else {
            self.view.unknown_vrid.up();
            if let Some(port) = self.ports.get_mut(&key) {
                port.stranger();
            }
            self.log_drop(
                None,
                key,
                received,
                vrid,
                DropReason::UnknownVrid,
                &"not configured here",
            );
            return;
        };
        let least = self.instances[index].plan.min_ttl;
        let (advert, form) = match check(received, least) {
            Ok(checked) => checked,
            Err(Refused::Message(ParseError::Type {
                seen: TYPE_PROBE, ..
            })) => {
                self.probed(index, received.source);
                return;
            }
            Err(refused) => {
                self.count_drop(index, key, received, vrid, refused.reason(), &refused);
                return;
            }
        };
        let instance = &mut self.instances[index];
        let multicast = received.destination.is_multicast();
        if multicast == instance.plan.router.peers.is_some() {
            let text = if multicast {
                "it came by multicast, and this instance is unicast"
            } else {
                "it came by unicast, and this instance is multicast"
            };
            self.count_drop(index, key, received, vrid, DropReason::Destination, &text);
            return;
        }
        let now = super::now();
        let input = Input::Advert {
            source: received.source,
            advert: &advert,
            form,
        };
        match instance.router.handle(now, input) {
            Verdict::Accepted => {
                if advert.priority == 0 {
                    self.instances[index]
                        .view
                        .counters
                        .priority_zero_received
                        .up();
                }
                self.accepted(index, received.source, form);
            }
            Verdict::Dropped(reason) => {
                self.count_drop(index, key, received, vrid, reason, &"see the reason");
            }
        }
        self.settle(index);
    }

    /// Somebody asks with `vrrpd doctor --probe` whether packets arrive.
    fn probed(&mut self, index: usize, source: IpAddr) {
        let instance = &self.instances[index];
        let name = &instance.plan.name;
        instance.view.counters.drop_more(DropReason::Type, 1);
        instance.view.probed(source);
        let key = (Some(instance.id), DropReason::Type);
        if let limit::Verdict::Log { left_out } =
            self.drop_log.check(std::time::Instant::now(), key)
        {
            let message = format!("a probe of `vrrpd doctor` on {source} arrived");
            tracing::info!(instance = name, left_out, "{name}: {message}");
            self.events.publish(What::Notice {
                instance: name.clone(),
                message,
            });
        }
    }

    fn accepted(&mut self, index: usize, source: IpAddr, form: Option<ChecksumForm>) {
        let instance = &mut self.instances[index];
        let view = &instance.view;
        view.counters.adverts_received.up();
        if let Some(form) = form {
            view.counters.form(form).up();
        }
        view.master_heard.touch();
        if let Some(heard) = view.peers().get(&source) {
            heard.touch();
        }
        // Somebody else is master, so what an earlier run of ours left is stale.
        if instance.router.state() == State::Backup {
            self.give_up_left_over(index);
        }
    }

    fn count_drop(
        &mut self,
        index: usize,
        key: PortKey,
        received: &Received<'_>,
        vrid: u8,
        reason: DropReason,
        text: &dyn fmt::Display,
    ) {
        self.instances[index].view.counters.drop_more(reason, 1);
        self.log_drop(Some(index), key, received, vrid, reason, text);
    }

    fn log_drop(
        &mut self,
        index: Option<usize>,
        key: PortKey,
        received: &Received<'_>,
        vrid: u8,
        reason: DropReason,
        text: &dyn fmt::Display,
    ) {
        // Our own packets come back on some devices; that is no news.
        if reason == DropReason::OwnSource {
            return;
        }
        let owner = index.map(|index| self.instances[index].id);
        let logged = self
            .drop_log
            .check(std::time::Instant::now(), (owner, reason));
        let limit::Verdict::Log { left_out } = logged else {
            return;
        };
        let interface = self
            .ports
            .get(&key)
            .map(|port| port.socket.interface().to_string());
        tracing::warn!(
            instance = index.map(|index| self.instances[index].plan.name.as_str()),
            interface,
            vrid,
            source = %received.source,
            reason = reason.as_str(),
            left_out,
            "dropped an advert: {text}"
        );
    }
}

impl Protocol {
    /// Tells the ends of floods: what was left out of the log since its last line.
    pub(super) fn tell_left_out(&mut self) {
        let now = std::time::Instant::now();
        for (key, left_out) in self.drop_log.take_left_out(now) {
            let (owner, reason) = key.map_or((None, None), |(id, reason)| (id, Some(reason)));
            tracing::warn!(
                instance = owner.and_then(|id| self.name_of(id)),
                reason = reason.map(DropReason::as_str),
                left_out,
                "dropped another {left_out} adverts"
            );
        }
        for (key, left_out) in self.send_log.take_left_out(now) {
            tracing::warn!(
                instance = key.and_then(|id| self.name_of(id)),
                left_out,
                "another {left_out} adverts were not sent"
            );
        }
    }

    fn name_of(&self, id: InstanceId) -> Option<&str> {
        let mut instances = self.instances.iter();
        let instance = instances.find(|instance| instance.id == id)?;
        Some(&instance.plan.name)
    }
}

type Checked<'a> = (Advert<'a>, Option<ChecksumForm>);

/// Why a packet was dropped before any virtual router saw it.
enum Refused {
    /// `least` is what the configuration demands of unicast.
    Ttl {
        seen: u8,
        least: Option<u8>,
    },
    TooLong,
    Message(ParseError),
}

impl Refused {
    const fn reason(&self) -> DropReason {
        match self {
            Self::Ttl { .. } => DropReason::Ttl,
            Self::TooLong => DropReason::Length,
            Self::Message(error) => error.reason(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ttl { seen, least: None } => write!(f, "its TTL is {seen} instead of {TTL}"),
            Self::Ttl {
                seen,
                least: Some(least),
            } => write!(
                f,
                "its TTL is {seen}, less than the {least} of `min_ttl`; a router is between, or the \
                 peer sends no more"
            ),
            Self::TooLong => f.write_str("it is longer than any advert"),
            Self::Message(error) => error.fmt(f),
        }
    }
}

/// The checks that concern the packet alone (RFC 9568 §7.1). `least` is the least TTL of unicast,
/// which is not RFC 9568's; what came by multicast was not forwarded if its TTL is the full one.
fn check<'a>(received: &Received<'a>, least: u8) -> Result<Checked<'a>, Refused> {
    let least = (!received.destination.is_multicast()).then_some(least);
    if received.ttl < least.unwrap_or(TTL) {
        return Err(Refused::Ttl {
            seen: received.ttl,
            least,
        });
    }
    if received.truncated {
        return Err(Refused::TooLong);
    }
    Advert::parse(received.message, received.source, received.destination).map_err(Refused::Message)
}
