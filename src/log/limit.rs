//! Keeping one cause from flooding the log: so many messages per period and key, and a count of
//! those left out. Time is an argument. Suppressing a message allocates nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Whether to log a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Log it, and say how many like it were left out since the last one.
    Log {
        /// How many were left out.
        left_out: u64,
    },
    /// Leave it out.
    LeaveOut,
}

/// Limits messages by key. Keys may come from the network: only so many are remembered, and what
/// does not fit shares one allowance.
#[derive(Debug)]
pub struct Limiter<K> {
    per_period: u32,
    period: Duration,
    most_keys: usize,
    keys: HashMap<K, Window>,
    overflow: Window,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    began: Option<Instant>,
    logged: u32,
    left_out: u64,
}

impl Window {
    fn is_over(&self, now: Instant, period: Duration) -> bool {
        self.began
            .is_none_or(|began| now.saturating_duration_since(began) >= period)
    }

    fn check(&mut self, now: Instant, per_period: u32, period: Duration) -> Verdict {
        if self.is_over(now, period) {
            self.began = Some(now);
            self.logged = 0;
        }
        if self.logged >= per_period {
            self.left_out = self.left_out.saturating_add(1);
            return Verdict::LeaveOut;
        }
        self.logged += 1;
        Verdict::Log {
            left_out: std::mem::take(&mut self.left_out),
        }
    }
}

impl<K: Eq + Hash> Limiter<K> {
    /// Allows `per_period` messages per `period` and key, for at most `most_keys` keys at a time.
    #[must_use]
    pub fn new(per_period: u32, period: Duration, most_keys: usize) -> Self {
        Self {
            per_period,
            period,
            most_keys,
            keys: HashMap::with_capacity(most_keys),
            overflow: Window::default(),
        }
    }

    /// Whether to log a message of this key now.
    pub fn check(&mut self, now: Instant, key: K) -> Verdict {
        let (per_period, period) = (self.per_period, self.period);
        if let Some(window) = self.keys.get_mut(&key) {
            return window.check(now, per_period, period);
        }
        if self.keys.len() >= self.most_keys {
            // A key that still has something to tell stays until `take_left_out`.
            self.keys
                .retain(|_, window| !window.is_over(now, period) || window.left_out > 0);
        }
        if self.keys.len() >= self.most_keys {
            return self.overflow.check(now, per_period, period);
        }
        self.keys
            .entry(key)
            .or_default()
            .check(now, per_period, period)
    }

    /// Whether anything was left out that nobody was told of yet.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        self.overflow.left_out > 0 || self.keys.values().any(|window| window.left_out > 0)
    }

    /// Forgets the keys whose period is over, and tells how many messages of each were left out
    /// and never told; the key is `None` for those that shared an allowance. To be called now and
    /// then, so that the last messages of a flood are told as well.
    pub fn take_left_out(&mut self, now: Instant) -> Vec<(Option<K>, u64)> {
        let period = self.period;
        let over = self
            .keys
            .extract_if(|_, window| window.is_over(now, period));
        let mut told: Vec<_> = over
            .filter(|(_, window)| window.left_out > 0)
            .map(|(key, window)| (Some(key), window.left_out))
            .collect();
        if self.overflow.left_out > 0 && self.overflow.is_over(now, period) {
            told.push((None, std::mem::take(&mut self.overflow).left_out));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(60);

    #[test]
    fn a_key_may_speak_so_often_per_period_and_then_tells_what_was_left_out() {
        let mut limiter = Limiter::new(2, PERIOD, 8);
        let start = Instant::now();
        assert_eq!(limiter.check(start, "a"), Verdict::Log { left_out: 0 });
        assert_eq!(limiter.check(start, "a"), Verdict::Log { left_out: 0 });
        assert_eq!(limiter.check(start, "a"), Verdict::LeaveOut);
        assert_eq!(limiter.check(start + PERIOD / 2, "a"), Verdict::LeaveOut);
        assert_eq!(limiter.check(start, "b"), Verdict::Log { left_out: 0 });
        assert_eq!(
            limiter.check(start + PERIOD, "a"),
            Verdict::Log { left_out: 2 }
        );
        assert_eq!(
            limiter.check(start + PERIOD, "a"),
            Verdict::Log { left_out: 0 }
        );
    }

    #[test]
    fn the_end_of_a_flood_is_told_once() {
        let mut limiter = Limiter::new(1, PERIOD, 8);
        let start = Instant::now();
        for _ in 0..5 {
            limiter.check(start, "a");
        }
        assert_eq!(limiter.take_left_out(start), []);
        assert_eq!(limiter.take_left_out(start + PERIOD), [(Some("a"), 4)]);
        assert_eq!(limiter.take_left_out(start + PERIOD * 2), []);
    }

    #[test]
    fn keys_without_number_share_one_allowance_and_no_memory() {
        let mut limiter = Limiter::new(1, PERIOD, 4);
        let start = Instant::now();
        let logged = (0..1000)
            .filter(|key| limiter.check(start, *key) != Verdict::LeaveOut)
            .count();
        assert_eq!(logged, 5);
        assert_eq!(limiter.keys.len(), 4);
        assert_eq!(limiter.take_left_out(start + PERIOD), [(None, 995)]);
        assert_eq!(
            limiter.check(start + PERIOD, 7),
            Verdict::Log { left_out: 0 }
        );
    }
}
