//! Somebody on the segment who asks for the address and goes by announcements alone: it never
//! asks for a hardware address by itself, as a client with a fresh entry does not.

use super::{Event, World};
use crate::fault::CLIENT;
use crate::watch::Invariant;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;

impl World<'_> {
    /// `host` announces: the client hears of it, unless something is in between.
    pub(super) fn announce(&mut self, host: usize) {
        let lost = self.loss();
        if !self.reaches(host, CLIENT) || self.dice.per_million(lost) {
            return;
        }
        let network = self.scenario.network;
        let delay = self.dice.between(network.delay_min, network.delay_max);
        self.schedule(self.time + delay, Event::Announced(host));
    }

    /// The client asks whom it should: the host that holds the address has announced since it
    /// could last be heard.
    pub(super) fn check_client(&mut self) {
        let mut holders = (0..self.hosts.len()).filter(|host| self.hosts[*host].holds());
        let (Some(holder), None) = (holders.next(), holders.next()) else {
            return;
        };
        if self.is_model(holder) || !self.hosts[holder].runs() || self.client == Some(holder) {
            return;
        }
        let began = self.hosts[holder].master_since;
        let heard_from = began.max(self.watch.disturbed);
        if self.time - heard_from > self.next_announcement(holder, self.time - began) {
            let seen = format!("the client asks {:?}, not host {holder}", self.client);
            self.watch
                .violated(Invariant::ClientsFindTheMaster, self.time, seen);
        }
    }

    /// How long a host that has been master for so long may take to announce again, and to be
    /// heard.
    fn next_announcement(&self, host: usize, master_for: u64) -> u64 {
        let interval = u64::from(self.configs[host].advert_interval.0) * 10 * MILLI;
        let first = (interval * 3).clamp(100 * MILLI, SECOND);
        let step = (master_for / 4).max(first).min(60 * SECOND);
        step + interval.min(SECOND) + interval / 32 + self.scenario.network.delay_max + MILLI
    }
}
