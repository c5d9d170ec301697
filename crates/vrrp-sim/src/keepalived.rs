//! A model of Keepalived 2.2 over IPv4, with what makes it differ.
//!
//! It sends and accepts the pseudo-header checksum only; drops another list of addresses; as
//! master puts its next advert off when it drops a packet; answers a lower advert at once;
//! releases its addresses together with priority 0; and leaves them behind when killed.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::VecDeque;

use vrrp_core::{Input, Instant, RouterConfig, State, master_down_interval, skew_time};
use vrrp_wire::{AddressList, Advert, Auth, ChecksumForm, Version};

use crate::node::{Action, encode};

#[derive(Clone, Debug)]
pub(crate) struct Keepalived {
    config: RouterConfig,
    state: State,
    source: Option<IpAddr>,
    timer: Option<Instant>,
    interval: Duration,
    actions: VecDeque<Act>,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Send(u8),
    Hold,
    Release,
    Announce,
    Moved(State),
    Left,
}

impl Keepalived {
    pub(crate) fn new(config: &RouterConfig) -> Self {
        Self {
            config: config.clone(),
            state: State::Init,
            source: None,
            timer: None,
            interval: config.advert_interval.duration(),
            actions: VecDeque::new(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn priority(&self) -> u8 {
        self.config.priority
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timer
    }

    fn own_interval(&self) -> Duration {
        self.config.advert_interval.duration()
    }

    fn master_down(&self) -> Duration {
        master_down_interval(self.config.version, self.config.priority, self.interval)
    }

    pub(crate) fn input(&mut self, now: Instant, input: &Input<'_>) {
        match input {
            Input::Up { source } => {
                self.source = Some(*source);
                if matches!(self.state, State::Init | State::Fault) {
                    self.interval = self.own_interval();
                    self.go(State::Backup);
                    self.timer = Some(now + self.master_down());
                }
            }
            Input::Down { .. } => {
                self.release();
                self.timer = None;
                self.go(State::Fault);
            }
            Input::Shutdown => {
                if self.state == State::Master {
                    self.actions.push_back(Act::Send(0));
                }
                self.release();
                self.timer = None;
                self.go(State::Init);
                self.actions.push_back(Act::Left);
            }
            Input::Timer if self.timer.is_some_and(|at| at <= now) => self.fire(now),
            _ => {}
        }
    }

    fn go(&mut self, to: State) {
        if self.state != to {
            self.state = to;
            self.actions.push_back(Act::Moved(to));
        }
    }

    fn release(&mut self) {
        if self.state == State::Master {
            self.actions.push_back(Act::Release);
        }
    }

    fn fire(&mut self, now: Instant) {
        if self.state == State::Backup {
            self.actions
                .extend([Act::Send(self.config.priority), Act::Hold, Act::Announce]);
            self.go(State::Master);
        } else {
            self.actions.push_back(Act::Send(self.config.priority));
        }
        self.timer = Some(now + self.own_interval());
    }

    pub(crate) fn receive(
        &mut self,
        now: Instant,
        source: IpAddr,
        advert: &Advert<'_>,
        form: Option<ChecksumForm>,
    ) {
        let own_form = match self.config.version {
            Version::V2 => advert.interval == self.config.advert_interval,
            Version::V3 => form == Some(ChecksumForm::Rfc5798),
        };
        let known = own_form
            && advert.version == self.config.version
            && advert.addresses.same_set(&self.config.addresses);
        match self.state {
            State::Master if !known => self.timer = Some(now + self.own_interval()),
            State::Backup if known => self.receive_as_backup(now, advert),
            State::Master => self.receive_as_master(now, source, advert),
            _ => {}
        }
    }

    fn receive_as_backup(&mut self, now: Instant, advert: &Advert<'_>) {
        if advert.priority == 0 {
            let skew = skew_time(self.config.version, self.config.priority, self.interval);
            self.timer = Some(now + skew);
        } else if !self.config.preempt || advert.priority >= self.config.priority {
            self.interval = advert.interval.duration();
            self.timer = Some(now + self.master_down());
        }
    }

    fn receive_as_master(&mut self, now: Instant, source: IpAddr, advert: &Advert<'_>) {
        let own = self.config.priority;
        let greater = self.source.is_some_and(|address| source > address);
        if advert.priority == 0 {
            self.actions.push_back(Act::Send(own));
            self.timer = Some(now + self.own_interval());
        } else if advert.priority > own || (advert.priority == own && greater) {
            self.release();
            self.interval = advert.interval.duration();
            self.go(State::Backup);
            self.timer = Some(now + self.master_down());
        } else {
            self.actions.extend([Act::Send(own), Act::Announce]);
            self.timer = Some(now + self.own_interval());
        }
    }

    pub(crate) fn poll(&mut self, source: IpAddr) -> Option<Action> {
        Some(match self.actions.pop_front()? {
            Act::Send(priority) => {
                let advert = Advert {
                    version: self.config.version,
                    vrid: self.config.vrid,
                    priority,
                    interval: self.config.advert_interval,
                    auth: Auth::None,
                    addresses: AddressList::Slice(&self.config.addresses),
                };
                let bytes = encode(&advert, source, ChecksumForm::Rfc5798);
                Action::Send(bytes.unwrap_or_default())
            }
            Act::Hold => Action::Hold(None),
            Act::Release => Action::Release,
            Act::Announce => Action::Announce,
            Act::Moved(to) => Action::Moved(to, None),
            Act::Left => Action::Left,
        })
    }
}
