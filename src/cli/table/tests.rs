//! The tables of a status in each state, as people see them.

use super::*;
use crate::status::{
    BackendStatus, CheckState, ConfigStatus, CountersStatus, LoadBalancerState, LoadBalancerStatus,
    MasterStatus, TransitionStatus,
};

fn instance(name: &str, state: InstanceState) -> InstanceStatus {
    InstanceStatus {
        name: name.into(),
        state,
        reason: "the master 10.0.50.12 fell silent for 3.6 s".into(),
        since: "2026-01-31T11:00:00.000Z".into(),
        interface: "ens20f0".into(),
        vrid: 51,
        version: 3,
        family: "ipv4".into(),
        priority: 100,
        effective_priority: 100,
        effective_priority_reason: String::new(),
        advert_interval_ms: 1000,
        master: None,
        addresses: vec!["10.0.50.20/32".into()],
        addresses_present: usize::from(state == InstanceState::Master),
        peers: Vec::new(),
        transitions: Vec::new(),
        probes: Vec::new(),
        counters: CountersStatus::default(),
    }
}

fn status(instances: Vec<InstanceStatus>) -> Status {
    Status {
        version: "0.1.0".into(),
        pid: 4711,
        started_at: "2026-01-30T10:00:00.000Z".into(),
        config: ConfigStatus {
            path: "/etc/vrrpd/vrrpd.yaml".into(),
            loaded_at: "2026-01-31T11:58:30.000Z".into(),
        },
        drained: false,
        instances,
        checks: Vec::new(),
        load_balancers: Vec::new(),
        warnings: Vec::new(),
    }
}

fn shown(status: &Status) -> String {
    let now = humantime::parse_rfc3339("2026-01-31T12:00:00Z").expect("a time");
    let text = render(status, now, 80, false);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
        assert!(
            !line.contains('\x1b'),
            "an escape sequence without colour: {line}"
        );
    }
    text
}

fn heard(address: &str) -> Option<MasterStatus> {
    let address = address.into();
    Some(MasterStatus {
        address,
        priority: 150,
        last_heard_ms: 300,
        this_host: false,
    })
}

#[test]
fn a_master_with_a_healthy_check() {
    let mut status = status(vec![instance("control-plane", InstanceState::Master)]);
    status.checks.push(CheckStatus {
        name: "apiserver".into(),
        state: CheckState::Up,
        since: "2026-01-31T11:00:00.000Z".into(),
        last_duration_ms: Some(4.25),
        last_error: None,
        last_error_kind: None,
        held_until: None,
    });
    insta::assert_snapshot!(shown(&status));
}

#[test]
fn a_backup_names_its_master() {
    let mut backup = instance("control-plane", InstanceState::Backup);
    backup.master = heard("10.0.50.12");
    backup.reason = "10.0.50.12 has the higher priority".into();
    insta::assert_snapshot!(shown(&status(vec![backup])));
}

#[test]
fn a_fault_says_why_and_a_start_has_no_interface_yet() {
    let mut fault = instance("control-plane", InstanceState::Fault);
    fault.reason = "the interface ens20f0 has no carrier".into();
    let mut init = instance("second", InstanceState::Init);
    init.interface = String::new();
    init.reason = "waiting for a route to 10.0.50.20".into();
    insta::assert_snapshot!(shown(&status(vec![fault, init])));
}

#[test]
fn a_failing_check_lowers_the_priority_and_warnings_come_last() {
    let mut backup = instance("control-plane", InstanceState::Backup);
    backup.effective_priority = 1;
    backup.effective_priority_reason = "the check apiserver fails".into();
    backup.master = heard("10.0.50.12");
    let mut status = status(vec![backup]);
    status.drained = true;
    status.checks.push(CheckStatus {
        name: "apiserver".into(),
        state: CheckState::Down,
        since: "2026-01-31T11:59:55.000Z".into(),
        last_duration_ms: Some(1000.0),
        last_error: Some(
            "https://127.0.0.1:6443/healthz answered 500 Internal Server Error where any 2xx was wanted".into(),
        ),
        last_error_kind: Some("status".into()),
        held_until: Some("2026-01-31T12:00:25.000Z".into()),
    });
    status.checks.push(CheckStatus {
        name: "etcd".into(),
        state: CheckState::Unknown,
        since: "2026-01-31T11:59:55.000Z".into(),
        last_duration_ms: None,
        last_error: None,
        last_error_kind: None,
        held_until: None,
    });
    status.warnings.push(
        "control-plane: 10.0.50.13 advertises the same priority 100: give each host its own, \
         or the higher address wins unnoticed"
            .into(),
    );
    insta::assert_snapshot!(shown(&status));
}

#[test]
fn long_names_and_ipv6_addresses_still_fit() {
    let mut v6 = instance(
        "a-control-plane-with-a-very-long-name",
        InstanceState::Backup,
    );
    v6.addresses = vec![
        "2001:db8:1234:5678:9abc:def0:1234:5678/128".into(),
        "fe80::1/128".into(),
    ];
    v6.master = heard("fe80::9abc:def0:1234:5678");
    insta::assert_snapshot!(shown(&status(vec![v6])));
}

#[test]
fn a_strip_has_the_last_changes_of_all_instances_the_newest_first() {
    use InstanceState::{Backup, Fault, Init, Master};
    let change = |time: &str, from, to, cause: &str| TransitionStatus {
        time: format!("2026-01-31T{time}.000Z"),
        from,
        to,
        cause: cause.into(),
    };
    let mut one = instance("control-plane", Master);
    one.transitions = vec![
        change("09:00:00", Init, Backup, "the sixth is not shown"),
        change("10:00:00", Backup, Master, "the priority 250 is higher"),
        change(
            "11:00:00",
            Master,
            Fault,
            "the interface ens20f0 has no carrier",
        ),
        change(
            "11:00:05",
            Fault,
            Backup,
            "the interface ens20f0 has a carrier again",
        ),
        change(
            "11:59:30",
            Backup,
            Master,
            "the master 10.0.50.12 fell silent for 3.6 s, which is more than Master_Down_Interval",
        ),
    ];
    let mut other = instance("second", Backup);
    other.transitions = vec![change("11:30:00", Master, Backup, "told to resign")];
    let mut status = status(vec![one, other]);
    status.warnings.push("warnings stay last".into());
    let now = humantime::parse_rfc3339("2026-01-31T12:00:00Z").expect("a time");
    let page = Page::new(now, 80, false);
    let text = render_with_changes(&status, &page);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_drained_host_without_a_master_yet_says_so() {
    let mut backup = instance("control-plane", InstanceState::Backup);
    backup.reason = "drained, stays backup until undrained".into();
    let mut status = status(vec![backup]);
    status.drained = true;
    insta::assert_snapshot!(shown(&status));
}

#[test]
fn who_never_heard_another_router_is_warned_last() {
    let mut master = instance("control-plane", InstanceState::Master);
    master.reason = "no master was heard for 3.6 s".into();
    let mut status = status(vec![master]);
    status.warnings.push(
        "control-plane: no other router was ever heard on VRID 51 in 300 s: if another host is \
         master as well, adverts are blocked (`vrrpd doctor` there); if all others are backup, \
         which say nothing, prove it with `vrrpd resign`"
            .into(),
    );
    insta::assert_snapshot!(shown(&status));
}

fn balancer(state: LoadBalancerState, reason: &str, backends: [CheckState; 2]) -> Status {
    let mut status = status(vec![instance("control-plane", InstanceState::Master)]);
    let backend = |(place, state): (usize, CheckState)| BackendStatus {
        address: format!("10.0.50.{}:6443", 11 + place),
        state,
        since: "2026-01-31T11:59:30.000Z".into(),
        weight: 1,
        drained: false,
        active_connections: 3,
        connections_total: 120,
        bytes_total: 4096,
        last_error: (state == CheckState::Down).then(|| "nothing listens there".into()),
    };
    status.load_balancers.push(LoadBalancerStatus {
        name: "apiserver".into(),
        address: "10.0.50.20".into(),
        port: 6443,
        state,
        reason: reason.into(),
        backends: backends.into_iter().enumerate().map(backend).collect(),
    });
    status
}

#[test]
fn each_state_of_a_load_balancer_says_why() {
    use CheckState::{Down, Unknown, Up};
    let texts = [
        (
            LoadBalancerState::Init,
            "its backends are being probed",
            [Unknown, Unknown],
        ),
        (
            LoadBalancerState::Active,
            "this host holds 10.0.50.20",
            [Up, Down],
        ),
        (LoadBalancerState::Standby, "10.0.50.12 is master", [Up, Up]),
        (
            LoadBalancerState::Degraded,
            "no backend is well, all are tried",
            [Down, Down],
        ),
    ]
    .map(|(state, reason, backends)| shown(&balancer(state, reason, backends)));
    insta::assert_snapshot!(texts.join("\n---\n"));
}

#[test]
fn a_drained_backend_is_named_so() {
    let mut status = balancer(
        LoadBalancerState::Active,
        "this host holds 10.0.50.20",
        [CheckState::Up, CheckState::Up],
    );
    let backends = status
        .load_balancers
        .iter_mut()
        .flat_map(|one| &mut one.backends);
    backends.take(1).for_each(|backend| backend.drained = true);
    insta::assert_snapshot!(shown(&status));
}

#[test]
fn a_master_without_its_address_shows_it() {
    let mut master = instance("control-plane", InstanceState::Master);
    master.addresses_present = 0;
    assert!(shown(&status(vec![master])).contains("0/1 present"));
}

#[test]
fn colour_changes_nothing_but_colours() {
    let status = status(vec![instance("control-plane", InstanceState::Master)]);
    let now = humantime::parse_rfc3339("2026-01-31T12:00:00Z").expect("a time");
    let coloured = render(&status, now, 80, true);
    assert!(
        coloured.contains("\x1b[1m\x1b[32mmaster\x1b[0m  control-plane"),
        "{coloured:?}"
    );
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').expect("a colour ends with m").1;
    }
    plain.push_str(rest);
    assert_eq!(plain, render(&status, now, 80, false));
}

#[test]
fn durations_show_their_two_largest_units() {
    let texts = [5, 65, 3_720, 200_000].map(|seconds| brief(Duration::from_secs(seconds)));
    assert_eq!(texts, ["5s", "1m5s", "1h2m", "2d7h"]);
}
