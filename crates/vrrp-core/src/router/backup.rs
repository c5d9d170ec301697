//! The Backup state (RFC 9568 §6.4.2).

use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::Advert;

use crate::timers::Timer;
use crate::{Cause, Event, Instant, MasterInfo, Output, State};

use super::VirtualRouter;
use super::startup::OWNER;

impl VirtualRouter {
    pub(super) fn on_advert_as_backup(&mut self, source: IpAddr, advert: &Advert<'_>) {
        if advert.priority == 0 {
            self.on_master_leaves(source);
        } else if self.may_preempt(advert.priority) {
            // RFC 9568 §6.4.2: discarded, so that Master_Down_Timer fires although a master
            // lives. For status only we note who it is.
            self.master_left = false;
            self.passed_over = Some(advert.interval);
            self.note_master(source, advert);
        } else {
            self.follow(source, advert);
        }
    }

    /// Priority 0: the master leaves, Skew_Time decides who follows (RFC 9568 §6.4.2).
    ///
    /// Two deviations. Only the master that we hear can leave: a priority 0 that was overtaken
    /// by the successor's first advert must not unseat the successor. And the timer is never
    /// put off by it: repeated priority 0 would keep everybody from taking over.
    fn on_master_leaves(&mut self, source: IpAddr) {
        if self.master.is_some_and(|master| master.address != source) {
            return;
        }
        self.master_left = true;
        let skew = self.skew_time();
        if !self.withheld.any() {
            self.timers.arm_by(Timer::MasterDown, self.now + skew);
        }
    }

    /// Whether a master of `priority` is one to be preempted now. The owner of the addresses
    /// always preempts (RFC 9568 §6.1, Preempt_Mode).
    fn may_preempt(&mut self, priority: u8) -> bool {
        let preempts = self.config.preempt || self.effective == OWNER;
        if !preempts || priority >= self.effective || self.yielded {
            if priority >= self.effective {
                self.yielded = false;
            }
            self.inferior_since = None;
            return false;
        }
        let since = *self.inferior_since.get_or_insert(self.now);
        self.now.since(since) >= self.config.preempt_delay
    }

    /// Priority, Preempt_Mode or its delay are others than before. A master that lives and that
    /// we may not preempt any more is followed from its last advert on: Master_Down_Timer, which
    /// its adverts have not restarted, would fire all the same.
    pub(super) fn reconsider_preemption(&mut self) {
        let (Some(interval), Some(master)) = (self.passed_over, self.master) else {
            return;
        };
        if self.master_left || self.may_preempt(master.priority) {
            return;
        }
        self.passed_over = None;
        self.learned_interval = Some(interval);
        if !self.withheld.any() {
            let down = master.last_heard + self.master_down_interval();
            self.timers.arm(Timer::MasterDown, down.max(self.now));
        }
    }

    /// Takes `source` for the master: learns its interval and starts Master_Down_Timer anew
    /// (RFC 9568 §6.4.2 and §6.4.3).
    pub(super) fn follow(&mut self, source: IpAddr, advert: &Advert<'_>) {
        if self.master.is_none_or(|master| master.address != source) {
            self.tell_new_master(source, advert.priority);
        }
        self.note_master(source, advert);
        self.master_left = false;
        self.passed_over = None;
        self.listened_again = false;
        self.learned_interval = Some(advert.interval);
        self.restart_master_down_timer();
    }

    fn tell_new_master(&mut self, master: IpAddr, priority: u8) {
        if !self.withheld.any() && self.cause.master() != Some(master) {
            self.cause = Cause::Following { master, priority };
        }
        if self.master_limit.allow(self.now) {
            self.push(Output::Event(Event::MasterHeard { master, priority }));
        }
    }

    fn note_master(&mut self, source: IpAddr, advert: &Advert<'_>) {
        self.master = Some(MasterInfo {
            address: source,
            priority: advert.priority,
            last_heard: self.now,
        });
    }

    pub(super) fn on_master_down_timer(&mut self, at: Instant) {
        if self.listen_after_late_timer(self.now.since(at)) {
            return;
        }
        let cause = self.takeover_cause();
        self.change_state(State::Master, cause);
    }

    /// A timer served more than one interval late: at least one advert of a living master may
    /// have been lost meanwhile (a paused virtual machine loses them). Listens long enough to
    /// hear the next, once; after an absence of Master_Down_Interval each time. Less lateness
    /// costs nothing.
    fn listen_after_late_timer(&mut self, lateness: Duration) -> bool {
        let interval = self.master_interval();
        let long = lateness > self.master_down_interval();
        if lateness <= interval || (self.listened_again && !long) {
            return false;
        }
        self.listened_again = true;
        let wait = interval + self.skew_time();
        self.arm_master_down(wait);
        self.push(Output::Event(Event::LateTakeover { lateness, wait }));
        true
    }

    fn takeover_cause(&self) -> Cause {
        match self.master {
            Some(master) if self.master_left => Cause::MasterLeft {
                master: master.address,
            },
            Some(master)
                if self.inferior_since.is_some()
                    && self.now.since(master.last_heard) < self.master_down_interval() =>
            {
                Cause::Preempted {
                    master: master.address,
                    priority: master.priority,
                    own: self.effective,
                }
            }
            Some(master) => Cause::MasterDown {
                master: Some(master.address),
                silence: self.now.since(master.last_heard),
            },
            None => Cause::MasterDown {
                master: None,
                silence: self.now.since(self.since),
            },
        }
    }
}
