//! Times from one moment to another, and who held the VIP in them.

use std::time::{Duration, Instant};

use vrrp_lab::HolderChange;

/// A time, and who it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
    pub(crate) hosts: Vec<String>,
}

/// A time in which a host held the VIP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) host: String,
    pub(crate) span: Span,
}

impl Span {
    pub(crate) const fn new(from: Instant, to: Instant) -> Self {
        Self {
            from,
            to,
            hosts: Vec::new(),
        }
    }

    pub(crate) fn length(&self) -> Duration {
        self.to.saturating_duration_since(self.from)
    }

    /// What both have in common; `None` if that is nothing.
    pub(crate) fn and(&self, other: &Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then(|| Self::new(from, to))
    }
}

impl Hold {
    /// What is left of it outside of `span`.
    pub(crate) fn without(self, span: &Span) -> Vec<Self> {
        let before = (self.span.from, self.span.to.min(span.from));
        let after = (self.span.from.max(span.to), self.span.to);
        [before, after]
            .into_iter()
            .filter(|(from, to)| from < to)
            .map(|(from, to)| Self {
                host: self.host.clone(),
                span: Span::new(from, to),
            })
            .collect()
    }
}

/// Every time in which a host held the VIP, until `finished`.
pub(crate) fn holds(changes: &[HolderChange], finished: Instant) -> Vec<Hold> {
    let mut holds: Vec<Hold> = Vec::new();
    let mut open: Vec<(String, Instant)> = Vec::new();
    for change in changes {
        let known = open.iter().position(|(host, _)| *host == change.host);
        match (change.held, known) {
            (true, None) => open.push((change.host.clone(), change.at)),
            (false, Some(place)) => {
                let (host, from) = open.swap_remove(place);
                let span = Span::new(from, change.at);
                holds.push(Hold { host, span });
            }
            _ => {}
        }
    }
    holds.extend(open.into_iter().map(|(host, from)| Hold {
        host,
        span: Span::new(from, finished),
    }));
    holds.sort_by_key(|hold| hold.span.from);
    holds
}

/// Every time in which more than one host held the VIP, in order.
pub(crate) fn doubled(holds: &[Hold]) -> Vec<Span> {
    let mut moments: Vec<Instant> = holds
        .iter()
        .flat_map(|hold| [hold.span.from, hold.span.to])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let mut found: Vec<Span> = Vec::new();
    for pair in moments.windows(2) {
        let [from, to] = *pair else { continue };
        let mut hosts: Vec<String> = holds
            .iter()
            .filter(|hold| hold.span.from <= from && to <= hold.span.to)
            .map(|hold| hold.host.clone())
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        if hosts.len() < 2 {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.to == from => last.to = to,
            _ => found.push(Span { from, to, hosts }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(1);

    fn hold(start: Instant, host: &str, from: u32, to: u32) -> Hold {
        Hold {
            host: host.to_owned(),
            span: Span::new(start + STEP * from, start + STEP * to),
        }
    }

    #[test]
    fn two_hosts_overlap_from_the_second_to_the_first_that_leaves() {
        let start = Instant::now();
        let found = doubled(&[hold(start, "a", 0, 10), hold(start, "b", 7, 20)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].length(), STEP * 3);
        assert_eq!(found[0].hosts, ["a", "b"]);
    }

    #[test]
    fn a_third_host_makes_the_same_overlap_longer() {
        let start = Instant::now();
        let found = doubled(&[
            hold(start, "a", 0, 5),
            hold(start, "b", 3, 20),
            hold(start, "c", 5, 9),
        ]);
        let lengths: Vec<_> = found.iter().map(Span::length).collect();
        assert_eq!(lengths, [STEP * 6]);
    }

    #[test]
    fn what_is_exempt_is_cut_out_of_the_middle() {
        let start = Instant::now();
        let left = hold(start, "a", 0, 10).without(&hold(start, "x", 4, 6).span);
        assert_eq!(left, [hold(start, "a", 0, 4), hold(start, "a", 6, 10)]);
    }

    #[test]
    fn an_address_held_to_the_end_is_held_until_the_end() {
        let start = Instant::now();
        let change = |at: u32, held| HolderChange {
            at: start + STEP * at,
            host: "a".to_owned(),
            address: std::net::IpAddr::from([10, 0, 50, 20]),
            held,
        };
        let changes = [change(0, true), change(5, false), change(6, true)];
        let all = holds(&changes, start + STEP * 9);
        assert_eq!(all, [hold(start, "a", 0, 5), hold(start, "a", 6, 9)]);
    }
}
