//! Single values of directives, noted where they are wrong.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::no_more_words;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number;
use crate::keepalived::tree::Directive;

/// The one value of `directive`; what stands behind it is noted.
pub(super) fn value<'a>(directive: &'a Directive, ledger: &mut Ledger) -> Option<&'a str> {
    no_more_words(directive, 2, ledger);
    if directive.arg(1).is_none() {
        ledger.lost(directive, "there is no value");
    }
    let value = directive.arg(1)?;
    if value.contains('$') {
        ledger.lost(directive, "it refers to a definition that does not exist");
        return None;
    }
    Some(value)
}

/// A whole number in `range`.
pub(super) fn whole<T: TryFrom<i64>>(
    directive: &Directive,
    range: RangeInclusive<i64>,
    ledger: &mut Ledger,
) -> Option<T> {
    let text = value(directive, ledger)?;
    let number = number::whole(text, range.clone()).and_then(|number| T::try_from(number).ok());
    if number.is_none() {
        let (from, to) = (range.start(), range.end());
        ledger.lost(
            directive,
            format!("{text} is no whole number from {from} to {to}"),
        );
    }
    number
}

/// Seconds, with or without a fraction.
pub(super) fn seconds(directive: &Directive, ledger: &mut Ledger) -> Option<Duration> {
    let text = value(directive, ledger)?;
    let time = number::seconds(text);
    if time.is_none() {
        ledger.lost(directive, format!("{text} is no number of seconds"));
    }
    time
}

/// The name of a network interface.
pub(super) fn interface(directive: &Directive, ledger: &mut Ledger) -> Option<String> {
    let name = value(directive, ledger)?;
    let usable = is_interface(name);
    if !usable {
        ledger.lost(
            directive,
            "no interface on which others hear adverts has such a name",
        );
    }
    usable.then(|| name.to_owned())
}

/// Whether a network interface other than the loopback one can have this name.
pub(super) fn is_interface(name: &str) -> bool {
    let usable = |c: char| !c.is_whitespace() && !c.is_control() && !"/:$".contains(c);
    (1..=15).contains(&name.len()) && name.chars().all(usable) && ![".", "..", "lo"].contains(&name)
}

/// `on`, `true`, `yes`, or nothing at all.
pub(super) fn switch(directive: &Directive) -> bool {
    directive
        .arg(1)
        .is_none_or(|word| ["on", "true", "yes"].contains(&word))
}
