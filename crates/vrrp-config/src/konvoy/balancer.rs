//! The load balancer over the control-plane hosts, in the place of an external one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::config::{CHECK, HEALTH_PATH};
use super::endpoint::Endpoint;
use super::inventory::Host;
use crate::config::{
    Backend, BackendCheck, BackendProbe, Family, LoadBalancer, Network, Scheduler, Scheme,
    StatusMatch, Tls,
};
use crate::report::Report;
use crate::yaml::Node;

/// What Konvoy's guide recommends for a load balancer in front of the API servers: a client keeps
/// its server, and connections may idle for an hour.
const PERSISTENCE: Duration = Duration::from_secs(3600);
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);

/// A load balancer was asked for, and nothing says over which hosts. `cloud` is where one of the
/// cloud is asked for.
pub(super) fn no_hosts(cloud: Option<&Node>, report: &mut Report) {
    let finding = match cloud {
        Some(place) => report.error(
            place,
            "a load balancer instead of the cloud's needs the hosts to balance over",
        ),
        None => report.error_without_place("`--load-balance` needs the hosts to balance over"),
    };
    finding.hint("pass the inventory with --inventory");
}

/// Who reaches a load balancer that is `internal`.
pub(super) fn private_networks(address: IpAddr) -> Vec<Network> {
    let v4 = |a, b, prefix| Network {
        address: Ipv4Addr::new(a, b, 0, 0).into(),
        prefix,
    };
    match address {
        // RFC 1918 and RFC 4193.
        IpAddr::V4(_) => vec![v4(10, 0, 8), v4(172, 16, 12), v4(192, 168, 16)],
        IpAddr::V6(_) => vec![Network {
            address: Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0).into(),
            prefix: 7,
        }],
    }
}

/// One over all hosts, as Konvoy's guide recommends it for an external load balancer.
pub(super) fn over(
    endpoint: Endpoint<'_>,
    hosts: &[Host<'_>],
    tls: &Tls,
    report: &mut Report,
) -> LoadBalancer {
    let family = Family::of(endpoint.address);
    let backend = |host: &Host<'_>| {
        host.addresses
            .iter()
            .find(|address| Family::of(**address) == family)
            .copied()
    };
    let mut backends = Vec::new();
    for host in hosts {
        match backend(host) {
            Some(address) => backends.push(Backend {
                address: SocketAddr::new(address, endpoint.port),
                weight: 1,
            }),
            None => {
                report
                    .error(
                        host.node,
                        format!("this host has no {family} address to balance over"),
                    )
                    .related(endpoint.node, format!("the virtual IP is {family}"));
            }
        }
    }
    LoadBalancer {
        name: CHECK.to_owned(),
        address: endpoint.address,
        port: endpoint.port,
        backends,
        scheduler: Scheduler::default(),
        persistence: Some(PERSISTENCE),
        idle_timeout: IDLE_TIMEOUT,
        allow: Vec::new(),
        check: Some(BackendCheck {
            probe: BackendProbe::Http {
                scheme: Scheme::Https,
                path: HEALTH_PATH.to_owned(),
                tls: Some(tls.clone()),
                status: StatusMatch::Success,
                body: None,
                headers: Vec::new(),
            },
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            fall: 2,
            rise: 2,
            hold_down: None,
        }),
    }
}
