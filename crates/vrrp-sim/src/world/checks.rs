//! The invariants, looked at whenever time passes or something changes.

use vrrp_core::{Cause, State};

use super::World;
use crate::host::Host;
use crate::node::Node;
use crate::watch::Invariant;

/// What a clock that is 200 ppm off, and rounding, may add.
const SLACK: u64 = 1_000_000;
/// How long addresses may stay on a host whose successor was heard.
const LINGER: u64 = 5_000_000;

impl World<'_> {
    /// How long after the last disturbance everything has to be in its place: twice
    /// Master_Down_Interval, and the time a master that hands over to nobody keeps trying.
    pub(super) fn settling(&self) -> u64 {
        let delays = 8 * self.scenario.network.delay_max;
        let basic = 2 * self.master_down_interval() + self.handover() + delays + SLACK;
        basic + self.silence()
    }

    /// A Keepalived master that has not heard the form it wants puts its advert off each time
    /// it drops one of ours. Which of the two fires first is then a race in each interval, and
    /// it may lose a good many before we hear it and learn its form.
    fn silence(&self) -> u64 {
        if self.mixed { 24 * self.interval } else { 0 }
    }

    /// How long a master that hands over keeps the address if it hears no successor.
    fn handover(&self) -> u64 {
        let interval = self.interval;
        interval + (interval / 4).clamp(50_000_000, 1_000_000_000)
    }

    /// Lets time pass. What lasted until now has its length; what is settled is looked at.
    pub(super) fn pass(&mut self, to: u64) {
        self.time = to;
        self.check_gap();
        self.check_doubled();
        if to >= self.watch.disturbed + self.settling() && self.network_faults.is_empty() {
            self.check_settled();
        }
    }

    /// Something went wrong, was asked for, or is over.
    pub(super) fn disturb(&mut self, planned: bool) {
        let settled = self.time >= self.watch.disturbed + self.settling();
        self.watch.calm &= planned && settled;
        self.watch.disturbed = self.time;
    }

    fn may_be_master(host: &Host) -> bool {
        host.runs()
            && host.link
            && host.node.as_ref().is_some_and(|node| {
                !node.drained() && matches!(node.state(), State::Backup | State::Master)
            })
    }

    fn candidates(&self) -> impl Iterator<Item = &Node> {
        self.hosts
            .iter()
            .filter(|host| Self::may_be_master(host))
            .filter_map(|host| host.node.as_ref())
    }

    pub(super) fn check_holders(&mut self) {
        let holders = self.hosts.iter().filter(|host| host.holds()).count();
        let running = self
            .hosts
            .iter()
            .filter(|host| host.holds() && host.runs())
            .count();
        if holders > 0 {
            self.watch.gap_since = None;
            self.watch.last_holder = self.hosts.iter().position(Host::holds);
        } else if self.watch.gap_since.is_none() {
            self.watch.gap_since = Some(self.time);
            let last = self.watch.last_holder;
            // A Keepalived stops answering before its successor can know of it.
            self.watch.gap_excused = !self.watch.calm
                || last.is_some_and(|host| self.is_model(host))
                || !(0..self.hosts.len())
                    .any(|host| Some(host) != last && Self::may_be_master(&self.hosts[host]));
            self.trace
                .line(self.time, format_args!("nobody holds the address"));
        }
        if running < 2 {
            self.watch.doubled_since = None;
        } else if self.watch.doubled_since.is_none() {
            self.watch.doubled_since = Some(self.time);
        }
    }

    fn check_gap(&mut self) {
        let Some(since) = self.watch.gap_since else {
            return;
        };
        if self.time == since || self.candidates().next().is_none() {
            return;
        }
        if !self.watch.gap_excused {
            let seen = format!("nobody held the address for {} ns", self.time - since);
            self.watch
                .violated(Invariant::PlannedLeavesCostNothing, self.time, seen);
        }
        let lasted = self.time - since.max(self.watch.disturbed);
        let bound = self.master_down_interval() + 8 * self.scenario.network.delay_max;
        if lasted > bound + SLACK {
            let seen = format!("nobody held the address for {lasted} ns after the last fault");
            self.watch
                .violated(Invariant::NoLongOutage, self.time, seen);
        }
    }

    fn check_doubled(&mut self) {
        let Some(since) = self.watch.doubled_since else {
            return;
        };
        if !self.network_faults.is_empty() {
            return;
        }
        // One that gave way a moment ago may take over again from whom it gave way to, or a third
        // one may: then one moment follows another.
        let delays = 4 * self.scenario.network.delay_max + 2 * LINGER;
        let (lasted, bound) = if self.watch.calm {
            (self.time - since, delays)
        } else {
            // One that began to hand over across a cut may not hear its successor.
            let mut nodes = self.hosts.iter().filter_map(|host| host.node.as_ref());
            let heal = if nodes.any(Node::leaving) {
                self.handover()
            } else {
                // The longest time between two adverts, the pause for the unheard included.
                self.interval + self.interval / 32
            };
            (
                self.time - since.max(self.watch.disturbed),
                heal + self.silence() + delays + SLACK,
            )
        };
        if lasted > bound {
            let seen = format!("two hosts held the address for {lasted} ns");
            self.watch
                .violated(Invariant::NoSecondMaster, self.time, seen);
        }
    }

    /// Without Preempt_Mode nobody takes over from a living master that has not said goodbye.
    pub(super) fn check_preemption(&mut self, host: usize, cause: Option<&Cause>) {
        let preempts = self.configs[host].preempt
            || self.hosts[host].node.as_ref().is_some_and(Node::is_owner);
        if preempts || self.is_model(host) {
            return;
        }
        let delay = self.scenario.network.delay_max;
        let interval = |host: usize| self.configs[host].advert_interval.0;
        let stays = |other: &usize| {
            // One that starts has listened for three of its own intervals by then.
            let spoke = interval(*other) < 3 * interval(host);
            let other = &self.hosts[*other];
            let node = other.node.as_ref();
            spoke
                && other.runs()
                && other.link
                && !other.said_goodbye
                && self.time - other.master_since.max(other.resumed) > delay
                && node.is_some_and(|node| node.state() == State::Master)
        };
        let victim = (0..self.hosts.len())
            .filter(|other| *other != host)
            .find(stays);
        let says_so = matches!(cause, Some(Cause::Preempted { .. }));
        if says_so || (self.watch.calm && victim.is_some()) {
            let seen = format!("host {host} preempted {victim:?}");
            self.watch
                .violated(Invariant::NoPreemption, self.time, seen);
        }
    }

    /// As far as it may be master at all, and nobody asked it to let others be.
    fn check_owner(&mut self) {
        let delayed = self
            .configs
            .iter()
            .any(|config| !config.preempt_delay.is_zero());
        if delayed || self.anybody_resigned {
            return;
        }
        let waits = self
            .candidates()
            .any(|node| node.is_owner() && node.state() != State::Master);
        if waits {
            let seen = "the owner of the addresses is not master";
            self.watch
                .violated(Invariant::OwnerIsMaster, self.time, seen);
        }
    }

    fn check_settled(&mut self) {
        let masters = self
            .hosts
            .iter()
            .filter(|host| host.runs() && host.link)
            .filter_map(|host| host.node.as_ref())
            .filter(|node| node.state() == State::Master)
            .count();
        let best = self.candidates().map(Node::priority).max();
        // A handover that is under way, as after preempt_delay, has its own bound.
        let handover = masters >= 2
            && self
                .watch
                .doubled_since
                .is_some_and(|since| self.time - since <= 4 * self.scenario.network.delay_max);
        if masters != usize::from(best.is_some()) && !handover {
            let seen = format!("{masters} masters, best candidate {best:?}");
            self.watch
                .violated(Invariant::OneMasterAfterSettling, self.time, seen);
        }
        let patient = self
            .configs
            .iter()
            .any(|config| !config.preempt || !config.preempt_delay.is_zero());
        let master = self.candidates().find(|node| node.state() == State::Master);
        if let (Some(best), Some(master)) = (best, master)
            && master.priority() < best
            && !patient
            && !self.anybody_resigned
        {
            let seen = format!("priority {} is master, {best} is backup", master.priority());
            self.watch
                .violated(Invariant::TheBestIsMaster, self.time, seen);
        }
        self.check_owner();
        self.check_client();
        self.check_flapping();
        // What a stall leads to is to come, if it lasts for longer than it takes to settle.
        self.watch.calm = self
            .hosts
            .iter()
            .all(|host| host.stalled_until <= self.time);
    }

    fn check_flapping(&mut self) {
        if self.lossy {
            return;
        }
        let hosts = self.hosts.len() as u64;
        let faults = self.scenario.schedule.len() as u64;
        let bound = (2 * faults + 2) * hosts * 2;
        if self.watch.transitions > bound {
            let seen = format!("{} changes of state", self.watch.transitions);
            self.watch.violated(Invariant::NoFlapping, self.time, seen);
        }
    }

    /// A backup that may become master waits for something that comes.
    pub(super) fn check_waiting(&mut self, host: usize) {
        let Some(node) = &self.hosts[host].node else {
            return;
        };
        if node.state() != State::Backup || node.drained() || !self.hosts[host].runs() {
            return;
        }
        let wakes = self.hosts[host].wakes();
        let longest = self.time + 2 * self.master_down_interval();
        if wakes.is_none_or(|at| at > longest) {
            let seen = format!("host {host} waits until {wakes:?}");
            self.watch.violated(Invariant::NotDeaf, self.time, seen);
        }
    }

    /// The daemon of `host` stops running now: its address must go in time.
    pub(super) fn check_lease(&mut self, host: usize) {
        let Some(until) = self.hosts[host].held_until else {
            return;
        };
        let interval = self.master_down_interval();
        let bound = interval.next_multiple_of(1_000_000_000) + 1_000_000_000;
        if !self.is_model(host) && until.saturating_sub(self.time) > bound {
            let seen = format!("host {host} keeps the address for {} ns", until - self.time);
            self.watch.violated(Invariant::LeaseEnds, self.time, seen);
        }
    }
}
