//! One router, its clock in the test's hand.

use core::net::IpAddr;
use core::time::Duration;

use vrrp_core::{Event, Input, Instant, Output, RouterConfig, State, Verdict, VirtualRouter};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, DropReason, Version};

use super::{OWN, VIP};

/// An advert that comes in.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) vrid: u8,
    pub(crate) version: Version,
    pub(crate) priority: u8,
    pub(crate) interval: u16,
    pub(crate) auth: Auth,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) form: Option<ChecksumForm>,
}

impl Heard {
    pub(crate) fn priority(priority: u8) -> Self {
        Self {
            vrid: 51,
            version: Version::V3,
            priority,
            interval: 100,
            auth: Auth::None,
            addresses: vec![VIP],
            form: Some(ChecksumForm::Rfc9568),
        }
    }
}

pub(crate) struct Bench {
    pub(crate) router: VirtualRouter,
    now: Instant,
    outputs: Vec<Output>,
}

impl Bench {
    /// A router that was not started.
    pub(crate) fn new(config: RouterConfig) -> Self {
        Self {
            router: VirtualRouter::new(config).expect("a valid configuration"),
            now: Instant::from_nanos(1_000_000_000_000),
            outputs: Vec::new(),
        }
    }

    /// A backup that has just begun to listen; its outputs so far are gone.
    pub(crate) fn backup(config: RouterConfig) -> Self {
        let mut bench = Self::new(config);
        bench.up();
        assert_eq!(bench.router.state(), State::Backup);
        bench.take();
        bench
    }

    /// A master that has been one for a good while; its outputs so far are gone.
    pub(crate) fn master(config: RouterConfig) -> Self {
        let mut bench = Self::new(config);
        bench.up();
        bench.wait(Duration::from_secs(600) + bench.router.master_down_interval());
        assert_eq!(bench.router.state(), State::Master);
        bench.take();
        bench
    }

    pub(crate) fn now(&self) -> Instant {
        self.now
    }

    pub(crate) fn state(&self) -> State {
        self.router.state()
    }

    pub(crate) fn up(&mut self) {
        let source = match self.router.config().addresses[0] {
            IpAddr::V4(_) => OWN,
            IpAddr::V6(_) => "fe80::50".parse().expect("an address"),
        };
        self.input(Input::Up { source });
    }

    pub(crate) fn input(&mut self, input: Input<'_>) -> Verdict {
        let verdict = self.router.handle(self.now, input);
        self.drain();
        verdict
    }

    /// An ordinary advert of `priority` from `source`, which is accepted.
    pub(crate) fn hear(&mut self, source: IpAddr, priority: u8) {
        assert_eq!(
            self.hear_advert(source, &Heard::priority(priority)),
            Verdict::Accepted
        );
    }

    pub(crate) fn hear_advert(&mut self, source: IpAddr, heard: &Heard) -> Verdict {
        let advert = Advert {
            version: heard.version,
            vrid: heard.vrid,
            priority: heard.priority,
            interval: Centiseconds(heard.interval),
            auth: heard.auth,
            addresses: AddressList::Slice(&heard.addresses),
        };
        let verdict = self.router.handle(
            self.now,
            Input::Advert {
                source,
                advert: &advert,
                form: heard.form,
            },
        );
        self.drain();
        verdict
    }

    /// Hears `heard` and asserts that it is dropped for `reason` and changes nothing.
    pub(crate) fn assert_dropped(&mut self, source: IpAddr, heard: &Heard, reason: DropReason) {
        let (state, deadline) = (self.router.state(), self.router.deadline());
        let before = self.outputs.len();
        assert_eq!(
            self.hear_advert(source, heard),
            Verdict::Dropped(reason),
            "{heard:?}"
        );
        assert_eq!(self.router.state(), state);
        assert_eq!(
            self.router.deadline(),
            deadline,
            "a dropped packet touched a timer"
        );
        assert_eq!(
            self.outputs.len(),
            before,
            "a dropped packet made an output"
        );
    }

    /// Lets time pass; every timer fires on its nanosecond.
    pub(crate) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(deadline) = self.router.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(deadline);
            self.timer();
        }
        self.now = end;
    }

    /// As [`Bench::wait`], while `source` advertises every second, beginning now.
    pub(crate) fn wait_hearing(&mut self, source: IpAddr, priority: u8, seconds: u32) {
        for _ in 0..seconds {
            self.hear(source, priority);
            self.wait(super::SECOND);
        }
    }

    /// Lets time pass in which the router does not run.
    pub(crate) fn stall(&mut self, span: Duration) {
        self.now += span;
    }

    pub(crate) fn timer(&mut self) {
        assert_eq!(
            self.router.handle(self.now, Input::Timer),
            Verdict::Accepted
        );
        self.drain();
        if let Some(deadline) = self.router.deadline() {
            assert!(
                deadline > self.now,
                "a timer is still due after it was served"
            );
        }
    }

    /// Until the next timer.
    pub(crate) fn until_deadline(&self) -> Option<Duration> {
        self.router
            .deadline()
            .map(|deadline| deadline.since(self.now))
    }

    fn drain(&mut self) {
        while let Some(output) = self.router.poll_output() {
            self.outputs.push(output);
        }
    }

    /// The outputs since they were last taken.
    pub(crate) fn take(&mut self) -> Vec<Output> {
        core::mem::take(&mut self.outputs)
    }

    /// The events among the outputs, which are all taken.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        self.take()
            .into_iter()
            .filter_map(|output| match output {
                Output::Event(event) => Some(event),
                _ => None,
            })
            .collect()
    }

    /// The priorities advertised, all other outputs thrown away.
    pub(crate) fn take_sent(&mut self) -> Vec<u8> {
        super::sent(&self.take())
    }
}
