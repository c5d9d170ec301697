//! From a `cluster.yaml`, with or without an inventory, to the configuration of this host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::balancer;
use super::cluster::{Cluster, Elb, Keepalived};
use super::endpoint::Endpoint;
use super::inventory::{Host, Inventory};
use super::{ExternalReason, KUBERNETES_CA};
use crate::config::{
    Announce, Check, Checksum, Config, Control, Family, HostPort, HttpProbe, HttpUrl, Instance,
    Lease, Log, Metrics, Probe, Realtime, Scheme, StatusMatch, Tls, Track, Tracked, Version,
    VirtualAddress,
};
use crate::load::HostFacts;
use crate::report::Report;
use crate::vrid::derived_vrid;
use crate::yaml::{Node, Parsed};

const INSTANCE: &str = "control-plane";
pub(super) const CHECK: &str = "apiserver";
pub(super) const HEALTH_PATH: &str = "/healthz";

/// The name in the certificate of every API server that kubeadm set up.
const API_SERVER_NAME: &str = "kubernetes";

/// The priority of the first host of the inventory; each next one has one less.
const HIGHEST_PRIORITY: u8 = 254;
const PRIORITY_WITHOUT_INVENTORY: u8 = 100;

/// What a Konvoy file turned out to ask for.
pub(crate) enum Konvoy {
    Config(Box<Config>),
    External {
        endpoint: Option<String>,
        reason: ExternalReason,
    },
}

/// What is to come of a Konvoy file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Balance over the control-plane hosts.
    pub(crate) load_balance: bool,
    /// Where the cloud's load balancer is in charge, do the same with one of our own.
    pub(crate) replace_cloud: bool,
}

/// Reads the file; `None` where too much is wrong with it. The caller looks at the report.
pub(crate) fn read(
    parsed: &Parsed,
    inventory: Option<&Parsed>,
    wish: Wish,
    facts: &HostFacts,
    report: &mut Report,
) -> Option<Konvoy> {
    let cluster = Cluster::find(parsed, report)?;
    let inventory = inventory.and_then(|parsed| Inventory::open(parsed, report));
    let from_inventory = inventory.as_ref().and_then(Inventory::endpoint);
    let endpoint = cluster
        .endpoint
        .map(|node| ("controlPlaneEndpointOverride", node))
        .or(from_inventory.map(|node| ("control_plane_endpoint", node)));
    let keepalived = cluster.keepalived(report);
    let mut cloud = None;
    if let Some((key, elb)) = cluster.elb {
        if let Some((keepalived, _)) = keepalived {
            report
                .error(
                    keepalived,
                    "both `keepalived` and the cloud's load balancer are asked for",
                )
                .related(key, "the cloud's load balancer")
                .hint("remove `keepalived` in the cloud, or `elb` on your own hosts");
        }
        let elb = Elb::read(elb, report);
        if wish.replace_cloud {
            cloud = Some((key, elb));
        } else {
            return Some(external(endpoint, &elb));
        }
    }
    let keepalived = match (keepalived, &cloud) {
        (_, Some(_)) => Keepalived::default(),
        (Some((_, keepalived)), None) => Keepalived::read(keepalived, report),
        (None, None) => {
            return Some(Konvoy::External {
                endpoint: shown(endpoint),
                reason: ExternalReason::NoKeepalived,
            });
        }
    };
    let endpoint = match endpoint {
        Some((name, node)) => Endpoint::read(name, node, report),
        None => {
            no_endpoint(&cluster, inventory.is_some(), report);
            None
        }
    };
    let hosts = inventory.as_ref().map(|inventory| inventory.hosts(report));
    let place = inventory_place(&hosts, endpoint, facts, report);
    let endpoint = endpoint?;
    let priority = place
        .and_then(|place| HIGHEST_PRIORITY.checked_sub(u8::try_from(place).ok()?))
        .unwrap_or(PRIORITY_WITHOUT_INVENTORY);
    let tls = tls(endpoint.node, facts, report);
    let mut balancer = match (&cloud, hosts.as_deref()) {
        (None, _) if !wish.load_balance => None,
        (_, Some(hosts)) => Some(balancer::over(endpoint, hosts, &tls, report)),
        (place, None) => {
            balancer::no_hosts(place.as_ref().map(|(key, _)| *key), report);
            None
        }
    };
    if let (Some(balancer), Some((_, elb))) = (&mut balancer, &cloud) {
        balancer.port = elb.api_server_port;
        if elb.internal {
            balancer.allow = balancer::private_networks(endpoint.address);
        }
    }
    Some(Konvoy::Config(Box::new(Config {
        instances: vec![instance(endpoint, keepalived, priority)],
        groups: Vec::new(),
        checks: vec![check(endpoint, tls)],
        load_balancers: balancer.into_iter().collect(),
        control: Control::default(),
        metrics: Metrics::default(),
        log: Log::default(),
        realtime: Realtime::default(),
    })))
}

fn external(endpoint: Option<(&str, &Node)>, elb: &Elb) -> Konvoy {
    Konvoy::External {
        endpoint: shown(endpoint),
        reason: ExternalReason::AwsElb {
            api_server_port: elb.api_server_port,
            internal: elb.internal,
        },
    }
}

fn shown(endpoint: Option<(&str, &Node)>) -> Option<String> {
    endpoint
        .and_then(|(_, node)| node.text())
        .map(|text| text.escape_debug().collect())
}

fn no_endpoint(cluster: &Cluster<'_>, inventory: bool, report: &mut Report) {
    let finding = report.error(cluster.endpoint_place(), "the virtual IP is given nowhere");
    finding.label("no `controlPlaneEndpointOverride` here");
    finding.hint(if inventory {
        "give it as `controlPlaneEndpointOverride`, or as `all.vars.control_plane_endpoint` of the inventory"
    } else {
        "give it as `controlPlaneEndpointOverride`, or pass the inventory that has it with --inventory"
    });
}

/// The place of this host among the hosts, from 0: the host with an address that is local.
fn inventory_place(
    hosts: &Option<Vec<Host<'_>>>,
    endpoint: Option<Endpoint<'_>>,
    facts: &HostFacts,
    report: &mut Report,
) -> Option<usize> {
    let hosts = hosts.as_deref()?;
    let first = hosts.first()?;
    let vip = endpoint.map(|endpoint| endpoint.address);
    for host in hosts {
        if let (Some(vip), Some(endpoint)) = (vip, endpoint)
            && host.addresses.contains(&vip)
        {
            report
                .error(
                    host.node,
                    format!("the virtual IP {vip} is a host's own address"),
                )
                .related(endpoint.node, "the virtual IP")
                .hint("use an address that no host has");
        }
    }
    let is_local =
        |address: &IpAddr| Some(*address) != vip && facts.local_addresses.contains(address);
    let local: Vec<usize> = hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| host.addresses.iter().any(is_local))
        .map(|(at, _)| at)
        .collect();
    match *local.as_slice() {
        [place] => return Some(place),
        [] => {
            report
                .error(first.node, "none of the control-plane hosts is this one")
                .label(format!("the hosts are {}", names(hosts)))
                .hint(format!("the addresses here are {}", here(facts)));
        }
        [one, other, ..] => {
            if let (Some(one), Some(other)) = (hosts.get(one), hosts.get(other))
                && !one.shares_address(other)
            {
                report
                    .error(other.node, "two of the control-plane hosts are this one")
                    .related(one.node, "the other")
                    .hint(format!("the addresses here are {}", here(facts)));
            }
        }
    }
    None
}

fn names(hosts: &[Host<'_>]) -> String {
    let shown = |host: &Host<'_>| match host.addresses.first() {
        Some(address) if address.to_string() != host.name => format!("{} ({address})", host.name),
        _ => host.name.to_owned(),
    };
    hosts.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn here(facts: &HostFacts) -> String {
    let mut addresses: Vec<String> = facts
        .local_addresses
        .iter()
        .filter(|address| !address.is_loopback())
        .map(ToString::to_string)
        .collect();
    addresses.dedup();
    if addresses.is_empty() {
        "none".to_owned()
    } else {
        addresses.join(", ")
    }
}

fn instance(endpoint: Endpoint<'_>, keepalived: Keepalived, priority: u8) -> Instance {
    let prefix = Family::of(endpoint.address).host_prefix();
    Instance {
        name: INSTANCE.to_owned(),
        addresses: vec![VirtualAddress {
            address: endpoint.address,
            prefix,
        }],
        interface: keepalived.interface,
        vrid: keepalived
            .vrid
            .unwrap_or_else(|| derived_vrid(endpoint.address)),
        priority,
        advert_interval: Duration::from_secs(1),
        version: Version::default(),
        preempt: true,
        preempt_delay: Duration::ZERO,
        checksum: Checksum::default(),
        auth: None,
        source: None,
        peers: None,
        min_ttl: 255,
        lease: Lease::default(),
        vmac: false,
        announce: Announce::default(),
        notify: None,
        track: vec![Track {
            target: Tracked::Check(CHECK.to_owned()),
            penalty: None,
        }],
    }
}

/// The API server of this host, which serves on the endpoint's port.
fn check(endpoint: Endpoint<'_>, tls: Tls) -> Check {
    let loopback = match endpoint.address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let target = HostPort {
        host: loopback.to_string(),
        port: endpoint.port,
    };
    Check {
        name: CHECK.to_owned(),
        probe: Probe::Http(HttpProbe {
            url: HttpUrl {
                scheme: Scheme::Https,
                target,
                path: HEALTH_PATH.to_owned(),
            },
            tls: Some(tls),
            status: StatusMatch::Success,
            body: None,
            headers: Vec::new(),
        }),
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        fall: 2,
        rise: 2,
        hold_down: None,
    }
}

/// How the API server is trusted. Where kubeadm's authority is missing, its certificate is not
/// verified: the server is asked over the loopback interface, and refusing to start would leave a
/// cluster that is being set up without the address that its setup needs.
fn tls(place: &Node, facts: &HostFacts, report: &mut Report) -> Tls {
    if facts.kubernetes_ca.is_none() {
        report
            .warning(
                place,
                format!(
                    "the API server's certificate is not verified: there is no {KUBERNETES_CA}"
                ),
            )
            .hint("once kubeadm has made it, run `vrrpd reload`");
    }
    Tls {
        ca: facts.kubernetes_ca.clone(),
        server_name: Some(API_SERVER_NAME.to_owned()),
        verify: facts.kubernetes_ca.is_some(),
        cert: None,
        key: None,
    }
}
