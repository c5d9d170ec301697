//! Load balancers of the configuration in terms of vrrp-balance and vrrp-check.

use vrrp_balance::{Backend, Network, Scheduler, Service, Takes};
use vrrp_check::CheckSpec;
use vrrp_config as config;

use crate::daemon::plan::check_spec;

/// One load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::daemon) struct BalancerPlan {
    /// With every backend well.
    pub(super) service: Service,
    /// The check of each backend, in the same order.
    pub(super) checks: Vec<Option<CheckSpec>>,
}

/// The plans for a validated configuration.
pub(in crate::daemon) fn plans(config: &config::Config) -> Vec<BalancerPlan> {
    config
        .load_balancers
        .iter()
        .map(|balancer| BalancerPlan {
            service: service(balancer),
            checks: balancer
                .backends
                .iter()
                .map(|backend| {
                    balancer
                        .check
                        .as_ref()
                        .map(|check| spec(balancer, backend, check))
                })
                .collect(),
        })
        .collect()
}

/// What a validated configuration asks the kernel to balance.
pub(crate) fn services(config: &config::Config) -> Vec<Service> {
    config.load_balancers.iter().map(service).collect()
}

fn service(balancer: &config::LoadBalancer) -> Service {
    Service {
        name: balancer.name.clone(),
        address: balancer.address,
        port: balancer.port,
        scheduler: match balancer.scheduler {
            config::Scheduler::SourceHash => Scheduler::SourceHash,
            config::Scheduler::RoundRobin => Scheduler::RoundRobin,
            config::Scheduler::Random => Scheduler::Random,
        },
        persistence: balancer.persistence,
        idle_timeout: Some(balancer.idle_timeout),
        allow: balancer
            .allow
            .iter()
            .map(|network| Network {
                address: network.address,
                prefix: network.prefix,
            })
            .collect(),
        backends: balancer
            .backends
            .iter()
            .map(|backend| Backend {
                address: backend.address,
                weight: u32::from(backend.weight),
                takes: Takes::New,
            })
            .collect(),
    }
}

fn spec(
    balancer: &config::LoadBalancer,
    backend: &config::Backend,
    check: &config::BackendCheck,
) -> CheckSpec {
    check_spec(&config::Check {
        name: format!("{} of {}", backend.address, balancer.name),
        probe: check.probe.of(backend.address),
        interval: check.interval,
        timeout: check.timeout,
        fall: check.fall,
        rise: check.rise,
        hold_down: check.hold_down,
    })
}
