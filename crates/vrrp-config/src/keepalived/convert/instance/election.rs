//! Priority, tracking, preemption, interval: who becomes master, and when.

use std::time::Duration;

use super::draft::Draft;
use crate::keepalived::convert::group::SyncGroup;
use crate::keepalived::convert::script::Scripts;
use crate::keepalived::convert::track::{self, Item};
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number::show;
use crate::keepalived::output::Track;
use crate::keepalived::tree::Directive;

/// The priority of a router that owns its addresses.
const OWNER: u8 = 255;

const LONGEST_PREEMPT_DELAY: Duration = Duration::from_secs(1000);

pub(super) struct Election {
    pub(super) priority: u8,
    pub(super) preempt: bool,
    pub(super) preempt_delay: Option<String>,
    pub(super) track: Vec<Track>,
}

pub(super) fn convert(
    directive: &Directive,
    draft: &Draft<'_>,
    group: Option<&SyncGroup<'_>>,
    scripts: &mut Scripts<'_>,
    ledger: &mut Ledger,
) -> Election {
    let base = base_priority(directive, draft, ledger);
    let interface = draft.interface.as_deref();
    let own = items(&draft.tracks, interface, scripts, ledger);
    let of_group = group.map_or(&[][..], |group| &group.tracks);
    let of_group = items(of_group, interface, scripts, ledger);
    let (priority, track) = if base == OWNER {
        let why = "the priority of the owner of the addresses never changes (RFC 9568 section 6.1)";
        for item in own.iter().chain(&of_group) {
            ledger.lost(item.directive, why);
        }
        (base, Vec::new())
    } else {
        let heeded = group.is_none_or(|group| group.weights);
        let ignored = "Keepalived heeds no weights of an instance in a sync group";
        let (priority, own) = track::convert(&own, base, (!heeded).then_some(ignored), ledger);
        let (priority, of_group) = track::convert(&of_group, priority, None, ledger);
        (priority, merged(own, of_group))
    };
    let preempt = preempt(draft, base, ledger);
    Election {
        priority,
        preempt,
        preempt_delay: preempt_delay(draft, preempt, ledger),
        track,
    }
}

/// Everything that the blocks track.
fn items<'a>(
    blocks: &[&'a Directive],
    interface: Option<&str>,
    scripts: &mut Scripts<'_>,
    ledger: &mut Ledger,
) -> Vec<Item<'a>> {
    blocks
        .iter()
        .flat_map(|block| track::read(block, interface, scripts, ledger))
        .collect()
}

/// Both lists, with what is in both once.
fn merged(mut own: Vec<Track>, of_group: Vec<Track>) -> Vec<Track> {
    for track in of_group {
        if own.iter().all(|known| known.target != track.target) {
            own.push(track);
        }
    }
    own
}

fn base_priority(directive: &Directive, draft: &Draft<'_>, ledger: &mut Ledger) -> u8 {
    match (draft.priority, draft.master) {
        (Some(priority), _) => priority,
        (None, false) => 100,
        (None, true) => {
            let text = "a MASTER without a priority has 255 in Keepalived, as if it owned the addresses; 254 keeps it first and lets checks lower it";
            ledger.remark(&directive.origin, text);
            254
        }
    }
}

fn preempt(draft: &Draft<'_>, base: u8, ledger: &mut Ledger) -> bool {
    let Some(nopreempt) = draft.nopreempt else {
        return true;
    };
    if base == OWNER {
        ledger.needless(
            nopreempt,
            "the owner of the addresses always preempts, in Keepalived too",
        );
        return true;
    }
    if draft.master {
        let text = "Keepalived ignores `nopreempt` beside `state MASTER`; vrrpd heeds it";
        ledger.remark(&nopreempt.origin, text);
    }
    false
}

fn preempt_delay(draft: &Draft<'_>, preempt: bool, ledger: &mut Ledger) -> Option<String> {
    let (delay, directive) = draft.preempt_delay?;
    let why = if !preempt {
        "it has no effect beside `nopreempt`"
    } else if delay.is_zero() {
        "this is the default"
    } else if delay > LONGEST_PREEMPT_DELAY {
        "Keepalived takes 1000 seconds at most, and ignores this"
    } else {
        return Some(show(delay));
    };
    ledger.needless(directive, why);
    None
}

/// The interval that Keepalived really uses: rounded to what the version can tell.
pub(super) fn advert_interval(
    interval: Option<(Duration, &Directive)>,
    version: u8,
    ledger: &mut Ledger,
) -> String {
    let Some((interval, directive)) = interval else {
        return show(Duration::from_secs(1));
    };
    let (unit, most) = if version == 2 {
        (Duration::from_secs(1), 255)
    } else {
        (Duration::from_millis(10), 4095)
    };
    let units = (interval + unit / 2).as_nanos() / unit.as_nanos();
    let used = unit * u32::try_from(units.clamp(1, most)).unwrap_or(1);
    if used != interval {
        let used = show(used);
        let text = format!(
            "version {version} cannot tell this interval; {used} is taken, as in Keepalived"
        );
        ledger.remark(&directive.origin, text);
    }
    show(used)
}
