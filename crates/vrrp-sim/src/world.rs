//! The run itself: events in order of time, each host served at its own deadlines.

use std::rc::Rc;

use vrrp_core::{Cause, Input, RouterConfig, State};
use vrrp_wire::Advert;

use crate::clock::Clock;
use crate::dice::Dice;
use crate::host::{Host, Packet};
use crate::node::{Action, Node, group};
use crate::scenario::{Kind, Scenario, address};
use crate::trace::Trace;
use crate::watch::{Invariant, Violation, Watch};

mod agenda;
mod checks;
mod client;
mod mishaps;

use self::agenda::Agenda;

/// More outputs than any single input has reason to make.
const MOST_OUTPUTS: usize = 32;

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// Times any host became master, but for the first.
    pub failovers: u64,
    /// How long it lasted, in virtual nanoseconds.
    pub time: u64,
    /// The timeline, if it was asked for.
    pub trace: Trace,
}

/// Runs `scenario` to its end or to the first violation.
#[must_use]
pub fn run(scenario: &Scenario) -> Outcome {
    World::new(scenario, Trace::default()).run()
}

/// As [`run`], with a timeline.
#[must_use]
pub fn run_traced(scenario: &Scenario) -> Outcome {
    World::new(scenario, Trace::kept()).run()
}

#[derive(Clone, Debug)]
enum Event {
    Arrive(usize, Packet),
    Announced(usize),
    Begin(usize),
    End(usize),
}

/// What lasts on a host until a time.
#[derive(Clone, Copy, Debug, Default)]
struct Until {
    down: u64,
    no_link: u64,
    drained: u64,
    sick: u64,
}

struct World<'a> {
    scenario: &'a Scenario,
    /// The longest advertisement interval that any host has or is given, in nanoseconds.
    interval: u64,
    /// A Keepalived is among the hosts.
    mixed: bool,
    /// There are times in which packets are lost.
    lossy: bool,
    dice: Dice,
    time: u64,
    agenda: Agenda<Event>,
    hosts: Vec<Host>,
    configs: Vec<RouterConfig>,
    until: Vec<Until>,
    /// Faults of the network in force, by their place in the schedule.
    network_faults: Vec<usize>,
    anybody_resigned: bool,
    /// Whom the client asks.
    client: Option<usize>,
    watch: Watch,
    trace: Trace,
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, trace: Trace) -> Self {
        let mut dice = Dice::new(scenario.seed ^ 0x5eed_0f7e_4c0e);
        let hosts: Vec<Host> = scenario
            .hosts
            .iter()
            .map(|spec| {
                Host::new(Clock {
                    offset: 1_000_000_000 + dice.below(1_000_000_000_000),
                    drift_ppb: spec.drift_ppb,
                })
            })
            .collect();
        Self {
            interval: scenario.interval(),
            mixed: scenario
                .hosts
                .iter()
                .any(|host| host.kind == Kind::Keepalived),
            lossy: scenario
                .schedule
                .iter()
                .any(|(_, fault)| matches!(fault, crate::Fault::Loss(..))),
            dice,
            time: 0,
            agenda: Agenda::default(),
            configs: scenario
                .hosts
                .iter()
                .map(|spec| spec.config.clone())
                .collect(),
            until: vec![Until::default(); hosts.len()],
            hosts,
            network_faults: Vec::new(),
            anybody_resigned: false,
            client: None,
            watch: Watch::default(),
            trace,
            scenario,
        }
    }

    fn run(mut self) -> Outcome {
        for host in 0..self.hosts.len() {
            self.start(host);
        }
        for (index, (at, _)) in self.scenario.schedule.iter().enumerate() {
            self.schedule(*at, Event::Begin(index));
        }
        let last = |(at, fault): &(u64, crate::Fault)| at + fault.lasts();
        let ends = self.scenario.schedule.iter().map(last).max().unwrap_or(0);
        // Long enough for the slowest lease, and to see that nothing changes any more.
        let end = ends + self.settling() * 2 + 3_000_000_000;
        while self.watch.violation.is_none() && self.step(end) {}
        Outcome {
            violation: self.watch.violation,
            failovers: self.watch.masters.saturating_sub(1),
            time: self.time,
            trace: self.trace,
        }
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.agenda.add(at, event);
    }

    /// Goes to the next moment at which something happens; false at the end.
    fn step(&mut self, end: u64) -> bool {
        let event = self.agenda.next_at();
        let hosts = self.hosts.iter_mut().enumerate();
        let wake = hosts.filter_map(|(host, state)| Some((state.wakes()?, host)));
        let wake = wake.min();
        let lease = self.hosts.iter().filter_map(|host| host.held_until).min();
        let next = [event, wake.map(|(at, _)| at), lease]
            .into_iter()
            .flatten()
            .min();
        let Some(next) = next.filter(|at| *at <= end) else {
            self.pass(end);
            return false;
        };
        self.pass(next.max(self.time));
        if lease.is_some_and(|at| at <= self.time) {
            self.expire_leases();
        } else if event.is_some_and(|at| at <= self.time) {
            if let Some(event) = self.agenda.take() {
                self.happen(event);
            }
        } else if let Some((_, host)) = wake {
            self.serve(host);
        }
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(to, packet) => self.arrive(to, packet),
            Event::Announced(host) => self.client = Some(host),
            Event::Begin(index) => self.begin(index),
            Event::End(index) => self.end(index),
        }
    }

    /// The program of `host` starts, and sweeps what a dead one left.
    fn start(&mut self, host: usize) {
        let mut spec = self.scenario.hosts[host].clone();
        spec.config = self.configs[host].clone();
        self.hosts[host].node = Node::new(&spec);
        self.hosts[host].held_until = None;
        self.hosts[host].stalled_until = 0;
        self.hosts[host].socket.clear();
        if self.until[host].drained > self.time {
            self.input(host, &Input::Drain);
        }
        if self.until[host].sick > self.time {
            self.input(host, &SICK);
        }
        if self.hosts[host].link {
            self.up(host);
        } else {
            let reason = vrrp_core::FaultReason::NoCarrier;
            self.input(host, &Input::Down { reason });
        }
    }

    /// The interface of `host` can be used; the owner is master at once (RFC 9568 §6.4.1).
    fn up(&mut self, host: usize) {
        let before = self.hosts[host].node.as_ref().map(Node::state);
        let source = address(host);
        self.input(host, &Input::Up { source });
        let Some(node) = &self.hosts[host].node else {
            return;
        };
        // One that is on its way out is in Init too, for as long as its addresses linger.
        let starts = matches!(before, Some(State::Init | State::Fault)) && !node.leaving();
        if starts && node.is_owner() && !node.drained() && node.state() != State::Master {
            let seen = format!("host {host} owns the addresses and is {}", node.state());
            self.watch
                .violated(Invariant::OwnerIsMaster, self.time, seen);
        }
    }

    fn input(&mut self, host: usize, input: &Input<'_>) {
        let now = self.hosts[host].clock.local(self.time);
        if let Some(node) = &mut self.hosts[host].node {
            node.input(now, input);
        }
        self.drain(host);
    }

    fn serve(&mut self, host: usize) {
        self.input(host, &Input::Timer);
        let now = self.hosts[host].clock.local(self.time);
        let deadline = self.hosts[host].node.as_ref().and_then(Node::deadline);
        if deadline.is_some_and(|at| at <= now) {
            let seen = format!("host {host} waits for {deadline:?} at {now:?}");
            self.watch
                .violated(Invariant::TimersAreInTheFuture, self.time, seen);
        }
    }

    fn arrive(&mut self, to: usize, packet: Packet) {
        if self.hosts[to].node.is_none() || !self.hosts[to].link {
            return;
        }
        if self.hosts[to].runs() {
            self.receive(to, &packet);
        } else {
            self.hosts[to].queue(packet);
        }
    }

    fn receive(&mut self, to: usize, packet: &Packet) {
        let source = address(packet.from);
        let now = self.hosts[to].clock.local(self.time);
        match Advert::parse(&packet.bytes, source, group()) {
            Ok((advert, form)) => {
                if let Some(node) = &mut self.hosts[to].node {
                    node.receive(now, source, &advert, form);
                }
                self.drain(to);
            }
            Err(error) => self
                .watch
                .violated(Invariant::AdvertsAreValid, self.time, error),
        }
    }

    /// Carries out everything the program of `host` wants done.
    fn drain(&mut self, host: usize) {
        let notes = self.trace.is_kept();
        let mut count = 0;
        let mut unannounced = false;
        while let Some(node) = &mut self.hosts[host].node {
            let Some(action) = node.poll(address(host), notes) else {
                break;
            };
            count += 1;
            if count > MOST_OUTPUTS {
                let seen = format!("host {host} made {count} outputs of one input");
                self.watch
                    .violated(Invariant::OutputsAreFinite, self.time, seen);
                break;
            }
            match action {
                Action::Hold(_) | Action::Added => unannounced = true,
                Action::Announce => unannounced = false,
                _ => {}
            }
            self.carry_out(host, &action);
        }
        if unannounced {
            let seen = format!("host {host} took the address without announcing it");
            self.watch
                .violated(Invariant::AnnouncedIsHeld, self.time, seen);
        }
        self.check_waiting(host);
        self.check_holders();
    }

    fn carry_out(&mut self, host: usize, action: &Action) {
        match action {
            Action::Send(bytes) => self.send(host, &Rc::from(bytes.as_slice())),
            Action::Hold(lifetime) | Action::Renew(lifetime) => {
                let nanos = lifetime.map(|span| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
                let until = nanos.map_or(u64::MAX, |nanos| self.time.saturating_add(nanos));
                self.hosts[host].held_until = Some(until);
            }
            Action::Release => {
                self.hosts[host].held_until = None;
                self.trace
                    .line(self.time, format_args!("host {host} releases"));
            }
            Action::Announce => {
                if self.hosts[host].held_until.is_none() {
                    let seen = format!("host {host} announced what it does not hold");
                    self.watch
                        .violated(Invariant::AnnouncedIsHeld, self.time, seen);
                }
                self.announce(host);
            }
            Action::Added => {}
            Action::Moved(to, cause) => self.moved(host, *to, cause.as_ref()),
            Action::Left => self.hosts[host].node = None,
            Action::Note(text) => {
                if !text.is_empty() {
                    self.trace
                        .line(self.time, format_args!("host {host}: {text}"));
                }
            }
        }
    }

    fn moved(&mut self, host: usize, to: State, cause: Option<&Cause>) {
        self.watch.transitions += 1;
        if to == State::Master {
            self.watch.masters += 1;
            self.hosts[host].master_since = self.time;
            self.check_preemption(host, cause);
        }
        if self.trace.is_kept() {
            let why = cause.map(Cause::to_string).unwrap_or_default();
            self.trace
                .line(self.time, format_args!("host {host} is {to}: {why}"));
        }
    }

    fn send(&mut self, from: usize, bytes: &Rc<[u8]>) {
        let priority = bytes.get(2).copied().unwrap_or(0);
        let resumes = std::mem::replace(&mut self.hosts[from].said_goodbye, priority == 0);
        if resumes && priority > 0 {
            self.hosts[from].resumed = self.time;
        }
        self.trace.line(
            self.time,
            format_args!("host {from} sends priority {priority}"),
        );
        let network = self.scenario.network;
        let lost = self.loss();
        for to in 0..self.hosts.len() {
            if to == from || !self.reaches(from, to) || self.dice.per_million(lost) {
                continue;
            }
            let copies = 1 + u8::from(self.dice.per_million(network.duplicates));
            for _ in 0..copies {
                let delay = self.dice.between(network.delay_min, network.delay_max);
                let packet = Packet {
                    from,
                    bytes: Rc::clone(bytes),
                };
                self.schedule(self.time + delay, Event::Arrive(to, packet));
            }
        }
    }

    /// Kernels drop addresses whose lifetime has passed.
    fn expire_leases(&mut self) {
        for host in 0..self.hosts.len() {
            if self.hosts[host]
                .held_until
                .is_some_and(|until| until <= self.time)
            {
                self.hosts[host].held_until = None;
                self.trace.line(
                    self.time,
                    format_args!("host {host}: the kernel drops the address"),
                );
                // What merely lingers behind a successor is not renewed.
                let node = self.hosts[host].node.as_ref();
                let master = node.is_some_and(|node| node.state() == State::Master);
                if self.hosts[host].runs() && master {
                    let seen = format!("host {host} runs and lost its address to the kernel");
                    self.watch.violated(Invariant::LeaseEnds, self.time, seen);
                }
            }
        }
        self.check_holders();
    }

    /// An upper bound of every Master_Down_Interval, in nanoseconds.
    const fn master_down_interval(&self) -> u64 {
        self.interval * 4
    }

    fn is_model(&self, host: usize) -> bool {
        self.scenario.hosts[host].kind == Kind::Keepalived
    }
}

const SICK: Input<'static> = Input::Priority {
    effective: 1,
    degraded: Some("a check fails"),
};
