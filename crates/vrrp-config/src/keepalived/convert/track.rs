//! What an instance tracks: Keepalived's weights as vrrpd's penalties.

use super::script::Scripts;
use super::words;
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number;
use crate::keepalived::output::{Target, Track};
use crate::keepalived::tree::Directive;

/// The highest priority of a router that does not own its addresses.
const HIGHEST: i64 = 254;

/// One tracked thing as Keepalived has it.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) directive: &'a Directive,
    target: Target,
    weight: i64,
    reverse: bool,
}

/// Reads the lines of a `track_script` or `track_interface` block of an instance on `interface`.
pub(super) fn read<'a>(
    block: &'a Directive,
    interface: Option<&str>,
    scripts: &mut Scripts<'_>,
    ledger: &mut Ledger,
) -> Vec<Item<'a>> {
    let of_scripts = block.keyword() == "track_script";
    let mut items = Vec::new();
    for directive in block.block() {
        let name = directive.keyword();
        let (target, weight, reverse) = if of_scripts {
            let Some(script) = scripts.tracked(name, ledger) else {
                ledger.lost(
                    directive,
                    "there is no vrrp_script of that name that can be carried over",
                );
                continue;
            };
            (
                Target::Check(script.name.clone()),
                script.weight,
                script.reverse,
            )
        } else {
            if Some(name) == interface {
                ledger.needless(
                    directive,
                    "an instance whose own interface is down is in fault anyway",
                );
                continue;
            }
            if !words::is_interface(name) {
                ledger.lost(directive, "it is no interface that can be tracked");
                continue;
            }
            (Target::Interface(name.to_owned()), 0, false)
        };
        let (weight, reverse) = adjustment(directive, (weight, reverse), ledger);
        items.push(Item {
            directive,
            target,
            weight,
            reverse,
        });
    }
    items
}

/// `weight N [reverse|noreverse]` behind a name; what is missing comes from `default`.
pub(super) fn adjustment(
    directive: &Directive,
    default: (i64, bool),
    ledger: &mut Ledger,
) -> (i64, bool) {
    let (mut weight, mut reverse) = default;
    let mut words = directive.args(1).iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "weight" => match words
                .next()
                .and_then(|text| number::whole(text, -253..=253))
            {
                Some(number) => weight = number,
                None => {
                    let why = "a weight is a whole number from -253 to 253";
                    ledger.part(directive, directive.text(), why, Effect::Changed);
                }
            },
            "reverse" => reverse = true,
            "noreverse" | "no_reverse" => reverse = false,
            other => ledger.part(
                directive,
                other,
                "Keepalived knows no such word here",
                Effect::None,
            ),
        }
    }
    (weight, reverse)
}

/// The priority and the penalties that give the same priorities as `base` and the weights of
/// `items`. `ignored`: why Keepalived heeds no weights here.
pub(super) fn convert(
    items: &[Item<'_>],
    base: u8,
    ignored: Option<&str>,
    ledger: &mut Ledger,
) -> (u8, Vec<Track>) {
    let mut tracks: Vec<Track> = Vec::new();
    let mut bonus = 0;
    for item in items {
        let Item {
            directive,
            target,
            weight,
            reverse,
        } = item;
        let why = match ignored {
            Some(ignored) if *weight != 0 => Some(ignored),
            _ if *reverse => {
                Some("vrrpd has no reversed tracking; make a check that fails instead")
            }
            _ if tracks.iter().any(|track| track.target == *target) => {
                Some("it is tracked already")
            }
            _ => None,
        };
        if let Some(why) = why {
            ledger.lost(directive, why);
            continue;
        }
        let penalty = u8::try_from(weight.unsigned_abs())
            .ok()
            .filter(|penalty| *penalty != 0);
        if *weight > 0 {
            bonus += *weight;
            let rest = "while it does not hold";
            ledger.remark(
                &directive.origin,
                format!("Keepalived adds {weight} while this holds; here {weight} is part of the priority and is taken off {rest}"),
            );
        }
        tracks.push(Track {
            target: target.clone(),
            penalty,
        });
    }
    let sum = i64::from(base) + bonus;
    if bonus > 0 && sum > HIGHEST {
        limit(items, &mut tracks, sum - HIGHEST, ledger);
    }
    let priority = if bonus == 0 {
        base
    } else {
        u8::try_from(sum.min(HIGHEST)).unwrap_or(base)
    };
    (priority, tracks)
}

/// Keepalived stops at 254: with one bonus the penalty shrinks by what went beyond.
fn limit(items: &[Item<'_>], tracks: &mut Vec<Track>, beyond: i64, ledger: &mut Ledger) {
    let mut bonuses = items.iter().filter(|item| item.weight > 0 && !item.reverse);
    let (Some(item), others) = (bonuses.next(), bonuses.count()) else {
        return;
    };
    if others > 0 {
        let text = "the weights add up to a priority beyond 254; look at `penalty` again";
        ledger.remark(&item.directive.origin, text);
        return;
    }
    let left = u8::try_from(item.weight - beyond).unwrap_or(0);
    if left == 0 {
        tracks.retain(|track| track.target != item.target);
        ledger.lost(item.directive, "the priority is at its highest already");
        return;
    }
    for track in tracks
        .iter_mut()
        .filter(|track| track.target == item.target)
    {
        track.penalty = Some(left);
    }
}
