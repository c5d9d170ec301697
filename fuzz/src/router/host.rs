//! The host that a router asks things of, and what must hold whatever it was told:
//!
//! - each input has few outputs, and after a timer was served the next one is still to come;
//! - the state changes by transitions alone, and the addresses are held by a master, or for a
//!   moment behind its successor; what is held is what is configured;
//! - only what is held is renewed and announced, and what was taken is announced;
//! - every advert can be written by `vrrp-wire`, with our priority or none;
//! - an advert that was dropped, and a configuration that was refused, changed nothing;
//! - whoever may become master waits for something; whoever left does nothing more.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_core::{Event, Input, Instant, Output, RouterConfig, State, Verdict, VirtualRouter};
use vrrp_wire::{ChecksumForm, Family};

/// More outputs than any input has reason to make, all timers at once included, but for one per
/// address that a new configuration changes.
const MOST_OUTPUTS: usize = 16;

/// How long addresses may stay on a host whose successor was heard.
const LINGER: Duration = Duration::from_millis(5);

pub(super) struct Host {
    router: VirtualRouter,
    now: Instant,
    held: Vec<IpAddr>,
    state: State,
    left: bool,
    stalled: bool,
    lease_until: Option<Instant>,
}

impl Host {
    pub(super) fn new(router: VirtualRouter, start: u64) -> Self {
        Self {
            router,
            now: Instant::from_nanos(start),
            held: Vec::new(),
            state: State::Init,
            left: false,
            stalled: false,
            lease_until: None,
        }
    }

    pub(super) fn config(&self) -> &RouterConfig {
        self.router.config()
    }

    pub(super) const fn left(&self) -> bool {
        self.left
    }

    pub(super) fn pass(&mut self, span: Duration) {
        self.now += span;
    }

    /// Time passes to the deadline and `late` beyond it.
    pub(super) fn serve(&mut self, late: Duration) {
        if let Some(deadline) = self.router.deadline() {
            self.now = self.now.max(deadline) + late;
        }
        self.give(Input::Timer);
    }

    pub(super) fn give(&mut self, input: Input<'_>) {
        let timer = matches!(input, Input::Timer);
        let before = (self.router.state(), self.router.deadline());
        let lease_ended = self.lease_until.is_some_and(|end| end <= self.now);
        let verdict = self.router.handle(self.now, input);
        let outputs = self.obey(MOST_OUTPUTS);
        // Noticing a stall, or that it cost the lease, comes before a look at the advert.
        if matches!(verdict, Verdict::Dropped(_)) && !self.stalled && !lease_ended {
            assert_eq!(outputs, 0, "outputs for a dropped advert");
            let after = (self.router.state(), self.router.deadline());
            assert_eq!(before, after, "a dropped advert changed something");
        }
        if timer && self.now < Instant::from_nanos(u64::MAX) {
            let deadline = self.router.deadline();
            assert!(deadline.is_none_or(|at| at > self.now), "{deadline:?}");
        }
    }

    pub(super) fn reconfigure(&mut self, config: &RouterConfig) {
        let before = self.config().clone();
        let possible = before.can_become(config);
        let addresses = before.addresses.len() + config.addresses.len();
        let done = self.router.reconfigure(self.now, config.clone());
        assert_eq!(done, possible);
        let outputs = self.obey(MOST_OUTPUTS + addresses);
        if done.is_ok() {
            assert_eq!(self.config(), config);
        } else {
            assert_eq!(outputs, 0, "outputs for a refused configuration");
            assert_eq!(*self.config(), before);
        }
        if before == *config {
            assert_eq!(outputs, 0, "outputs for the same configuration");
        }
    }

    fn obey(&mut self, most: usize) -> usize {
        let mut outputs = 0;
        let mut unannounced = false;
        self.stalled = false;
        while let Some(output) = self.router.poll_output() {
            outputs += 1;
            assert!(outputs <= most, "outputs without end");
            assert!(!self.left, "{output:?} after it left");
            match output {
                Output::AcquireAddresses { .. } | Output::AddAddress { .. } => unannounced = true,
                Output::Announce { .. } | Output::ReleaseAddresses => unannounced = false,
                _ => {}
            }
            self.carry_out(&output);
        }
        assert!(
            !unannounced || self.config().announce.burst == 0,
            "addresses taken and not announced"
        );
        self.check();
        outputs
    }

    fn carry_out(&mut self, output: &Output) {
        match output {
            Output::AcquireAddresses { lifetime } => {
                self.lease_until = lifetime.map(|span| self.now + span);
                self.held.clone_from(&self.router.config().addresses);
            }
            Output::ReleaseAddresses => {
                self.held.clear();
                self.lease_until = None;
            }
            Output::AddAddress { address, .. } => {
                assert!(!self.held.contains(address), "{address} twice");
                self.held.push(*address);
            }
            Output::RemoveAddress { address } => {
                assert!(self.held.contains(address), "{address} is not there");
                self.held.retain(|held| held != address);
            }
            Output::RenewLease { lifetime } => {
                assert!(!self.held.is_empty(), "a lease for nothing");
                self.lease_until = lifetime.map(|span| self.now + span);
                assert!(lifetime.is_none_or(|span| span >= Duration::from_secs(1)));
            }
            Output::Announce { count } => {
                assert!(*count > 0 && !self.held.is_empty(), "{count} announcements");
            }
            Output::Transition { from, to, cause } => {
                assert_eq!(*from, self.state);
                assert_ne!(from, to);
                assert!(!cause.to_string().is_empty());
                self.state = *to;
            }
            Output::SendAdvert(out) => {
                self.write(out);
            }
            Output::Event(event) => {
                assert!(!event.to_string().is_empty());
                self.stalled |= matches!(event, Event::Stalled { .. });
            }
            Output::Left => self.left = true,
        }
    }

    /// What it sends can be written, and is read as what it says.
    fn write(&self, out: &vrrp_core::AdvertOut) {
        let advert = self.router.advert(out);
        let (source, group): (IpAddr, IpAddr) = match self.config().family() {
            Family::V4 => ([10, 0, 50, 1].into(), vrrp_wire::constants::GROUP_V4.into()),
            Family::V6 => (
                [0xfe80, 0, 0, 0, 0, 0, 0, 1].into(),
                vrrp_wire::constants::GROUP_V6.into(),
            ),
        };
        let mut bytes = vec![0; advert.buffer_len()];
        let written = advert.emit(&mut bytes, source, group, out.form);
        assert_eq!(written, Ok(bytes.len()));
        let (read, form) = vrrp_wire::Advert::parse(&bytes, source, group).expect("what we sent");
        assert_eq!(read.priority, out.priority);
        assert_eq!(read.interval, out.interval);
        assert!(read.addresses.same_set(&self.config().addresses));
        // What fits both forms counts as RFC 9568's.
        assert!(form.is_none_or(|form| form == out.form || form == ChecksumForm::Rfc9568));
        let own = self.router.effective_priority();
        assert!(out.priority == 0 || out.priority == own, "{}", out.priority);
    }

    fn check(&self) {
        let router = &self.router;
        assert_eq!(router.state(), self.state, "a state without a transition");
        let mut held = self.held.clone();
        held.sort();
        if router.holds_addresses() {
            assert_eq!(held, self.config().addresses);
        } else {
            assert!(held.is_empty());
            assert_ne!(self.state, State::Master);
        }
        let deadline = router.deadline();
        if router.holds_addresses() && self.state != State::Master {
            let end = router.since() + LINGER;
            assert!(deadline.is_some_and(|at| at <= end), "{}", self.state);
        } else if matches!(self.state, State::Init | State::Fault) {
            assert_eq!(deadline, None, "a timer in {}", self.state);
        }
        let idle = deadline.is_none();
        assert!(!idle || self.state != State::Master, "an idle master");
        assert!(!router.reason().is_empty());
        let down = router.master_down_interval();
        assert!(down > Duration::ZERO && router.skew_time() <= down);
    }
}
