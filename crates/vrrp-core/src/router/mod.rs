//! One virtual router: what it is made of and where each input goes.

mod accessors;
mod advertise;
mod announce;
mod backup;
mod election;
mod lease;
mod leave;
mod master;
mod peers;
mod priority;
mod receive;
mod reconfigure;
mod stall;
mod startup;
mod step;
mod transition;
mod warnings;
mod withhold;

use core::net::IpAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::Arc;

use vrrp_wire::{Centiseconds, ChecksumForm};

use crate::timers::{Timer, Timers};
use crate::{
    Cause, ConfigError, Counters, Input, Instant, MasterInfo, Output, RouterConfig, State, Verdict,
};

use announce::Echo;
use leave::Leave;
use peers::Peers;
use warnings::Limit;
use withhold::Withheld;

/// Room for outputs that is kept: an advert and a renewed lease. Only a change of state has more.
const OUTPUTS: usize = 2;

/// A virtual router (RFC 9568 §6). Give it what happens by [`VirtualRouter::handle`], then carry
/// out what [`VirtualRouter::poll_output`] returns until that is `None`, then wait for the next
/// input or for [`VirtualRouter::deadline`], whichever comes first.
#[derive(Clone, Debug)]
pub struct VirtualRouter {
    config: Arc<RouterConfig>,
    state: State,
    since: Instant,
    cause: Cause,
    /// Our address on the interface; `None` while the interface cannot be used.
    source: Option<IpAddr>,
    /// After [`Input::Shutdown`], while the addresses linger.
    departing: bool,
    /// After [`Input::Shutdown`] has ended.
    left: bool,
    now: Instant,
    timers: Timers,
    /// Whether the addresses are ours to renew and to give back.
    held: bool,
    outputs: VecDeque<Output>,

    /// What to advertise and to elect with: the configured priority less all penalties.
    effective: u8,
    degraded: Option<String>,
    withheld: Withheld,
    /// Handed over on request: does not preempt while that master lives.
    yielded: bool,
    leave: Option<Leave>,
    /// When the kernel drops the addresses, if it hears nothing more; `None` while there is no lease.
    lease_until: Option<Instant>,
    /// Wait before the next offer of a degraded master.
    offer_wait: Duration,

    /// The master we hear. As master: nobody.
    master: Option<MasterInfo>,
    /// Master_Adver_Interval as learned; `None` means our own (RFC 9568 §6.1).
    learned_interval: Option<Centiseconds>,
    /// The master that this one took over from without its leave, until it is heard again.
    predecessor: Option<IpAddr>,
    /// Since when a master of lower priority is heard that we may preempt.
    inferior_since: Option<Instant>,
    /// Interval of a master whose adverts are discarded, because we are about to preempt it.
    passed_over: Option<Centiseconds>,
    /// The master said that it leaves.
    master_left: bool,
    /// The takeover was already put off once for being late.
    listened_again: bool,
    heard_form: Option<ChecksumForm>,
    /// When RFC 5798's form was last heard.
    pseudo_header_heard: Option<Instant>,

    /// When this router last sent an advert, of whatever priority.
    last_sent: Instant,
    /// When the last immediate advert was sent.
    last_assert: Option<Instant>,
    last_announced: Instant,
    /// The next announcement after a conflict is the echo of the last.
    echo: Option<Echo>,
    /// A single announcement waits for the next advert.
    announcement_waits: bool,
    /// The interval before it grew, and how many adverts more go by that one.
    former_pace: Option<(Duration, u8)>,
    /// Adverts since the last pause, by which others are given a turn.
    beat: u8,

    peers: Peers,
    warning_limit: Limit,
    conflict_limit: Limit,
    master_limit: Limit,
    late_limit: Limit,
    /// The other master last heard while master, and when.
    last_conflict: Option<(IpAddr, Instant)>,
    counters: Counters,
}

impl VirtualRouter {
    /// A router in [`State::Init`] that waits for [`Input::Up`].
    ///
    /// # Errors
    /// What in `config` cannot be true.
    pub fn new(config: impl Into<Arc<RouterConfig>>) -> Result<Self, ConfigError> {
        let config = config.into();
        config.validate()?;
        Ok(Self {
            state: State::Init,
            since: Instant::default(),
            cause: Cause::NotStarted,
            source: None,
            departing: false,
            left: false,
            now: Instant::default(),
            timers: Timers::default(),
            held: false,
            outputs: VecDeque::with_capacity(OUTPUTS),
            effective: config.priority,
            degraded: None,
            withheld: Withheld::default(),
            yielded: false,
            leave: None,
            lease_until: None,
            offer_wait: Duration::ZERO,
            master: None,
            learned_interval: None,
            predecessor: None,
            inferior_since: None,
            passed_over: None,
            master_left: false,
            listened_again: false,
            heard_form: None,
            pseudo_header_heard: None,
            last_sent: Instant::default(),
            last_assert: None,
            last_announced: Instant::default(),
            echo: None,
            announcement_waits: false,
            former_pace: None,
            beat: 0,
            peers: Peers::default(),
            warning_limit: Limit::default(),
            conflict_limit: Limit::default(),
            master_limit: Limit::default(),
            late_limit: Limit::default(),
            last_conflict: None,
            counters: Counters::default(),
            config,
        })
    }

    /// Takes in what happened at `now`. A `now` that is earlier than one given before counts as
    /// that one. Drain [`VirtualRouter::poll_output`] afterwards.
    ///
    /// After [`Input::Timer`] the deadline is later than `now`. Give adverts that wait in the
    /// socket before [`Input::Timer`], so that a timer they would have stopped does not fire.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) -> Verdict {
        self.now = self.now.max(now);
        if !matches!(input, Input::Advert { .. }) {
            self.end_overdue_leave();
        }
        if self.left || (self.departing && !matches!(input, Input::Timer | Input::Shutdown)) {
            return Verdict::Accepted;
        }
        self.check_stall();
        self.check_lease();
        match input {
            Input::Advert {
                source,
                advert,
                form,
            } => return self.on_advert(source, advert, form),
            Input::Timer => self.on_timer(),
            Input::Up { source } => self.on_up(source),
            Input::Down { reason } => self.on_down(reason),
            Input::Priority {
                effective,
                degraded,
            } => self.on_priority(effective, degraded),
            Input::Resign => self.on_resign(),
            Input::Drain => self.on_drain(),
            Input::Undrain => self.on_undrain(),
            Input::Shutdown => self.on_shutdown(),
            Input::AddressesLost => self.on_addresses_lost(),
            Input::LinkRefreshed => self.on_link_refreshed(),
            Input::Group(order) => self.on_group(order),
        }
        Verdict::Accepted
    }

    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() && self.outputs.capacity() > OUTPUTS {
            self.outputs.shrink_to(OUTPUTS);
        }
        output
    }

    /// When to give [`Input::Timer`]; `None` if nothing is waited for. May lie in the past.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    fn on_timer(&mut self) {
        // Each timer at most once: every one is armed again later than now.
        for _ in Timer::ALL {
            let Some((timer, at)) = self.timers.take_due(self.now) else {
                break;
            };
            match timer {
                Timer::MasterDown => self.on_master_down_timer(at),
                Timer::Advert => self.on_advert_timer(at),
                Timer::Assert => self.advertise_at_once(),
                Timer::Leave => self.on_leave_timer(),
                Timer::LeaveAgain => self.send_leave(),
                Timer::Offer => self.on_offer_timer(),
                Timer::Lease => self.renew_lease(),
                Timer::Linger => self.end_linger(),
                Timer::AnnounceAgain => self.on_announce_again_timer(at),
                Timer::AnnounceConflict => self.on_announce_conflict_timer(),
            }
        }
    }

    fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}
