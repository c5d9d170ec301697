//! The two intervals of RFC 9568 §6.1 that everything else is measured in.

use core::time::Duration;

use vrrp_wire::Version;

/// Skew_Time: how much longer than three intervals a router of `priority` waits, so that the
/// highest one fires first. Version 3: (256 − priority) × interval / 256 (RFC 9568 §6.1);
/// version 2: (256 − priority) / 256 seconds whatever the interval (RFC 3768 §6.1).
#[must_use]
pub fn skew_time(version: Version, priority: u8, master_interval: Duration) -> Duration {
    let unit = match version {
        Version::V2 => Duration::from_secs(1),
        Version::V3 => master_interval,
    };
    unit * (256 - u32::from(priority)) / 256
}

/// Master_Down_Interval: 3 × Master_Adver_Interval + Skew_Time (RFC 9568 §6.1).
#[must_use]
pub fn master_down_interval(version: Version, priority: u8, master_interval: Duration) -> Duration {
    master_interval * 3 + skew_time(version, priority, master_interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn version_3_skew_is_a_share_of_the_masters_interval() {
        let skew = |priority| skew_time(Version::V3, priority, SECOND * 2);
        assert_eq!(skew(100), SECOND * 2 * 156 / 256);
        assert_eq!(skew(255), SECOND * 2 / 256);
        assert_eq!(skew(1), SECOND * 2 * 255 / 256);
    }

    #[test]
    fn version_2_skew_is_a_share_of_a_second_whatever_the_interval() {
        assert_eq!(skew_time(Version::V2, 100, SECOND * 5), SECOND * 156 / 256);
        assert_eq!(skew_time(Version::V2, 255, SECOND), SECOND / 256);
    }

    #[test]
    fn master_down_interval_is_three_intervals_and_the_skew() {
        assert_eq!(
            master_down_interval(Version::V3, 128, SECOND),
            SECOND * 3 + SECOND / 2
        );
        assert_eq!(
            master_down_interval(Version::V2, 128, SECOND * 2),
            SECOND * 6 + SECOND / 2
        );
    }
}
