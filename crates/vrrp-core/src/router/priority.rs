//! The effective priority, and the offer a master makes when its own falls.
//!
//! A master whose tracked check fails should hand over to a healthy router, also to one that
//! does not preempt; but if all are unhealthy the addresses should stay where they are. So it
//! sends priority 0, holds the addresses, and waits a little less than the Skew_Time of its
//! own lowered priority. A better router has a shorter Skew_Time and answers by then. If none
//! does, it advertises again before an equal one can take over.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_wire::Advert;

use crate::timers::Timer;
use crate::{Cause, Event, Output, State, skew_time};

use super::VirtualRouter;
use super::election::beats;
use super::leave::Leave;

/// Longest wait between two offers, unless Master_Down_Interval is longer.
const MAX_OFFER_WAIT: Duration = Duration::from_secs(10);
/// Shortest wait between two offers.
const MIN_OFFER_WAIT: Duration = Duration::from_secs(1);

impl VirtualRouter {
    pub(super) fn on_priority(&mut self, effective: u8, degraded: Option<&str>) {
        if self.degraded.as_deref() != degraded {
            self.degraded = degraded.map(str::to_owned);
        }
        self.set_effective(effective.max(1));
        if self.degraded.is_none() && matches!(self.cause, Cause::NobodyBetter { .. }) {
            self.cause = Cause::Recovered;
        }
    }

    pub(super) fn set_effective(&mut self, effective: u8) {
        let before = self.effective;
        if effective == before {
            return;
        }
        let old_interval = self.master_down_interval();
        self.effective = effective;
        match self.state {
            State::Backup => {
                self.retime_master_down(old_interval);
                self.reconsider_preemption();
            }
            State::Master => self.on_own_priority_changed(before),
            State::Init | State::Fault => {}
        }
    }

    /// Moves Master_Down_Timer by as much as Master_Down_Interval changed, so that the order
    /// in which backups fire follows their priorities of now.
    pub(super) fn retime_master_down(&mut self, old_interval: Duration) {
        if let Some(at) = self.timers.get(Timer::MasterDown) {
            let moved = at + self.master_down_interval() - old_interval;
            self.timers.arm(Timer::MasterDown, moved.max(self.now));
        }
    }

    fn on_own_priority_changed(&mut self, before: u8) {
        if self.degraded.is_none() {
            self.timers.cancel(Timer::Offer);
        }
        match self.leave {
            None if self.effective < before => self.offer_from(before, false),
            // Backups that were about to preempt hear at once that they need not.
            None => {
                self.assert_mastership(self.config.advert_interval);
            }
            Some(Leave::Offer { from, .. }) if self.effective >= from => {
                self.resume_mastership();
            }
            Some(Leave::Offer { started, .. }) => {
                let end = (started + self.offer_time()).max(self.now);
                self.timers.arm(Timer::Leave, end);
            }
            Some(_) => {}
        }
    }

    /// How much before its own Skew_Time the master speaks again. It must cover the way to the
    /// backups and the lateness of a busy host, or equally unhealthy backups take over; yet each
    /// 1/256 of it hides one step of priority from the offer.
    fn offer_margin(&self) -> Duration {
        let unit = skew_time(self.config.version, 0, self.own_interval());
        (unit / 64)
            .max(Duration::from_millis(2))
            .min(self.own_skew_time() / 4)
    }

    fn offer_time(&self) -> Duration {
        self.own_skew_time() - self.offer_margin()
    }

    fn own_skew_time(&self) -> Duration {
        skew_time(self.config.version, self.effective, self.own_interval())
    }

    fn offer_from(&mut self, from: u8, repeated: bool) {
        let wait = self.offer_time();
        self.leave = Some(Leave::Offer {
            from,
            repeated,
            started: self.now,
        });
        self.timers.cancel(Timer::Advert);
        self.timers.cancel(Timer::Assert);
        self.timers.cancel(Timer::Offer);
        self.timers.arm(Timer::Leave, self.now + wait);
        self.send_leave();
        if !repeated {
            self.offer_wait = Duration::ZERO;
            self.push(Output::Event(Event::Offered {
                priority: self.effective,
                wait,
            }));
        }
    }

    /// Offers again while degraded: a recovered backup that does not preempt cannot speak up
    /// by itself.
    pub(super) fn on_offer_timer(&mut self) {
        self.offer_from(self.config.priority.max(self.effective), true);
    }

    /// Arms the next offer. Each failed one doubles the wait: every offer is a race between
    /// equally unhealthy routers that a lost advert can decide the wrong way.
    pub(super) fn arm_next_offer(&mut self) {
        if self.degraded.is_none() || self.config.preempt {
            return;
        }
        let shortest = self.master_down_interval().max(MIN_OFFER_WAIT);
        let longest = shortest.max(MAX_OFFER_WAIT);
        self.offer_wait = (self.offer_wait * 2).clamp(shortest, longest);
        self.timers.arm(Timer::Offer, self.now + self.offer_wait);
    }

    pub(super) fn decline_offer(&mut self, repeated: bool) {
        let margin = self.offer_margin();
        self.resume_mastership();
        // A second copy, still before the others' Skew_Time: if the first is lost the addresses
        // would bounce.
        self.timers.arm(Timer::Assert, self.now + margin / 2);
        self.cause = Cause::NobodyBetter {
            why: self.why_lowered(),
        };
        if !repeated {
            let priority = self.effective;
            self.push(Output::Event(Event::OfferDeclined { priority }));
        }
    }

    pub(super) fn on_answer_to_offer(&mut self, source: IpAddr, advert: &Advert<'_>) {
        if beats(advert.priority, source, self.effective, self.source) {
            let cause = Cause::Degraded {
                to: source,
                why: self.why_lowered(),
            };
            self.make_way(State::Backup, cause);
            self.follow(source, advert);
        } else {
            self.resume_mastership();
            self.on_conflict(source, advert);
        }
    }

    fn why_lowered(&self) -> String {
        self.degraded
            .clone()
            .unwrap_or_else(|| format!("the priority was lowered to {}", self.effective))
    }
}
