//! How late adverts are, by the kernel's stamps of their arrival at the switch.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use vrrp_lab::{Capture, Packet};

use crate::span::Span;

/// An advert: about which VRID, when since the epoch and on the clock of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) vrid: u8,
    pub(super) stamp: Duration,
    pub(super) at: Instant,
}

/// Since the epoch, as the stamps of a capture are.
pub(super) fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Every advert that came between two stamps.
pub(super) fn heard(capture: &Capture, from: Duration, to: Duration) -> Vec<Heard> {
    capture.select(|frame| match &frame.packet {
        Packet::Advert(advert) if (from..=to).contains(&frame.stamp()) => Some(Heard {
            vrid: advert.vrid,
            stamp: frame.stamp(),
            at: advert.at,
        }),
        _ => None,
    })
}

/// Each advert that another of its VRID came before, behind that one.
fn successions(adverts: &[Heard]) -> impl Iterator<Item = (&Heard, &Heard)> {
    let mut last: HashMap<u8, &Heard> = HashMap::new();
    adverts
        .iter()
        .filter_map(move |advert| Some((last.insert(advert.vrid, advert)?, advert)))
}

/// Every time longer than `limit` in which nobody spoke for a VRID that was spoken for before and
/// after.
pub(super) fn silences(adverts: &[Heard], limit: Duration) -> Vec<Span> {
    successions(adverts)
        .map(|(before, advert)| Span::new(before.at, advert.at))
        .filter(|span| span.length() > limit)
        .collect()
}

/// How much later than one interval after the one before adverts came.
#[derive(Debug)]
pub(super) struct Lateness {
    sorted: Vec<Duration>,
}

impl Lateness {
    /// Of `adverts` in their order, whoever sent them: a VRID that fell silent until somebody
    /// else spoke for it was late too. Silence up to `end` counts.
    pub(super) fn of(adverts: &[Heard], interval: Duration, end: Duration) -> Self {
        let late = |(before, advert): (&Heard, &Heard)| {
            let gap = advert.stamp.saturating_sub(before.stamp);
            gap.saturating_sub(interval)
        };
        let mut sorted: Vec<Duration> = successions(adverts).map(late).collect();
        let last: HashMap<u8, Duration> = adverts.iter().map(|a| (a.vrid, a.stamp)).collect();
        let silent = last.values().map(|last| end.saturating_sub(*last));
        sorted.extend(
            silent
                .filter(|silent| *silent > interval)
                .map(|silent| silent - interval),
        );
        sorted.sort_unstable();
        Self { sorted }
    }

    /// `part` of all adverts were at most this late; in milliseconds.
    pub(super) fn quantile(&self, part: f64) -> Option<f64> {
        let place = (self.sorted.len() as f64 * part).ceil() as usize;
        let late = self.sorted.get(place.saturating_sub(1))?;
        Some(late.as_secs_f64() * 1e3)
    }

    /// In milliseconds.
    pub(super) fn worst(&self) -> Option<f64> {
        self.quantile(1.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    fn at(millis: u64, vrid: u8) -> Heard {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let stamp = Duration::from_millis(millis);
        Heard {
            vrid,
            stamp,
            at: *ORIGIN + stamp,
        }
    }

    fn of(adverts: &[Heard], end: u64) -> Lateness {
        Lateness::of(
            adverts,
            Duration::from_millis(10),
            Duration::from_millis(end),
        )
    }

    #[test]
    fn each_vrid_is_late_by_itself() {
        let lateness = of(&[at(0, 1), at(5, 2), at(10, 1), at(18, 2)], 20);
        assert_eq!(lateness.quantile(0.5), Some(0.0));
        assert_eq!(lateness.worst(), Some(3.0));
    }

    #[test]
    fn a_silence_is_between_two_adverts_of_one_vrid() {
        let adverts = [at(0, 1), at(5, 2), at(10, 1), at(31, 1), at(40, 2)];
        let found = silences(&adverts, Duration::from_millis(20));
        let lengths: Vec<_> = found.iter().map(Span::length).collect();
        assert_eq!(lengths, [21, 35].map(Duration::from_millis));
        assert_eq!(found[0].from, adverts[2].at);
    }

    #[test]
    fn silence_at_the_end_is_late() {
        assert_eq!(of(&[at(0, 1), at(10, 1)], 50).worst(), Some(30.0));
    }

    #[test]
    fn nothing_heard_has_no_lateness() {
        assert_eq!(of(&[], 50).worst(), None);
    }
}
