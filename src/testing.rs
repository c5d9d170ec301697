//! A view with something of everything in it, for tests.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use vrrp_check::ErrorKind;
use vrrp_wire::{DropReason, Family, Version};

use crate::balancers::{BackendView, BalancerView, Condition};
use crate::status::{CheckState, InstanceState};
use crate::view::{CheckView, DaemonView, InstanceView, Live, Moment, Running, Transition};

/// An IPv4 master, an IPv6 backup, one check that is down and one that is unknown.
pub(crate) fn view() -> Arc<DaemonView> {
    let view = DaemonView::default();
    view.replace(Running {
        instances: vec![master(), backup()],
        checks: vec![check_down(), Arc::new(CheckView::new("etcd".into()))],
        load_balancers: vec![balancer()],
        readings: None,
        config_path: "/etc/vrrpd/vrrpd.yaml".into(),
        config_loaded_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)),
        warnings: vec!["the host has one processor".into()],
    });
    view.reloads_ok.up();
    view.unknown_vrid.add(7);
    Arc::new(view)
}

/// A load balancer with a backend that is up and one that is down and drained.
fn balancer() -> Arc<BalancerView> {
    let [up, down] = ["10.0.50.11:6443", "10.0.50.12:6443"]
        .map(|address| Arc::new(BackendView::new(address.parse().expect("an address"), 2)));
    for backend in [&up, &down] {
        backend.live().since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800);
    }
    {
        let mut live = up.live();
        live.state = CheckState::Up;
        (live.active, live.connections, live.bytes) = (3, 40, 5_000);
    }
    {
        let mut live = down.live();
        live.state = CheckState::Down;
        live.drained = true;
        live.last_error = Some("connection refused".into());
    }
    let vip = IpAddr::V4(Ipv4Addr::new(10, 0, 50, 20));
    let view = BalancerView::new("apiserver".into(), vip, 6443, vec![up, down]);
    view.become_(Condition::Balancing);
    Arc::new(view)
}

fn live(state: InstanceState) -> Live {
    Live {
        name: "control-plane".into(),
        state,
        reason: "nobody else was heard".into(),
        since: SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800),
        interface: "ens20f0".into(),
        priority: 100,
        effective_priority: 100,
        effective_priority_reason: String::new(),
        advert_interval: Duration::from_millis(100),
        master: None,
        master_is_self: false,
        addresses: vec!["10.0.50.20/32".into()],
        warnings: Vec::new(),
    }
}

/// An IPv4 instance in `state` with an advert interval of 1 s that has heard nobody.
pub(crate) fn instance(name: &str, state: InstanceState) -> InstanceView {
    let live = Live {
        name: name.to_owned(),
        advert_interval: Duration::from_secs(1),
        ..live(state)
    };
    InstanceView::new(51, Version::V3, Family::V4, live)
}

fn master() -> Arc<InstanceView> {
    let live = Live {
        master: Some((IpAddr::V4(Ipv4Addr::new(10, 0, 50, 11)), 100)),
        master_is_self: true,
        warnings: vec!["10.0.50.13 has the same priority".into()],
        ..live(InstanceState::Master)
    };
    let view = InstanceView::new(51, Version::V3, Family::V4, live);
    view.counters.adverts_sent.add(42);
    view.counters.drop_more(DropReason::Checksum, 3);
    for (from, to, cause) in [
        (InstanceState::Init, InstanceState::Backup, "it started"),
        (
            InstanceState::Backup,
            InstanceState::Master,
            "nobody else was heard",
        ),
    ] {
        view.record(Transition {
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800),
            from,
            to,
            cause: cause.into(),
        });
    }
    view.counters.gratuitous_arps.add(10);
    view.addresses_present.store(1, Ordering::Relaxed);
    view.lateness.observe(0.000_3);
    let heard = Moment::default();
    heard.touch();
    view.peers()
        .insert(IpAddr::V4(Ipv4Addr::new(10, 0, 50, 12)), Arc::new(heard));
    view.peers()
        .insert(IpAddr::V4(Ipv4Addr::new(10, 0, 50, 13)), Arc::default());
    Arc::new(view)
}

fn backup() -> Arc<InstanceView> {
    let live = Live {
        name: "say \"v6\"".into(),
        addresses: vec!["fe80::20/128".into()],
        effective_priority: 1,
        effective_priority_reason: "the check apiserver fails".into(),
        master: Some((IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)), 150)),
        ..live(InstanceState::Backup)
    };
    let view = InstanceView::new(52, Version::V3, Family::V6, live);
    view.master_heard.touch();
    Arc::new(view)
}

fn check_down() -> Arc<CheckView> {
    let view = CheckView::new("apiserver".into());
    {
        let mut live = view.live();
        live.state = CheckState::Down;
        live.last_duration = Some(Duration::from_micros(1_500));
        live.last_error = Some((ErrorKind::Refused, "connection refused".into()));
        live.held_until = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_830));
    }
    view.failures[ErrorKind::Refused.index()].add(2);
    view.duration.observe(0.0015);
    Arc::new(view)
}
