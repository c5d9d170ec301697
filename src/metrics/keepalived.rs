//! The names of the two common exporters for Keepalived, so that dashboards and alerts made for
//! them go on working: mehdy/keepalived-exporter and gen2brain/keepalived_exporter. Names, labels
//! and values are theirs, not good practice: the second one's counters lack `_total` and carry
//! the state as a label.

use std::fmt;
use std::sync::Arc;

use vrrp_wire::DropReason;

use super::collector::Scraped;
use super::families::{Families, Labels};
use crate::status::{CheckState, InstanceState};
use crate::view::CheckView;

/// One of their counters: its name in the first exporter without `_total`, in the second one,
/// their help text, and what it counts.
struct Counter {
    first: &'static str,
    second: &'static str,
    help: &'static str,
    value: fn(&Scraped) -> u64,
}

const COUNTERS: [Counter; 14] = [
    Counter {
        first: "advertisements_received",
        second: "advert_rcvd",
        help: "Advertisements received",
        value: |one| one.view.counters.adverts_received.get(),
    },
    Counter {
        first: "advertisements_sent",
        second: "advert_sent",
        help: "Advertisements sent",
        value: |one| one.view.counters.adverts_sent.get(),
    },
    Counter {
        first: "become_master",
        second: "become_master",
        help: "Became master",
        value: became_master,
    },
    Counter {
        first: "release_master",
        second: "release_master",
        help: "Released master",
        value: |one| {
            let master = one.live.state == InstanceState::Master;
            became_master(one).saturating_sub(u64::from(master))
        },
    },
    Counter {
        first: "packet_length_errors",
        second: "packet_len_err",
        help: "Packet length errors",
        value: |one| dropped(one, DropReason::TooShort) + dropped(one, DropReason::Length),
    },
    Counter {
        first: "advertisements_interval_errors",
        second: "advert_interval_err",
        help: "Advertisement interval errors",
        value: |one| {
            dropped(one, DropReason::IntervalMismatch) + dropped(one, DropReason::IntervalZero)
        },
    },
    Counter {
        first: "ip_ttl_errors",
        second: "ip_ttl_err",
        help: "TTL errors",
        value: |one| dropped(one, DropReason::Ttl),
    },
    Counter {
        first: "invalid_type_received",
        second: "invalid_type_rcvd",
        help: "Invalid type errors",
        value: |one| dropped(one, DropReason::Type),
    },
    Counter {
        first: "address_list_errors",
        second: "addr_list_err",
        help: "Address list errors",
        value: |one| dropped(one, DropReason::NoAddresses),
    },
    Counter {
        first: "authentication_invalid",
        second: "invalid_authtype",
        help: "Authentication invalid",
        value: |_| 0,
    },
    Counter {
        first: "authentication_mismatch",
        second: "authtype_mismatch",
        help: "Authentication mismatch",
        value: |one| dropped(one, DropReason::AuthType),
    },
    Counter {
        first: "authentication_failure",
        second: "auth_failure",
        help: "Authentication failure",
        value: |one| dropped(one, DropReason::AuthPassword),
    },
    Counter {
        first: "priority_zero_received",
        second: "pri_zero_rcvd",
        help: "Priority zero received",
        value: |one| one.view.counters.priority_zero_received.get(),
    },
    Counter {
        first: "priority_zero_sent",
        second: "pri_zero_sent",
        help: "Priority zero sent",
        value: |one| one.view.counters.priority_zero_sent.get(),
    },
];

/// Writes both exporters' families.
pub(super) fn encode(
    families: &mut Families<'_>,
    instances: &[Scraped],
    checks: &[Arc<CheckView>],
) -> fmt::Result {
    families.gauges("keepalived_up", "Status", [(Labels::new(), 1_u32)])?;
    families.gauges(
        "keepalived_vrrp_state",
        "State of vrrp",
        instances.iter().flat_map(|one| {
            one.live.addresses.iter().map(|address| {
                let mut labels = identity(one, "iname");
                // Theirs has no prefix.
                let address = address.split('/').next().unwrap_or(address);
                labels.push(("ip_address", address.to_owned()));
                (labels, u32::from(one.live.state.number()))
            })
        }),
    )?;
    families.counters(
        "keepalived_gratuitous_arp_delay",
        "Gratuitous ARP delay",
        // From the first burst of a new master to the second.
        instances.iter().map(|one| (identity(one, "iname"), 5_u64)),
    )?;
    for counter in &COUNTERS {
        families.counters(
            &format!("keepalived_{}", counter.first),
            counter.help,
            instances
                .iter()
                .map(|one| (identity(one, "iname"), (counter.value)(one))),
        )?;
        families.gauges(
            &format!("keepalived_vrrp_{}", counter.second),
            counter.help,
            instances.iter().map(|one| {
                let mut labels = identity(one, "name");
                labels.push(("state", one.live.state.as_str().to_uppercase()));
                (labels, (counter.value)(one))
            }),
        )?;
    }
    let scripts = |value: fn(CheckState) -> Option<u32>| {
        checks.iter().filter_map(move |check| {
            let labels = vec![("name", check.name.clone())];
            Some((labels, value(check.live().state)?))
        })
    };
    families.gauges(
        "keepalived_script_status",
        "Tracker Script Status",
        scripts(|state| match state {
            CheckState::Up => Some(1),
            CheckState::Down => Some(0),
            CheckState::Unknown => None,
        }),
    )?;
    // 0 is idle, what a check in process always is.
    families.gauges(
        "keepalived_script_state",
        "Tracker Script State",
        scripts(|_| Some(0)),
    )
}

fn identity(one: &Scraped, name: &'static str) -> Labels {
    vec![
        (name, one.live.name.clone()),
        ("intf", one.live.interface.clone()),
        ("vrid", one.view.vrid.to_string()),
    ]
}

fn became_master(one: &Scraped) -> u64 {
    one.view.counters.transitions[usize::from(InstanceState::Master.number())].get()
}

fn dropped(one: &Scraped, reason: DropReason) -> u64 {
    one.view.counters.dropped(reason)
}
