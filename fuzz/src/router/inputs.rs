//! The state machine: any configuration, then any inputs in any order, while time passes as it
//! likes. What it asks of its host must keep the promises that `host.rs` looks after.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use vrrp_core::{
    AnnouncePolicy, ChecksumPolicy, FaultReason, GroupOrder, Input, LeasePolicy, RouterConfig,
    VirtualRouter,
};
use vrrp_wire::{AddressList, Advert, Auth, Centiseconds, ChecksumForm, Family, Version};

use super::host::Host;

/// More inputs than these show nothing new.
const MOST_STEPS: usize = 200;

/// As an address is chosen: by its number, mostly of the router's family.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Name(u8);

#[derive(Arbitrary, Clone, Debug)]
struct Settings {
    /// Whether it is left as it came, which is seldom one that can run.
    raw: Option<bool>,
    priority: u8,
    interval: u16,
    preempt: bool,
    preempt_delay: u16,
    addresses: Vec<Name>,
    fixed_form: Option<bool>,
    password: Option<[u8; 8]>,
    peers: Option<Vec<Name>>,
    lease: Option<Option<u32>>,
    burst: u8,
    refresh: Option<u16>,
    virtual_mac: bool,
}

#[derive(Arbitrary, Clone, Debug)]
struct Heard {
    from: Name,
    priority: u8,
    /// Otherwise the router's own.
    interval: Option<u16>,
    vrid: Option<u8>,
    version: Option<bool>,
    password: Option<[u8; 8]>,
    pseudo_header: Option<bool>,
    addresses: Vec<Name>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Step {
    /// Time passes, in units of ten microseconds.
    Pass(u32),
    /// Time passes to the deadline and so much further, and the timer is served.
    Serve(u16),
    Timer,
    Hear(Heard),
    Up(Name),
    Down(Fault),
    Priority(u8, bool),
    Resign,
    Drain,
    Undrain,
    Shutdown,
    AddressesLost,
    LinkRefreshed,
    Group(Order),
    Reconfigure(Settings),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Fault {
    NoCarrier,
    AddressFailed,
    Other,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Order {
    Master,
    Backup,
    Hold,
    Free,
}

/// Whether the router is of version 2, whether of IPv6; its settings; the steps.
type Story = (bool, bool, u64, Settings, Vec<Step>);

/// The bytes of a configuration and the steps that follow.
pub fn run(input: &[u8]) {
    if let Ok(story) = Story::arbitrary_take_rest(Unstructured::new(input)) {
        tell(&story);
    }
}

fn tell((version_2, v6, start, settings, steps): &Story) {
    let version = if *version_2 { Version::V2 } else { Version::V3 };
    let family = if *v6 { Family::V6 } else { Family::V4 };
    let config = settings.config(version, family);
    let valid = config.validate();
    let router = VirtualRouter::new(config);
    assert_eq!(router.as_ref().err(), valid.err().as_ref());
    let Ok(router) = router else { return };
    let mut host = Host::new(router, *start);
    for step in steps.iter().take(MOST_STEPS) {
        step.happen(&mut host, version, family);
    }
    // Whatever it went through, it can be made to leave.
    host.give(Input::Shutdown);
    host.give(Input::Shutdown);
    host.serve(Duration::from_secs(1));
    assert!(host.left(), "it does not leave");
}

impl Name {
    /// Of 16 addresses; the highest bit asks for the other family.
    fn address(self, family: Family) -> IpAddr {
        let last = self.0 & 0x0f;
        if (family == Family::V4) == (self.0 & 0x80 == 0) {
            Ipv4Addr::new(10, 0, 50, last).into()
        } else {
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last.into()).into()
        }
    }

    fn all(names: &[Self], family: Family) -> Vec<IpAddr> {
        names.iter().map(|name| name.address(family)).collect()
    }
}

const fn form(pseudo_header: bool) -> ChecksumForm {
    if pseudo_header {
        ChecksumForm::Rfc5798
    } else {
        ChecksumForm::Rfc9568
    }
}

impl Settings {
    fn config(&self, version: Version, family: Family) -> RouterConfig {
        let mut config = RouterConfig::new(51, Name::all(&self.addresses, family));
        // A list names an address once, which the configuration's reader sees to.
        config.addresses.sort();
        config.addresses.dedup();
        config.version = version;
        config.priority = self.priority;
        config.advert_interval = Centiseconds(self.interval);
        config.preempt = self.preempt;
        config.preempt_delay = Duration::from_millis(self.preempt_delay.into());
        config.checksum = match self.fixed_form {
            None => ChecksumPolicy::Auto,
            Some(pseudo_header) => ChecksumPolicy::Fixed(form(pseudo_header)),
        };
        config.auth = self.password.map_or(Auth::None, Auth::Simple);
        config.peers = self.peers.as_ref().map(|peers| Name::all(peers, family));
        config.lease = match self.lease {
            None => LeasePolicy::Auto,
            Some(None) => LeasePolicy::Off,
            Some(Some(seconds)) => LeasePolicy::Seconds(seconds),
        };
        config.announce = AnnouncePolicy {
            burst: self.burst,
            refresh: self
                .refresh
                .map(|tenths| Duration::from_millis(100 * u64::from(tenths))),
        };
        config.virtual_mac = self.virtual_mac;
        config.in_step = true;
        if self.raw != Some(true) {
            make_runnable(&mut config);
        }
        config
    }
}

/// Puts right what most random configurations have wrong.
fn make_runnable(config: &mut RouterConfig) {
    let family = config.family();
    let step = match config.version {
        Version::V2 => 100,
        Version::V3 => 1,
    };
    config.priority = config.priority.max(1);
    config.advert_interval = Centiseconds((config.advert_interval.0 % 250 + 1) * step);
    if config.addresses.is_empty() {
        config.addresses.push(Name(20).address(family));
    }
    config
        .addresses
        .retain(|address| Family::of(address) == family);
    if let Some(peers) = &mut config.peers {
        peers.retain(|peer| Family::of(peer) == family);
    }
    if config.version == Version::V3 {
        config.auth = Auth::None;
    }
}

impl Step {
    fn happen(&self, host: &mut Host, version: Version, family: Family) {
        match self {
            Self::Pass(units) => host.pass(Duration::from_micros(10 * u64::from(*units))),
            Self::Serve(late) => host.serve(Duration::from_micros(10 * u64::from(*late))),
            Self::Timer => host.give(Input::Timer),
            Self::Hear(heard) => heard.arrive(host, version, family),
            Self::Up(name) => host.give(Input::Up {
                source: name.address(family),
            }),
            Self::Down(fault) => host.give(Input::Down {
                reason: match fault {
                    Fault::NoCarrier => FaultReason::NoCarrier,
                    Fault::AddressFailed => FaultReason::AddressFailed("refused".into()),
                    Fault::Other => FaultReason::Other("something else".into()),
                },
            }),
            Self::Priority(effective, lowered) => host.give(Input::Priority {
                effective: *effective,
                degraded: lowered.then_some("a check fails"),
            }),
            Self::Resign => host.give(Input::Resign),
            Self::Drain => host.give(Input::Drain),
            Self::Undrain => host.give(Input::Undrain),
            Self::Shutdown => host.give(Input::Shutdown),
            Self::AddressesLost => host.give(Input::AddressesLost),
            Self::LinkRefreshed => host.give(Input::LinkRefreshed),
            Self::Group(order) => host.give(Input::Group(match order {
                Order::Master => GroupOrder::Master,
                Order::Backup => GroupOrder::Backup,
                Order::Hold => GroupOrder::Hold,
                Order::Free => GroupOrder::Free,
            })),
            Self::Reconfigure(settings) => host.reconfigure(&settings.config(version, family)),
        }
    }
}

impl Heard {
    fn arrive(&self, host: &mut Host, version: Version, family: Family) {
        let own = host.config();
        let addresses = Name::all(&self.addresses, family);
        let version = match self.version {
            None => version,
            Some(true) => Version::V2,
            Some(false) => Version::V3,
        };
        let interval = self.interval.map_or(own.advert_interval, Centiseconds);
        let advert = Advert {
            version,
            vrid: self.vrid.unwrap_or(own.vrid),
            priority: self.priority,
            interval: interval.min(version.longest_interval()),
            auth: self.password.map_or(own.auth, Auth::Simple),
            addresses: AddressList::Slice(&addresses),
        };
        host.give(Input::Advert {
            source: self.from.address(family),
            advert: &advert,
            form: self.pseudo_header.map(form),
        });
    }
}
