//! Sending adverts: by Adver_Timer, at once, and the limit on those.

use core::time::Duration;

use vrrp_wire::{Centiseconds, ChecksumForm, Family, Version};

use crate::timers::Timer;
use crate::{AdvertOut, ChecksumPolicy, Event, Instant, Output};

use super::VirtualRouter;
use super::step::STEPS_PER_PERIOD;

/// At most this many immediate adverts in one interval, after a first one that is not put off.
///
/// RFC 9568 §6.4.3 answers every advert of lower priority with one of its own, so a storm of
/// them, or an echo, would make a master as loud as the storm. A quarter of an interval bounds
/// that, and still heals a conflict within one interval.
const IMMEDIATE_PER_INTERVAL: u32 = 4;

/// Adverts at the former pace after the interval grew: as many as a backup may miss.
const ADVERTS_OF_CHANGE: u8 = 3;

/// Adverts between two pauses for a master that we may keep from being heard.
const BEATS_PER_PAUSE: u8 = 8;

impl VirtualRouter {
    /// Adver_Timer fires: advert, timer anew (RFC 9568 §6.4.3). The beat is kept: a late advert
    /// does not delay the next.
    pub(super) fn on_advert_timer(&mut self, at: Instant) {
        let interval = self.pace();
        let lateness = self.now.since(at);
        self.send_advert(Some(lateness));
        let base = if lateness < interval { at } else { self.now };
        let pause = self.pause_for_the_unheard();
        let next = self.next_in_step(base, interval) + pause;
        self.timers.arm(Timer::Advert, next);
        if lateness > interval / 2 {
            self.counters.late_adverts += 1;
            if self.late_limit.allow(self.now) {
                self.push(Output::Event(Event::Late { lateness, interval }));
            }
        }
    }

    /// A Keepalived master drops our adverts in RFC 9568's form, and puts its own next advert off
    /// by an interval each time. If our clock is the faster one we would never hear it, never
    /// learn its form, and stay two masters for ever. So now and then we wait one step longer, and
    /// it gets its turn: more than two clocks differ and a segment delays, yet nothing to a backup's
    /// three intervals.
    fn pause_for_the_unheard(&mut self) -> Duration {
        let unsure = self.config.checksum == ChecksumPolicy::Auto
            && self.config.version == Version::V3
            && self.config.family() == Family::V4
            && self.checksum_form() == ChecksumForm::Rfc9568;
        self.beat = (self.beat + 1) % BEATS_PER_PAUSE;
        if unsure && self.beat == 0 {
            self.own_interval() / STEPS_PER_PERIOD
        } else {
            Duration::ZERO
        }
    }

    pub(super) fn restart_advert_timer(&mut self) {
        let pace = self.pace();
        let next = self.next_in_step(self.now, pace);
        self.timers.arm(Timer::Advert, next);
    }

    /// To the next advert: an interval, or for the last time the one from before it grew. A
    /// backup counts its master's silence in the interval it last heard, so a single advert with
    /// the longer one must not be all there is: it may be lost, or overtaken.
    fn pace(&mut self) -> Duration {
        let interval = self.own_interval();
        let Some((former, left)) = self.former_pace else {
            return interval;
        };
        self.former_pace = (left > 1).then_some((former, left - 1));
        former.min(interval)
    }

    /// The interval was `former` until now.
    pub(super) fn change_pace(&mut self, former: Duration) {
        let former = self
            .former_pace
            .map_or(former, |(before, _)| before.min(former));
        self.former_pace = Some((former, ADVERTS_OF_CHANGE));
        self.send_advert(None);
        self.restart_advert_timer();
    }

    /// Advertises at once, or as soon as the limit allows, to somebody who advertises every
    /// `interval`. Returns whether it was at once.
    ///
    /// The shorter interval counts. Who hears a rival of a shorter one learns it, and takes over
    /// in its turn unless we speak before three of those have passed.
    pub(super) fn assert_mastership(&mut self, interval: Centiseconds) -> bool {
        let spacing = self.own_interval().min(interval.duration()) / IMMEDIATE_PER_INTERVAL;
        let next = self.last_assert.map_or(self.now, |last| last + spacing);
        if self.now < next {
            self.timers.arm_by(Timer::Assert, next);
            return false;
        }
        self.advertise_at_once();
        true
    }

    pub(super) fn advertise_at_once(&mut self) {
        self.last_assert = Some(self.now);
        self.send_advert(None);
    }

    /// Tells a winner that has not heard us that it has one more reason to announce. The interval
    /// in it is the winner's: whoever hears this last must not wait for us in ours.
    pub(super) fn send_goodbye(&mut self, winners: Centiseconds) {
        self.send(self.effective, winners, None);
    }

    pub(super) fn send_advert(&mut self, lateness: Option<Duration>) {
        self.send(self.effective, self.config.advert_interval, lateness);
        self.announce_with_advert();
    }

    /// Priority 0: this master leaves (RFC 9568 §5.2.4).
    pub(super) fn send_leave(&mut self) {
        self.counters.leaves_sent += 1;
        self.send(0, self.config.advert_interval, None);
    }

    fn send(&mut self, priority: u8, interval: Centiseconds, lateness: Option<Duration>) {
        self.last_sent = self.now;
        self.counters.adverts_sent += 1;
        self.push(Output::SendAdvert(AdvertOut {
            priority,
            interval,
            form: self.checksum_form(),
            lateness,
        }));
    }

    /// The form to send: as configured, or that of the peer last heard.
    pub(super) fn checksum_form(&self) -> ChecksumForm {
        match self.config.checksum {
            ChecksumPolicy::Fixed(form) => form,
            ChecksumPolicy::Auto => self.heard_form.unwrap_or(ChecksumForm::Rfc9568),
        }
    }
}
