//! Who of two masters stays one (RFC 9568 §6.4.3).

use core::net::IpAddr;

/// Whether an advert of `priority` from `source` makes a master of priority `own` at address
/// `own_source` a backup: a higher priority, or the same and the greater primary address,
/// compared as unsigned integers in network byte order.
pub(super) fn beats(priority: u8, source: IpAddr, own: u8, own_source: Option<IpAddr>) -> bool {
    priority > own || (priority == own && own_source.is_none_or(|own_source| source > own_source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or([0, 0, 0, 0].into())
    }

    #[test]
    fn a_higher_priority_wins_whatever_the_address() {
        assert!(beats(101, ip("10.0.0.1"), 100, Some(ip("10.0.0.9"))));
        assert!(!beats(99, ip("10.0.0.9"), 100, Some(ip("10.0.0.1"))));
    }

    #[test]
    fn equal_priorities_are_decided_by_the_unsigned_address() {
        assert!(beats(100, ip("200.0.0.1"), 100, Some(ip("10.0.0.1"))));
        assert!(beats(100, ip("10.0.1.0"), 100, Some(ip("10.0.0.255"))));
        assert!(!beats(100, ip("10.0.0.1"), 100, Some(ip("10.0.0.2"))));
        assert!(beats(100, ip("fe80::ff00"), 100, Some(ip("fe80::fe"))));
        assert!(!beats(100, ip("fe80::1"), 100, Some(ip("fe80::2"))));
    }

    #[test]
    fn no_router_beats_itself() {
        let own = ip("10.0.0.1");
        assert!(!beats(100, own, 100, Some(own)));
    }
}
