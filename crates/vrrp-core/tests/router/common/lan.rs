//! Several routers on one segment with a constant delay.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_core::{AdvertOut, Input, Instant, Output, RouterConfig, State, VirtualRouter};
use vrrp_wire::ChecksumForm;

use super::ip;

struct Packet {
    at: Instant,
    from: usize,
    out: AdvertOut,
}

pub(crate) struct Host {
    pub(crate) router: VirtualRouter,
    pub(crate) address: IpAddr,
    alive: bool,
    holds: bool,
    /// Drops adverts of the other form than this, as a Keepalived does.
    pub(crate) wants_form: Option<ChecksumForm>,
    outputs: Vec<(Instant, Output)>,
}

/// Hosts numbered from 0, with addresses 10.0.50.1 and on.
pub(crate) struct Lan {
    pub(crate) hosts: Vec<Host>,
    pub(crate) now: Instant,
    delay: Duration,
    flying: Vec<Packet>,
    /// Time in which nobody held the addresses, and in which more than one did.
    pub(crate) without: Duration,
    pub(crate) doubled: Duration,
}

impl Lan {
    pub(crate) fn new(configs: Vec<RouterConfig>) -> Self {
        let hosts = configs
            .into_iter()
            .zip(1..)
            .map(|(config, number)| Host {
                router: VirtualRouter::new(config).expect("a valid configuration"),
                address: ip([10, 0, 50, number]),
                alive: true,
                holds: false,
                wants_form: None,
                outputs: Vec::new(),
            })
            .collect();
        Self {
            hosts,
            now: Instant::from_nanos(0),
            delay: Duration::from_micros(200),
            flying: Vec::new(),
            without: Duration::ZERO,
            doubled: Duration::ZERO,
        }
    }

    /// All started at once and left to settle, times of no and of two holders set to zero.
    pub(crate) fn settled(configs: Vec<RouterConfig>) -> Self {
        let mut lan = Self::new(configs);
        for host in 0..lan.hosts.len() {
            lan.up(host);
        }
        lan.run(Duration::from_secs(30));
        lan.without = Duration::ZERO;
        lan.doubled = Duration::ZERO;
        for host in &mut lan.hosts {
            host.outputs.clear();
        }
        lan
    }

    pub(crate) fn up(&mut self, host: usize) {
        let source = self.hosts[host].address;
        self.hosts[host].alive = true;
        self.input(host, Input::Up { source });
    }

    /// The host is gone, with its addresses.
    pub(crate) fn crash(&mut self, host: usize) {
        self.hosts[host].alive = false;
        self.hosts[host].holds = false;
    }

    pub(crate) fn input(&mut self, host: usize, input: Input<'_>) {
        let _ = self.hosts[host].router.handle(self.now, input);
        self.drain(host);
    }

    fn drain(&mut self, host: usize) {
        while let Some(output) = self.hosts[host].router.poll_output() {
            match &output {
                Output::SendAdvert(out) => {
                    let at = self.now + self.delay;
                    self.flying.push(Packet {
                        at,
                        from: host,
                        out: *out,
                    });
                }
                Output::AcquireAddresses { .. } => self.hosts[host].holds = true,
                Output::ReleaseAddresses => self.hosts[host].holds = false,
                _ => {}
            }
            self.hosts[host].outputs.push((self.now, output));
        }
    }

    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let packet = self.flying.iter().map(|packet| packet.at).min();
            let timer = self
                .hosts
                .iter()
                .filter(|host| host.alive)
                .filter_map(|host| host.router.deadline())
                .min();
            let next = packet
                .into_iter()
                .chain(timer)
                .min()
                .unwrap_or(end)
                .min(end);
            self.pass(next.max(self.now));
            if next >= end && packet.is_none_or(|at| at > end) && timer.is_none_or(|at| at > end) {
                return;
            }
            if packet.is_some_and(|at| at <= self.now) {
                self.deliver();
            } else {
                self.fire();
            }
        }
    }

    fn pass(&mut self, to: Instant) {
        let span = to.since(self.now);
        match self.holders().len() {
            0 => self.without += span,
            1 => {}
            _ => self.doubled += span,
        }
        self.now = to;
    }

    fn deliver(&mut self) {
        let now = self.now;
        let Some(index) = self.flying.iter().position(|packet| packet.at <= now) else {
            return;
        };
        let Packet { from, out, .. } = self.flying.remove(index);
        let sender = self.hosts[from].router.clone();
        let source = self.hosts[from].address;
        for host in 0..self.hosts.len() {
            let wants = self.hosts[host]
                .wants_form
                .is_none_or(|form| form == out.form);
            if host == from || !self.hosts[host].alive || !wants {
                continue;
            }
            let advert = sender.advert(&out);
            self.input(
                host,
                Input::Advert {
                    source,
                    advert: &advert,
                    form: Some(out.form),
                },
            );
        }
    }

    fn fire(&mut self) {
        for host in 0..self.hosts.len() {
            let due = self.hosts[host]
                .router
                .deadline()
                .is_some_and(|at| at <= self.now);
            if due && self.hosts[host].alive {
                self.input(host, Input::Timer);
            }
        }
    }

    /// The hosts with the addresses on them.
    pub(crate) fn holders(&self) -> Vec<usize> {
        (0..self.hosts.len())
            .filter(|&host| self.hosts[host].holds)
            .collect()
    }

    pub(crate) fn masters(&self) -> Vec<usize> {
        (0..self.hosts.len())
            .filter(|&host| {
                self.hosts[host].alive && self.hosts[host].router.state() == State::Master
            })
            .collect()
    }

    /// What `host` put out since it was last asked, with the times.
    pub(crate) fn take(&mut self, host: usize) -> Vec<(Instant, Output)> {
        core::mem::take(&mut self.hosts[host].outputs)
    }

    /// Changes of state of all hosts since they were last taken.
    pub(crate) fn take_transitions(&mut self) -> usize {
        (0..self.hosts.len())
            .flat_map(|host| self.take(host))
            .filter(|(_, output)| matches!(output, Output::Transition { .. }))
            .count()
    }
}
