//! Virtual time for one router ([`Bench`]) and for several on one segment ([`Lan`]).

mod bench;
mod lan;

use core::net::IpAddr;
use core::time::Duration;

use vrrp_core::{ChecksumPolicy, Output, RouterConfig};
use vrrp_wire::ChecksumForm;

pub(crate) use bench::{Bench, Heard};
pub(crate) use lan::Lan;

/// The address of the router under test.
pub(crate) const OWN: IpAddr = ip([10, 0, 50, 50]);
/// A peer with a lower address.
pub(crate) const LOWER: IpAddr = ip([10, 0, 50, 11]);
/// A peer with a greater address.
pub(crate) const GREATER: IpAddr = ip([10, 0, 50, 200]);
/// The virtual address.
pub(crate) const VIP: IpAddr = ip([10, 0, 50, 20]);

pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// Skew_Time of priority 100 behind a master of 1 s: 156/256 s.
pub(crate) const SKEW: Duration = Duration::from_nanos(609_375_000);
/// Master_Down_Interval of priority 100 behind a master of 1 s.
pub(crate) const MASTER_DOWN: Duration = Duration::from_nanos(3_609_375_000);

/// How long addresses stay after a successor was heard.
pub(crate) const LINGER: Duration = ms(5);

pub(crate) const fn ip(octets: [u8; 4]) -> IpAddr {
    IpAddr::V4(core::net::Ipv4Addr::new(
        octets[0], octets[1], octets[2], octets[3],
    ))
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Priority 100, 1 s, preempting, no refresh of announcements, RFC 9568's checksum.
pub(crate) fn config() -> RouterConfig {
    let mut config = RouterConfig::new(51, vec![VIP]);
    config.announce.refresh = None;
    config.checksum = ChecksumPolicy::Fixed(ChecksumForm::Rfc9568);
    config
}

pub(crate) fn with(change: impl FnOnce(&mut RouterConfig)) -> RouterConfig {
    let mut config = config();
    change(&mut config);
    config
}

/// The priorities of the adverts in `outputs`.
pub(crate) fn sent(outputs: &[Output]) -> Vec<u8> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::SendAdvert(advert) => Some(advert.priority),
            _ => None,
        })
        .collect()
}
