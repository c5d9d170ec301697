//! Password, least TTL, lease, announcements and notifications of an instance.

use std::time::Duration;

use crate::config::{Announce, Auth, Lease, Notify, Version};
use crate::read::check;
use crate::read::object::{Field, Object};
use crate::read::scalar::{duration, number, text};
use crate::report::Report;
use crate::schema;
use crate::words::quoted;
use crate::yaml::Value;

/// The longest lease, in seconds.
const LONGEST_LEASE: u32 = 86_400;

const NOTIFY_TIMEOUT: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(3600));

const DEFAULT_NOTIFY_TIMEOUT: Duration = Duration::from_secs(30);

const REFRESH: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(86_400));

pub(super) fn auth(object: &Object<'_>, version: Version, report: &mut Report) -> Option<Auth> {
    let field = object.get("auth")?;
    if version == Version::V3 {
        report
            .error(field.key, "`auth` is for version 2: version 3 has no authentication")
            .hint("remove `auth`, or write `version: 2` if the other hosts speak it (RFC 9568 section 9)");
    }
    let auth = Object::open(field.value, &schema::AUTH, report)?;
    let field = auth.require("pass", report)?;
    let pass = text(field, report)?;
    let auth = Auth::new(pass);
    if auth.is_none() {
        report
            .error(
                field.value,
                format!(
                    "`pass` has {} bytes, but 8 at most go into an advert",
                    pass.len()
                ),
            )
            .hint("write the first 8 bytes, which is what Keepalived takes of a longer one");
    }
    auth
}

/// What a unicast instance demands of its peers' adverts. A router on the way to a peer in another
/// network takes one off the 255 that each advert starts with.
pub(super) fn min_ttl(object: &Object<'_>, unicast: bool, report: &mut Report) -> u8 {
    let Some(field) = object.get("min_ttl") else {
        return u8::MAX;
    };
    if !unicast {
        report
            .error(
                field.key,
                "`min_ttl` is for `peers`: multicast is never forwarded, so its TTL is 255",
            )
            .hint("remove `min_ttl` (RFC 9568 section 5.1.1.3)");
    }
    number(field, 1..=255, report).unwrap_or(u8::MAX)
}

/// The command that is told of changes.
pub(super) fn notify(object: &Object<'_>, report: &mut Report) -> Option<Notify> {
    let field = object.get("notify")?;
    let notify = Object::open(field.value, &schema::NOTIFY, report)?;
    let timeout = notify
        .get("timeout")
        .and_then(|field| duration(field, NOTIFY_TIMEOUT.0..=NOTIFY_TIMEOUT.1, report))
        .unwrap_or(DEFAULT_NOTIFY_TIMEOUT);
    let command = check::command(notify.require("exec", report)?, report)?;
    Some(Notify { command, timeout })
}

pub(super) fn lease(object: &Object<'_>, report: &mut Report) -> Lease {
    let Some(field) = object.get("lease") else {
        return Lease::Auto;
    };
    let longest = Duration::from_secs(LONGEST_LEASE.into());
    match &field.value.value {
        // Tools that write YAML 1.1 turn the word off into false.
        Value::Bool(false) => Lease::Off,
        Value::Text(text) if text == "auto" => Lease::Auto,
        Value::Text(text) if text == "off" => Lease::Off,
        Value::Int(_) => {
            number(field, 1..=LONGEST_LEASE.into(), report).map_or(Lease::Auto, Lease::Seconds)
        }
        Value::Text(given) if given.starts_with(|c: char| c.is_ascii_digit()) => {
            let lease = duration(field, Duration::from_secs(1)..=longest, report);
            match lease {
                Some(lease) if lease.subsec_nanos() == 0 => {
                    Lease::Seconds(u32::try_from(lease.as_secs()).unwrap_or(LONGEST_LEASE))
                }
                Some(_) => {
                    report
                        .error(
                            field.value,
                            format!(
                                "`lease` is {}: the kernel counts whole seconds",
                                quoted(given)
                            ),
                        )
                        .hint("round up to whole seconds");
                    Lease::Auto
                }
                None => Lease::Auto,
            }
        }
        _ => {
            report
                .error(
                    field.value,
                    format!(
                        "`lease` must be auto, off or whole seconds, not {}",
                        field.value.describe()
                    ),
                )
                .hint("write for example auto, off or 3");
            Lease::Auto
        }
    }
}

pub(super) fn announce(object: &Object<'_>, report: &mut Report) -> Announce {
    let mut announce = Announce::default();
    let Some(object) = object
        .get("announce")
        .and_then(|field| Object::open(field.value, &schema::ANNOUNCE, report))
    else {
        return announce;
    };
    if let Some(field) = object.get("burst") {
        announce.burst = number(field, 1..=100, report).unwrap_or(announce.burst);
    }
    if let Some(field) = object.get("refresh") {
        announce.refresh = refresh(field, report);
    }
    announce
}

/// `off` and `0s` mean never.
fn refresh(field: Field<'_>, report: &mut Report) -> Option<Duration> {
    match &field.value.value {
        Value::Bool(false) => None,
        Value::Text(text) if text == "off" || text == "0s" => None,
        _ => duration(field, REFRESH.0..=REFRESH.1, report),
    }
}
