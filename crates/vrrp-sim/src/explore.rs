//! Every order of a bounded set of happenings, for a group small enough to try them all.
//!
//! Where the random runs sample, this one enumerates: at each step it tries to deliver each
//! packet on its way next, to lose it (as often as allowed), to let the clock run to the next
//! deadline, and each request not yet made, at each host. After `depth` steps the group is left
//! in peace and must settle with one master.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_core::{AdvertOut, Input, Instant, Output, RouterConfig, State, VirtualRouter};
use vrrp_wire::ChecksumForm;

use crate::scenario::{VIP, address};

/// A request that the exploration makes once, at every possible moment and host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Hand over.
    Resign,
    /// A check fails.
    Sick,
    /// The check succeeds again.
    Well,
    /// The host's daemon dies, and its address with it.
    Crash,
    /// Leave in good order.
    Shutdown,
    /// The interface fails and comes back at once.
    Flap,
}

/// What to explore.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// Configured priority of each host.
    pub priorities: Vec<u8>,
    /// Preempt_Mode of all.
    pub preempt: bool,
    /// The hosts start as a settled group; otherwise all start at once.
    pub settled: bool,
    /// Requests made, each once, in this order, at any moment.
    pub requests: Vec<Request>,
    /// Packets that may be lost.
    pub losses: u8,
    /// Steps before the group is left in peace.
    pub depth: u8,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Orders tried to their end.
    pub orders: u64,
    /// The steps of the first order that ended badly, and how.
    pub failure: Option<(Vec<String>, String)>,
}

#[derive(Clone)]
struct Flying {
    to: usize,
    from: usize,
    out: AdvertOut,
}

#[derive(Clone)]
struct Group {
    now: Instant,
    routers: Vec<Option<VirtualRouter>>,
    held: Vec<bool>,
    flying: Vec<Flying>,
    error: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Deliver(usize),
    Lose(usize),
    Clock,
    Ask(Request, usize),
}

/// Tries every order.
#[must_use]
pub fn explore(exploration: &Exploration) -> Found {
    let mut found = Found::default();
    let group = Group::new(exploration);
    let mut path = Vec::new();
    descend(exploration, &group, 0, 0, &mut path, &mut found);
    found
}

fn descend(
    exploration: &Exploration,
    group: &Group,
    asked: usize,
    lost: u8,
    path: &mut Vec<Step>,
    found: &mut Found,
) {
    if found.failure.is_some() {
        return;
    }
    if path.len() >= usize::from(exploration.depth) || group.error.is_some() {
        found.orders += 1;
        if let Some(error) = group.clone().ends_badly() {
            let steps = path.iter().map(|step| format!("{step:?}")).collect();
            found.failure = Some((steps, error));
        }
        return;
    }
    let deliveries = (0..group.flying.len()).map(Step::Deliver);
    let losses = (0..group.flying.len())
        .filter(|_| lost < exploration.losses)
        .map(Step::Lose);
    // Packets arrive before the clock runs on: delays are short against intervals.
    let clock = group.flying.is_empty().then_some(Step::Clock);
    let request = exploration.requests.get(asked).copied();
    let asks = (0..group.routers.len())
        .filter(|host| group.routers[*host].is_some())
        .filter_map(|host| Some(Step::Ask(request?, host)));
    for step in deliveries.chain(losses).chain(clock).chain(asks) {
        let mut next = group.clone();
        next.take(step);
        path.push(step);
        let asked = asked + usize::from(matches!(step, Step::Ask(..)));
        let lost = lost + u8::from(matches!(step, Step::Lose(_)));
        descend(exploration, &next, asked, lost, path, found);
        path.pop();
    }
}

impl Group {
    fn new(exploration: &Exploration) -> Self {
        let routers: Vec<_> = exploration
            .priorities
            .iter()
            .map(|&priority| {
                let mut config = RouterConfig::new(51, vec![VIP]);
                config.priority = priority;
                config.preempt = exploration.preempt;
                config.announce.refresh = None;
                VirtualRouter::new(config).ok()
            })
            .collect();
        let mut group = Self {
            now: Instant::from_nanos(1_000_000_000),
            held: vec![false; routers.len()],
            routers,
            flying: Vec::new(),
            error: None,
        };
        for host in 0..group.routers.len() {
            group.input(
                host,
                &Input::Up {
                    source: address(host),
                },
            );
        }
        if exploration.settled {
            group.calm(Duration::from_secs(30));
        }
        group
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Deliver(index) => self.deliver(index),
            Step::Lose(index) => {
                self.flying.remove(index);
            }
            Step::Clock => self.clock(),
            Step::Ask(request, host) => self.ask(request, host),
        }
    }

    fn ask(&mut self, request: Request, host: usize) {
        let source: IpAddr = address(host);
        match request {
            Request::Resign => self.input(host, &Input::Resign),
            Request::Sick => {
                self.input(
                    host,
                    &Input::Priority {
                        effective: 1,
                        degraded: Some("sick"),
                    },
                );
            }
            Request::Well => {
                let configured = self.routers[host]
                    .as_ref()
                    .map(|router| router.config().priority);
                let effective = configured.unwrap_or(1);
                self.input(
                    host,
                    &Input::Priority {
                        effective,
                        degraded: None,
                    },
                );
            }
            Request::Crash => {
                self.routers[host] = None;
                self.held[host] = false;
            }
            Request::Shutdown => self.input(host, &Input::Shutdown),
            Request::Flap => {
                self.input(
                    host,
                    &Input::Down {
                        reason: vrrp_core::FaultReason::NoCarrier,
                    },
                );
                self.input(host, &Input::Up { source });
            }
        }
    }

    fn input(&mut self, host: usize, input: &Input<'_>) {
        let now = self.now;
        if let Some(router) = &mut self.routers[host] {
            router.handle(now, input.clone());
        }
        self.drain(host);
    }

    fn drain(&mut self, host: usize) {
        while let Some(output) = self.routers[host]
            .as_mut()
            .and_then(VirtualRouter::poll_output)
        {
            match output {
                Output::SendAdvert(out) => {
                    let others = (0..self.routers.len()).filter(|to| *to != host);
                    self.flying.extend(others.map(|to| Flying {
                        to,
                        from: host,
                        out,
                    }));
                }
                Output::AcquireAddresses { .. } => self.held[host] = true,
                Output::ReleaseAddresses => self.held[host] = false,
                Output::Announce { .. } if !self.held[host] => {
                    self.error = Some(format!("host {host} announced what it does not hold"));
                }
                _ => {}
            }
        }
        let Some(router) = &self.routers[host] else {
            return;
        };
        // Addresses linger for a moment after somebody else took over.
        let soon = router.since() + Duration::from_millis(5);
        let lingers = router.deadline().is_some_and(|at| at <= soon);
        let (held, state) = (self.held[host], router.state());
        if held != (state == State::Master) && !(held && lingers) {
            self.error = Some(format!("host {host} is {state:?}, holding: {held}"));
        }
    }

    fn deliver(&mut self, index: usize) {
        let Flying { to, from, out } = self.flying.remove(index);
        // Every router advertises the same list, so that the receiver's own will do.
        let Some(advert) = self.routers[to].clone() else {
            return;
        };
        let now = self.now;
        if let Some(router) = &mut self.routers[to] {
            let (source, form) = (address(from), Some(ChecksumForm::Rfc9568));
            router.handle(
                now,
                Input::Advert {
                    source,
                    advert: &advert.advert(&out),
                    form,
                },
            );
        }
        self.drain(to);
    }

    /// To the next deadline of any router.
    fn clock(&mut self) {
        let deadlines = self
            .routers
            .iter()
            .flatten()
            .filter_map(VirtualRouter::deadline);
        let Some(next) = deadlines.min() else {
            return;
        };
        self.now = self.now.max(next);
        for host in 0..self.routers.len() {
            let deadline = self.routers[host]
                .as_ref()
                .and_then(VirtualRouter::deadline);
            if deadline.is_some_and(|at| at <= self.now) {
                self.input(host, &Input::Timer);
            }
        }
    }

    fn calm(&mut self, span: Duration) {
        let end = self.now + span;
        while self.now < end {
            while !self.flying.is_empty() {
                self.deliver(0);
            }
            if self
                .routers
                .iter()
                .flatten()
                .all(|router| router.deadline().is_none())
            {
                return;
            }
            self.clock();
        }
    }

    /// Leaves the group in peace; what is wrong with its end, if anything.
    fn ends_badly(mut self) -> Option<String> {
        self.calm(Duration::from_secs(16));
        while !self.flying.is_empty() {
            self.deliver(0);
        }
        if self.error.is_some() {
            return self.error;
        }
        let alive =
            |router: &&VirtualRouter| matches!(router.state(), State::Backup | State::Master);
        let candidates = self.routers.iter().flatten().filter(alive).count();
        let holders = self.held.iter().filter(|held| **held).count();
        (holders != candidates.min(1)).then(|| {
            let states: Vec<_> = self
                .routers
                .iter()
                .flatten()
                .map(VirtualRouter::state)
                .collect();
            format!("{holders} holders among {states:?}")
        })
    }
}
