//! The Master state (RFC 9568 §6.4.3, where it is called Active).

use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::Advert;

use crate::{Cause, Event, Output, State};

use super::VirtualRouter;
use super::election::beats;

impl VirtualRouter {
    /// What a new master does, in the order of RFC 9568 §6.4.2: advert, addresses, announcement.
    pub(super) fn begin_mastership(&mut self) {
        self.send_advert(None);
        self.restart_advert_timer();
        self.acquire_addresses();
        self.announce_from_now();
        self.offer_wait = Duration::ZERO;
        self.arm_next_offer();
    }

    pub(super) fn on_advert_as_master(&mut self, source: IpAddr, advert: &Advert<'_>) {
        let first = self.predecessor.take_if(|before| *before == source);
        if self.leave.is_some() {
            if first.is_none() || !self.crossed_our_leave(advert) {
                self.on_advert_while_leaving(source, advert);
            }
        } else if advert.priority == 0 {
            // RFC 9568 §6.4.3: advertise at once and start Adver_Timer anew.
            if self.assert_mastership(advert.interval) {
                self.restart_advert_timer();
            }
        } else if beats(advert.priority, source, self.effective, self.source) {
            self.give_way(source, advert);
        } else {
            self.on_conflict(source, advert);
        }
    }

    /// The other master wins (RFC 9568 §6.4.3).
    ///
    /// Beyond the RFC we say goodbye with an ordinary advert. After a partition the winner may
    /// have heard nothing of us; this tells it to announce the addresses again, or our clients
    /// would keep our hardware address. Other peers' masters do the same on hearing it.
    fn give_way(&mut self, source: IpAddr, advert: &Advert<'_>) {
        let own = self.effective;
        let priority = advert.priority;
        self.send_goodbye(advert.interval);
        let cause = if priority > own {
            Cause::HigherPriority {
                master: source,
                priority,
                own,
            }
        } else {
            Cause::GreaterAddress {
                master: source,
                priority,
            }
        };
        self.make_way(State::Backup, cause);
        self.follow(source, advert);
    }

    /// The other master loses: its advert is discarded, ours follows at once (RFC 9568 §6.4.3),
    /// and the addresses are announced again, for it may have announced them as its own.
    pub(super) fn on_conflict(&mut self, source: IpAddr, advert: &Advert<'_>) {
        self.assert_mastership(advert.interval);
        self.announce_after_conflict();
        // The master that we took over from has not heard of it yet: not a conflict.
        if self.now.since(self.since) <= self.own_interval() {
            return;
        }
        self.counters.master_conflicts += 1;
        let quiet = self.master_down_interval();
        let known = self
            .last_conflict
            .is_some_and(|(address, at)| address == source && self.now.since(at) <= quiet);
        self.last_conflict = Some((source, self.now));
        if !known && self.conflict_limit.allow(self.now) {
            let (priority, own) = (advert.priority, self.effective);
            self.push(Output::Event(Event::Conflict {
                source,
                priority,
                own,
            }));
        }
    }
}
