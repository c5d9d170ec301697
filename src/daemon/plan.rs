//! The configuration in the daemon's own terms: the one place that turns config types into core
//! and check types.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp_check::{CheckSpec, ExecSpec, FileSpec, HoldDown, HttpSpec, ProbeSpec, TcpSpec, TlsSpec};
use vrrp_config as config;
use vrrp_core::{AnnouncePolicy, ChecksumPolicy, LeasePolicy, RouterConfig};
use vrrp_wire::{Auth, Centiseconds, ChecksumForm, Family, Version};

/// Everything that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Virtual routers in the order of the configuration.
    pub instances: Vec<InstancePlan>,
    /// Sync groups: each the names of its members.
    pub groups: Vec<Vec<String>>,
    /// Checks in the order of the configuration.
    pub checks: Vec<CheckSpec>,
}

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstancePlan {
    /// Name in the configuration.
    pub name: String,
    /// What the state machine needs.
    pub router: Arc<RouterConfig>,
    /// The virtual addresses with the prefix each is added with.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Where it runs.
    pub interface: InterfaceChoice,
    /// The least TTL or hop limit of an advert that is accepted by unicast.
    pub min_ttl: u8,
    /// The configured source address.
    pub source: Option<IpAddr>,
    /// Whether it has a macvlan with the virtual MAC.
    pub vmac: bool,
    /// What lowers its priority.
    pub tracks: Vec<TrackPlan>,
}

/// How the interface of a virtual router is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InterfaceChoice {
    /// By its name.
    Named(String),
    /// The interface of the route to this address.
    RouteTo(IpAddr),
}

/// One tracked thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackPlan {
    /// What is tracked.
    pub target: TrackTarget,
    /// What its failure subtracts; without one the priority falls to 1.
    pub penalty: Option<u8>,
}

/// What is tracked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TrackTarget {
    /// The check of this name.
    Check(String),
    /// The carrier of the interface of this name.
    Interface(String),
}

impl Plan {
    /// The plan for a validated configuration.
    #[must_use]
    pub(super) fn new(config: &config::Config) -> Self {
        Self {
            instances: config.instances.iter().map(InstancePlan::new).collect(),
            groups: config
                .groups
                .iter()
                .map(|group| group.members.clone())
                .collect(),
            checks: config.checks.iter().map(check_spec).collect(),
        }
    }
}

impl InstancePlan {
    /// What tells one virtual router from another, but for the interface.
    pub(super) fn identity(&self) -> (u8, Family) {
        (self.router.vrid, self.router.family())
    }

    fn new(instance: &config::Instance) -> Self {
        Self {
            name: instance.name.clone(),
            router: Arc::new(router_config(instance)),
            addresses: instance
                .addresses
                .iter()
                .map(|virtual_address| (virtual_address.address, virtual_address.prefix))
                .collect(),
            interface: match (&instance.interface, instance.addresses.first()) {
                (Some(name), _) => InterfaceChoice::Named(name.clone()),
                (None, Some(first)) => InterfaceChoice::RouteTo(first.address),
                // Validation refuses an instance without addresses; no interface has this name.
                (None, None) => InterfaceChoice::Named(String::new()),
            },
            min_ttl: instance.min_ttl,
            source: instance.source,
            vmac: instance.vmac,
            tracks: instance.track.iter().map(track_plan).collect(),
        }
    }
}

fn router_config(instance: &config::Instance) -> RouterConfig {
    let addresses = instance
        .addresses
        .iter()
        .map(|address| address.address)
        .collect();
    RouterConfig {
        version: match instance.version {
            config::Version::V2 => Version::V2,
            config::Version::V3 => Version::V3,
        },
        priority: instance.priority,
        advert_interval: centiseconds(instance.advert_interval),
        preempt: instance.preempt,
        preempt_delay: instance.preempt_delay,
        checksum: match instance.checksum {
            config::Checksum::Auto => ChecksumPolicy::Auto,
            config::Checksum::Rfc9568 => ChecksumPolicy::Fixed(ChecksumForm::Rfc9568),
            config::Checksum::Rfc5798 => ChecksumPolicy::Fixed(ChecksumForm::Rfc5798),
        },
        auth: instance
            .auth
            .as_ref()
            .map_or(Auth::None, |auth| Auth::Simple(auth.pass())),
        peers: instance.peers.clone(),
        lease: match instance.lease {
            config::Lease::Auto => LeasePolicy::Auto,
            config::Lease::Off => LeasePolicy::Off,
            config::Lease::Seconds(seconds) => LeasePolicy::Seconds(seconds),
        },
        announce: AnnouncePolicy {
            burst: instance.announce.burst,
            refresh: instance.announce.refresh,
        },
        virtual_mac: instance.vmac,
        in_step: true,
        ..RouterConfig::new(instance.vrid, addresses)
    }
}

fn centiseconds(duration: Duration) -> Centiseconds {
    Centiseconds(u16::try_from(duration.as_millis() / 10).unwrap_or(u16::MAX))
}

fn track_plan(track: &config::Track) -> TrackPlan {
    TrackPlan {
        target: match &track.target {
            config::Tracked::Check(name) => TrackTarget::Check(name.clone()),
            config::Tracked::Interface(name) => TrackTarget::Interface(name.clone()),
        },
        penalty: track.penalty,
    }
}

pub(super) fn check_spec(check: &config::Check) -> CheckSpec {
    CheckSpec {
        name: check.name.clone(),
        probe: match &check.probe {
            config::Probe::Http(http) => ProbeSpec::Http(http_spec(http)),
            config::Probe::Tcp(target) => ProbeSpec::Tcp(TcpSpec {
                address: target.to_string(),
            }),
            config::Probe::Exec(exec) => ProbeSpec::Exec(ExecSpec {
                command: exec.command.clone(),
                // The daemon has no right to become somebody else, and commands need none.
                user: None,
                environment: Vec::new(),
            }),
            config::Probe::File(file) => ProbeSpec::File(FileSpec {
                path: file.path.clone(),
                present: file.present,
            }),
        },
        interval: check.interval,
        timeout: check.timeout,
        fall: u32::from(check.fall),
        rise: u32::from(check.rise),
        hold_down: check.hold_down.map(|hold| HoldDown {
            initial: hold.initial,
            max: hold.max,
            forget: hold.forget,
        }),
    }
}

fn http_spec(http: &config::HttpProbe) -> HttpSpec {
    HttpSpec {
        url: http.url.to_string(),
        tls: http
            .tls
            .as_ref()
            .map_or_else(TlsSpec::default, |tls| TlsSpec {
                ca: tls.ca.clone(),
                server_name: tls.server_name.clone(),
                verify: tls.verify,
                cert: tls.cert.clone(),
                key: tls.key.clone(),
            }),
        status: match &http.status {
            config::StatusMatch::Success => Vec::new(),
            config::StatusMatch::Codes(codes) => codes.clone(),
        },
        body: http.body.clone(),
        headers: http
            .headers
            .iter()
            .map(|header| (header.name.clone(), header.value.clone()))
            .collect(),
    }
}
