//! The other routers heard under our identifier, and what is odd about them.

use core::net::IpAddr;

use vrrp_wire::{Advert, Centiseconds};

use crate::{Event, Instant, PeerInfo};

use super::VirtualRouter;
use super::startup::OWNER;

/// More than share a segment in earnest; forged sources cannot make the table grow further.
const MAX_PEERS: usize = 32;

#[derive(Clone, Debug, Default)]
pub(super) struct Peers {
    list: Vec<Peer>,
}

#[derive(Clone, Debug)]
struct Peer {
    info: PeerInfo,
    told: Told,
}

/// What was last told about a peer, so that only a change is told again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    equal_priority: Option<u8>,
    list: ListMatch,
    interval: Option<Centiseconds>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ListMatch {
    #[default]
    Same,
    Differs,
    Foreign,
}

impl Peers {
    pub(super) fn iter(&self) -> impl Iterator<Item = PeerInfo> + '_ {
        self.list.iter().map(|peer| peer.info)
    }

    /// What is odd about a peer is told again when it is next heard: whoever shows warnings may
    /// drop them with a change of state.
    pub(super) fn tell_again(&mut self) {
        for peer in &mut self.list {
            peer.told = Told::default();
        }
    }

    /// The entry of `source`: found, made, or that of the peer heard longest ago.
    fn entry(&mut self, source: IpAddr, now: Instant) -> &mut Peer {
        let blank = Peer {
            info: PeerInfo {
                address: source,
                priority: 0,
                interval: Centiseconds(0),
                last_heard: now,
            },
            told: Told::default(),
        };
        if let Some(index) = self
            .list
            .iter()
            .position(|peer| peer.info.address == source)
        {
            return &mut self.list[index];
        }
        let oldest = self
            .list
            .iter()
            .enumerate()
            .min_by_key(|(_, peer)| peer.info.last_heard);
        match oldest.map(|(index, _)| index) {
            Some(index) if self.list.len() >= MAX_PEERS => {
                self.list[index] = blank;
                &mut self.list[index]
            }
            _ => {
                self.list.reserve_exact(1);
                self.list.push_mut(blank)
            }
        }
    }
}

impl VirtualRouter {
    /// Notes who sent an accepted advert and tells what changed about that peer. Neither another
    /// interval (RFC 9568 §5.2.7) nor another list of addresses makes us drop it.
    pub(super) fn note_peer(&mut self, source: IpAddr, advert: &Advert<'_>) {
        let list = self.match_list(advert);
        let own = self.effective;
        let own_interval = self.config.advert_interval;
        let peer = self.peers.entry(source, self.now);
        peer.info = PeerInfo {
            address: source,
            priority: advert.priority,
            interval: advert.interval,
            last_heard: self.now,
        };
        let before = peer.told;
        let now = Told {
            equal_priority: match advert.priority {
                // A router that leaves tells nothing of its priority.
                0 => before.equal_priority,
                priority => (priority == own).then_some(own),
            },
            list,
            interval: (advert.interval != own_interval).then_some(advert.interval),
        };
        if now != before {
            peer.told = now;
            self.tell_peer(source, before, now);
        }
    }

    fn tell_peer(&mut self, source: IpAddr, before: Told, now: Told) {
        if now.equal_priority != before.equal_priority {
            match now.equal_priority {
                Some(OWNER) => self.warn(Event::DuplicateOwner { source }),
                Some(priority) => self.warn(Event::EqualPriority { source, priority }),
                None => {}
            }
        }
        if now.list != before.list && now.list != ListMatch::Same {
            let foreign = now.list == ListMatch::Foreign;
            self.warn(Event::AddressListDiffers { source, foreign });
        }
        if now.interval != before.interval
            && let Some(heard) = now.interval
        {
            let own = self.config.advert_interval;
            self.warn(Event::IntervalDiffers { source, heard, own });
        }
    }

    fn match_list(&self, advert: &Advert<'_>) -> ListMatch {
        let own = &self.config.addresses;
        if advert.addresses.same_set(own) {
            ListMatch::Same
        } else if own.iter().any(|address| advert.addresses.contains(address)) {
            ListMatch::Differs
        } else {
            ListMatch::Foreign
        }
    }
}
