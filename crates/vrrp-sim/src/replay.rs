//! Scenarios written by hand, and any scenario as the test that replays it: a seed means another
//! run when the generator changes, a written scenario does not.

use core::fmt::Write as _;
use core::time::Duration;

use vrrp_core::{ChecksumPolicy, RouterConfig};
use vrrp_wire::{Centiseconds, ChecksumForm, Version};

use crate::fault::Fault;
use crate::scenario::{HostSpec, Kind, Network, Scenario, VIP};

impl HostSpec {
    /// A preempting host of this priority, with an interval in centiseconds.
    #[must_use]
    pub fn new(kind: Kind, priority: u8, interval: u16) -> Self {
        let mut config = RouterConfig::new(51, vec![VIP]);
        config.priority = priority;
        config.advert_interval = Centiseconds(interval);
        if kind == Kind::Keepalived {
            config.checksum = ChecksumPolicy::Fixed(ChecksumForm::Rfc5798);
        }
        Self {
            kind,
            config,
            drift_ppb: 0,
        }
    }

    /// The same in step with other routers on its host.
    #[must_use]
    pub fn in_step(mut self) -> Self {
        self.config.in_step = true;
        self
    }

    /// The same without Preempt_Mode.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.config.preempt = false;
        self
    }

    /// The same with a delay of preemption in milliseconds.
    #[must_use]
    pub fn delayed(mut self, millis: u64) -> Self {
        self.config.preempt_delay = Duration::from_millis(millis);
        self
    }

    /// The same in version 2.
    #[must_use]
    pub fn version_2(mut self) -> Self {
        self.config.version = Version::V2;
        self
    }

    /// The same with a clock that is fast by so many parts per billion.
    #[must_use]
    pub fn drifting(mut self, ppb: i64) -> Self {
        self.drift_ppb = ppb;
        self
    }
}

impl Scenario {
    /// No hosts and no faults yet, on a segment without duplicates. Delays are nanoseconds.
    #[must_use]
    pub fn new(seed: u64, delay_min: u64, delay_max: u64) -> Self {
        Self {
            seed,
            hosts: Vec::new(),
            network: Network {
                delay_min,
                delay_max,
                duplicates: 0,
            },
            schedule: Vec::new(),
        }
    }

    /// The same with so many duplicates per million packets.
    #[must_use]
    pub fn duplicates(mut self, per_million: u32) -> Self {
        self.network.duplicates = per_million;
        self
    }

    /// The same with one host more.
    #[must_use]
    pub fn host(mut self, host: HostSpec) -> Self {
        self.hosts.push(host);
        self
    }

    /// The same with one fault more, at this nanosecond.
    #[must_use]
    pub fn at(mut self, nanos: u64, fault: Fault) -> Self {
        self.schedule.push((nanos, fault));
        self
    }

    /// The test that replays it, to be pasted into `tests/replays.rs` and given a name.
    #[must_use]
    pub fn as_test(&self) -> String {
        let network = &self.network;
        let mut text = format!(
            "#[test]\nfn name_me() {{\n    holds(&Scenario::new({}, {}, {})\n",
            self.seed, network.delay_min, network.delay_max
        );
        if network.duplicates > 0 {
            let _ = writeln!(text, "        .duplicates({})", network.duplicates);
        }
        for host in &self.hosts {
            let _ = writeln!(text, "        .host({})", host_text(host));
        }
        for (at, fault) in &self.schedule {
            let _ = writeln!(text, "        .at({at}, {fault})");
        }
        text + "    );\n}\n"
    }
}

fn host_text(host: &HostSpec) -> String {
    let config = &host.config;
    let mut text = format!(
        "HostSpec::new({:?}, {}, {})",
        host.kind, config.priority, config.advert_interval.0
    );
    if !config.preempt {
        text += ".patient()";
    }
    if !config.preempt_delay.is_zero() {
        let _ = write!(text, ".delayed({})", config.preempt_delay.as_millis());
    }
    if config.in_step {
        text += ".in_step()";
    }
    if config.version == Version::V2 {
        text += ".version_2()";
    }
    if host.drift_ppb != 0 {
        let _ = write!(text, ".drifting({})", host.drift_ppb);
    }
    text
}
