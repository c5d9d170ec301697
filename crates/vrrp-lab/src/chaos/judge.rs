//! Whether what was seen is allowed. Works on times only.

use std::time::{Duration, Instant};

use vrrp_lab::{Gap, HolderChange};

use super::bounds::Bounds;
use super::fault::{ALL, Fault, host_name};
use super::run::{Seen, Window};
use crate::span::{Hold, Span, doubled, holds};

/// Shorter than this, a time without an answer is the machine's.
const NOISE: Duration = Duration::from_millis(20);

/// A VIP that somebody deletes is back sooner; a host that lost it is master again later.
const MOMENT: Duration = Duration::from_millis(150);

/// What came out.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) violations: Vec<Violation>,
    /// Times with two holders outside of partitions, one-way cuts and stops.
    pub(super) doubled: Vec<Span>,
    /// For each kind of fault that came up: how often, and the longest outage for which there
    /// was no other cause.
    pub(super) by_fault: Vec<(Fault, usize, Option<Duration>)>,
}

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) at: Instant,
    pub(super) text: String,
}

/// A time on a host in which what it holds does not count.
struct Exempt {
    host: String,
    span: Span,
}

/// Judges.
pub(super) fn judge(seen: &Seen, bounds: &Bounds) -> Judgement {
    let held = holds(&seen.changes, seen.finished);
    let mut violations = Vec::new();
    overlaps(seen, bounds, &held, &mut violations);
    leases(seen, bounds, &held, &mut violations);
    calm(seen, bounds, &held, &mut violations);
    let by_fault = outages(seen, bounds, &held, &mut violations);
    sums(seen, bounds, &held, &mut violations);
    programs(seen, bounds, &mut violations);
    violations.sort_by_key(|violation| violation.at);
    let cut = exempt(&seen.windows, |window| {
        (window.step.fault.isolates() || window.step.fault == Fault::Hang)
            .then_some((window.begun, window.ended))
    });
    Judgement {
        violations,
        doubled: doubled(&counted(&held, &cut)),
        by_fault,
    }
}

/// Two hosts that could hear each other held the VIP for longer than it takes to notice.
fn overlaps(seen: &Seen, bounds: &Bounds, held: &[Hold], violations: &mut Vec<Violation>) {
    let exempt = exempt(&seen.windows, |window| {
        let fault = window.step.fault;
        match fault {
            _ if fault.isolates() => Some((window.begun, window.ended)),
            Fault::Hang => Some((window.begun, window.ended)),
            // What it leaves is the lease's matter.
            Fault::Kill => Some((window.begun, window.begun + bounds.lease())),
            _ if fault.reconnects() => Some((window.mending, window.ended)),
            _ => None,
        }
    });
    let mut exempt = exempt;
    for span in stalls(seen, bounds) {
        exempt.extend((0..3).map(|place| Exempt {
            host: host_name(place),
            span: span.clone(),
        }));
    }
    let bound = bounds.overlap();
    for span in doubled(&counted(held, &exempt)) {
        if span.length() > bound {
            let who = span.hosts.join(" and ");
            violations.push(Violation {
                at: span.from,
                text: format!(
                    "{who} both held the VIP for {:?}; {bound:?} are allowed",
                    span.length()
                ),
            });
        }
    }
}

/// A daemon that was killed or hung lost the VIP in time.
fn leases(seen: &Seen, bounds: &Bounds, held: &[Hold], violations: &mut Vec<Violation>) {
    let bound = bounds.lease();
    for window in &seen.windows {
        if !matches!(window.step.fault, Fault::Kill | Fault::Hang) {
            continue;
        }
        let until = window.begun + bound;
        for host in window.step.hosts.iter().copied().map(host_name) {
            let kept = held.iter().any(|hold| {
                hold.host == host && hold.span.from <= window.begun && hold.span.to > until
            });
            if kept && until < window.ended {
                violations.push(Violation {
                    at: until,
                    text: format!(
                        "{host} still held the VIP {bound:?} after {}",
                        window.step.fault.name()
                    ),
                });
            }
        }
    }
}

/// When nothing had happened for long enough, cp1 alone held the VIP all the time.
fn calm(seen: &Seen, bounds: &Bounds, held: &[Hold], violations: &mut Vec<Violation>) {
    for span in calm_spans(seen, bounds) {
        for hold in held.iter().filter(|hold| hold.host != host_name(0)) {
            if let Some(both) = hold.span.and(&span) {
                violations.push(Violation {
                    at: both.from,
                    text: format!("{} held the VIP in a calm time", hold.host),
                });
            }
        }
        let mut since = span.from;
        for hold in held.iter().filter(|hold| hold.host == host_name(0)) {
            if hold.span.to <= since || hold.span.from >= span.to {
                continue;
            }
            if hold.span.from > since {
                break;
            }
            since = hold.span.to;
        }
        if since < span.to {
            violations.push(Violation {
                at: since,
                text: format!("{} did not hold the VIP in a calm time", host_name(0)),
            });
        }
    }
}

/// Stalls of this machine that are long enough to be the cause of something, each with the time
/// in which that is mended.
fn stalls(seen: &Seen, bounds: &Bounds) -> Vec<Span> {
    let long = seen.stalls.iter().filter(|s| s.length() >= bounds.stall());
    long.map(|span| Span::new(span.from, span.to + bounds.recovery_from_stall()))
        .collect()
}

fn calm_spans(seen: &Seen, bounds: &Bounds) -> Vec<Span> {
    let windows = seen.windows.iter();
    let windows = windows.map(|w| Span::new(w.begun, w.ended + bounds.recovery(w.step.fault)));
    let mut disturbed: Vec<Span> = windows.chain(stalls(seen, bounds)).collect();
    disturbed.sort_by_key(|span| span.from);
    let mut spans = Vec::new();
    let mut from = seen.started;
    for span in disturbed {
        if span.from > from {
            spans.push(Span::new(from, span.from));
        }
        from = from.max(span.to);
    }
    if seen.finished > from {
        spans.push(Span::new(from, seen.finished));
    }
    spans
}

/// Every time without an answer is explained by what happened, and no longer than that allows.
fn outages(
    seen: &Seen,
    bounds: &Bounds,
    held: &[Hold],
    violations: &mut Vec<Violation>,
) -> Vec<(Fault, usize, Option<Duration>)> {
    let mut by_fault: Vec<(Fault, usize, Option<Duration>)> = ALL
        .into_iter()
        .map(|fault| {
            let windows = seen.windows.iter();
            let count = windows.filter(|w| w.step.fault == fault).count();
            (fault, count, None)
        })
        .filter(|(_, count, _)| *count > 0)
        .collect();
    for gap in seen.report.gaps.iter().filter(|g| g.start >= seen.started) {
        let span = Span::new(gap.start, gap.start + gap.length);
        let causes: Vec<&Window> = seen
            .windows
            .iter()
            .filter(|window| {
                let until = window.ended + bounds.recovery(window.step.fault);
                span.and(&Span::new(window.begun, until)).is_some()
            })
            .collect();
        let allowed: Duration = causes
            .iter()
            .map(|window| allowance(window, &span, bounds, held))
            .sum();
        let allowed = allowed.max(bounds.outage(Fault::ReloadSame, false, Duration::ZERO));
        let allowed = allowed
            + allowance_for_stalls(seen, &span, bounds)
            + allowance_for_unknown_holder(gap, &causes, bounds, held);
        let length = gap.owed();
        if length > allowed {
            let why: Vec<String> = causes.iter().map(|w| w.step.fault.name().into()).collect();
            violations.push(Violation {
                at: gap.start,
                text: format!(
                    "nobody answered for {length:?} ({} probes lost, from {} to {}); {allowed:?} \
                     are allowed for: {}",
                    gap.lost,
                    gap.from.as_deref().unwrap_or("nobody"),
                    gap.to.as_deref().unwrap_or("nobody"),
                    if why.is_empty() {
                        "nothing".to_owned()
                    } else {
                        why.join(", ")
                    }
                ),
            });
        }
        if let [cause] = causes[..]
            && let Some(row) = by_fault.iter_mut().find(|row| row.0 == cause.step.fault)
        {
            row.2 = row.2.max(Some(length));
        }
    }
    by_fault
}

/// Many short times without an answer are as bad as a long one: together they are no longer
/// than all that happened at that time allows.
fn sums(seen: &Seen, bounds: &Bounds, held: &[Hold], violations: &mut Vec<Violation>) {
    let mut rest = seen.windows.as_slice();
    while let Some(first) = rest.first() {
        let mut to = first.ended + bounds.recovery(first.step.fault);
        let mut number = 1;
        while let Some(next) = rest.get(number).filter(|next| next.begun <= to) {
            to = to.max(next.ended + bounds.recovery(next.step.fault));
            number += 1;
        }
        let (together, after) = rest.split_at(number);
        rest = after;
        let span = Span::new(first.begun, to);
        let inside = |gap: &&Gap| gap.start >= span.from && gap.start < span.to;
        let gaps = seen.report.gaps.iter().filter(inside);
        let gaps: Vec<&Gap> = gaps.filter(|gap| gap.owed() > NOISE).collect();
        let lost: Duration = gaps.iter().map(|gap| gap.owed()).sum();
        let causes: Vec<&Window> = together.iter().collect();
        let windows = causes.iter();
        let allowed: Duration = windows.map(|w| allowance(w, &span, bounds, held)).sum();
        let unknown = gaps.iter();
        let unknown = unknown.map(|gap| allowance_for_unknown_holder(gap, &causes, bounds, held));
        let allowed =
            allowed + allowance_for_stalls(seen, &span, bounds) + unknown.max().unwrap_or_default();
        if lost > allowed {
            violations.push(Violation {
                at: first.begun,
                text: format!(
                    "nobody answered for {lost:?} in all in the {:?} from here; {allowed:?} are \
                     allowed for what happened then",
                    span.length()
                ),
            });
        }
    }
}

fn allowance(window: &Window, gap: &Span, bounds: &Bounds, held: &[Hold]) -> Duration {
    let fault = window.step.fault;
    let lasted = Span::new(window.begun, window.ended);
    let mut allowed = Duration::ZERO;
    if gap.from <= window.mending {
        let hosts: Vec<String> = window.step.hosts.iter().copied().map(host_name).collect();
        let holder = held
            .iter()
            .any(|hold| hosts.contains(&hold.host) && hold.span.and(&lasted).is_some());
        allowed += bounds.outage(fault, holder, lasted.length());
    }
    if gap.to >= window.mending {
        allowed += bounds.outage_after(fault);
    }
    allowed
}

/// More than the sum of its parts: a host that holds the VIP is cut off, clients are with another,
/// and that is lost before the two have heard each other. Nothing tells the first that it is alone
/// and can be heard; clients find it when it announces the next time.
fn allowance_for_unknown_holder(
    gap: &Gap,
    causes: &[&Window],
    bounds: &Bounds,
    held: &[Hold],
) -> Duration {
    let Some(host) = &gap.to else {
        return Duration::ZERO;
    };
    let was_cut_off = causes.iter().any(|window| {
        let fault = window.step.fault;
        let mut hosts = window.step.hosts.iter().copied().map(host_name);
        fault.isolates() && fault != Fault::Crash && hosts.any(|name| name == *host)
    });
    let end = gap.start + gap.length;
    match held_since(held, host, end) {
        Some(since) if was_cut_off && causes.len() > 1 => {
            bounds.next_announcement(end.saturating_duration_since(since))
        }
        _ => Duration::ZERO,
    }
}

/// Since when `host` has been the holder that it is at `end`. That somebody deleted the VIP for a
/// moment changes nothing.
fn held_since(held: &[Hold], host: &str, end: Instant) -> Option<Instant> {
    let mut since = None;
    let own = held.iter().rev().filter(|hold| hold.host == host);
    for hold in own.filter(|hold| hold.span.from <= end) {
        if since.is_some_and(|since| hold.span.to + MOMENT < since) {
            break;
        }
        since = Some(hold.span.from);
    }
    since
}

fn allowance_for_stalls(seen: &Seen, span: &Span, bounds: &Bounds) -> Duration {
    let touching = seen.stalls.iter().filter_map(|stall| {
        let until = stall.to + bounds.recovery_from_stall();
        let touches = span.and(&Span::new(stall.from, until)).is_some();
        touches.then(|| stall.length())
    });
    touching
        .map(|length| {
            if length >= bounds.stall() {
                bounds.outage_of_stall(length)
            } else {
                length
            }
        })
        .sum()
}

/// No program panicked, ended by itself, disagreed with the kernel or left anything behind.
fn programs(seen: &Seen, bounds: &Bounds, violations: &mut Vec<Violation>) {
    let stalls = stalls(seen, bounds);
    let mut violated = |at: Instant, text: String| violations.push(Violation { at, text });
    for (at, host, line) in seen.notes.panics() {
        violated(*at, format!("{host}: {line}"));
    }
    for (at, text) in &seen.notes.ends {
        violated(*at, text.clone());
    }
    let stalled = |at: Instant| stalls.iter().any(|s| s.from <= at && at <= s.to);
    for (at, text) in seen.mismatches.iter().filter(|(at, _)| !stalled(*at)) {
        violated(*at, text.clone());
    }
    for stale in &seen.stale {
        violated(seen.finished, format!("{stale} was left behind"));
    }
    if seen.settled_after.is_none() {
        violated(
            seen.finished,
            "the hosts did not settle with cp1 as the only holder".to_owned(),
        );
    }
}

fn exempt(
    windows: &[Window],
    choose: impl Fn(&Window) -> Option<(Instant, Instant)>,
) -> Vec<Exempt> {
    let mut exempt = Vec::new();
    for window in windows {
        if let Some((from, to)) = choose(window) {
            let hosts = window.step.hosts.iter().copied().map(host_name);
            exempt.extend(hosts.map(|host| Exempt {
                host,
                span: Span::new(from, to),
            }));
        }
    }
    exempt
}

/// What is held and counts.
fn counted(held: &[Hold], exempt: &[Exempt]) -> Vec<Hold> {
    let mut counted = held.to_vec();
    for exempt in exempt {
        counted = counted
            .into_iter()
            .flat_map(|hold| {
                if hold.host == exempt.host {
                    hold.without(&exempt.span)
                } else {
                    vec![hold]
                }
            })
            .collect();
    }
    counted
}

/// For the log: who held the VIP when.
pub(super) fn describe(change: &HolderChange) -> String {
    let verb = if change.held { "got" } else { "lost" };
    format!("{} {verb} the VIP", change.host)
}

#[cfg(test)]
mod tests;
