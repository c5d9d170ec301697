//! When many addresses are where they should be, by the kernel's news of them.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::{HolderChange, Host, Lab, LabError, Result};

use super::fleet::{Fleet, SETTLES_WITHIN};
use crate::subject::Running;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Who else may have the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// Nobody.
    HaveNone,
    /// A host that has vanished keeps what it had.
    MayHave,
}

/// Waits until `host` has every virtual address, and returns the moment.
pub(super) fn wait_on(
    lab: &Lab,
    fleet: &Fleet,
    host: &Host,
    others: Others,
    running: &Running,
) -> Result<Instant> {
    let (wanted, began) = (fleet.addresses(), Instant::now());
    loop {
        let changes = lab.holder_log().changes();
        if let Some(at) = since_when(&changes, &wanted, host.name(), others) {
            return Ok(at);
        }
        let process = running.process();
        if !process.is_running() {
            return Err(process.ended());
        }
        if began.elapsed() > SETTLES_WITHIN {
            return Err(LabError::Timeout {
                what: format!(
                    "{} has all {} addresses on {}",
                    fleet.software.name(),
                    wanted.len(),
                    host.name()
                ),
                bound: SETTLES_WITHIN,
                diagnostics: format!("it has {}", fleet.held(host)?),
            });
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The first moment at which `host` had every one of `wanted`.
fn since_when(
    changes: &[HolderChange],
    wanted: &HashSet<IpAddr>,
    host: &str,
    others: Others,
) -> Option<Instant> {
    let mut holders: HashMap<IpAddr, HashSet<&str>> = HashMap::new();
    let mut right: HashSet<IpAddr> = HashSet::new();
    for change in changes.iter().filter(|c| wanted.contains(&c.address)) {
        let of_this = holders.entry(change.address).or_default();
        if change.held {
            of_this.insert(&change.host);
        } else {
            of_this.remove(change.host.as_str());
        }
        if of_this.contains(host) && (others == Others::MayHave || of_this.len() == 1) {
            right.insert(change.address);
        } else {
            right.remove(&change.address);
        }
        if right.len() == wanted.len() {
            return Some(change.at);
        }
    }
    None
}

/// The longest time in which an address had two holders: before `moment`, and after it.
pub(super) fn double(lab: &Lab, fleet: &Fleet, moment: Instant) -> [Duration; 2] {
    let mut longest = [Duration::ZERO; 2];
    for address in fleet.addresses() {
        for overlap in lab.holder_log().overlaps_of(address) {
            let end = overlap.end.unwrap_or_else(Instant::now);
            let before = end.min(moment).saturating_duration_since(overlap.start);
            let after = end.saturating_duration_since(overlap.start.max(moment));
            longest = [longest[0].max(before), longest[1].max(after)];
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(at: Instant, host: &str, last: u8, held: bool) -> HolderChange {
        HolderChange {
            at,
            host: host.to_owned(),
            address: IpAddr::from([10, 61, 0, last]),
            held,
        }
    }

    #[test]
    fn all_addresses_are_on_the_right_host_when_the_last_one_has_left_the_other() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let wanted = [1, 2].map(|last| IpAddr::from([10, 61, 0, last])).into();
        let mut changes = vec![
            change(at(0), "b", 1, true),
            change(at(1), "a", 1, true),
            change(at(2), "a", 2, true),
        ];
        assert_eq!(since_when(&changes, &wanted, "a", Others::HaveNone), None);
        let also = since_when(&changes, &wanted, "a", Others::MayHave);
        assert_eq!(also, Some(at(2)));
        changes.push(change(at(5), "b", 1, false));
        let alone = since_when(&changes, &wanted, "a", Others::HaveNone);
        assert_eq!(alone, Some(at(5)));
        assert_eq!(since_when(&changes, &wanted, "b", Others::MayHave), None);
    }
}
