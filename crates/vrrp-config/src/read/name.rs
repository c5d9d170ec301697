//! Names of parts and of interfaces.

use super::object::{Field, Object};
use super::scalar::text;
use crate::report::Report;
use crate::words::quoted;

/// The longest name of a part, in characters.
const LONGEST: usize = 63;

/// The longest name of a Linux interface, in bytes (IFNAMSIZ without the final zero).
const LONGEST_INTERFACE: usize = 15;

/// The `name` of an object; empty where it is missing or wrong.
pub(super) fn required(object: &Object<'_>, report: &mut Report) -> String {
    object
        .require("name", report)
        .and_then(|field| checked(field, report))
        .unwrap_or_default()
        .to_owned()
}

fn checked<'a>(field: Field<'a>, report: &mut Report) -> Option<&'a str> {
    let name = text(field, report)?;
    if let Some(bad) = name
        .chars()
        .find(|c| !c.is_alphanumeric() && !"-_.".contains(*c))
    {
        report
            .error(
                field.value,
                format!("the name {} has {} in it", quoted(name), character(bad)),
            )
            .hint("use letters, digits, `-`, `_` and `.`: names stand in commands and metrics");
        return None;
    }
    if name.chars().count() > LONGEST {
        report.error(
            field.value,
            format!(
                "the name {} is longer than {LONGEST} characters",
                quoted(name)
            ),
        );
        return None;
    }
    Some(name)
}

fn character(character: char) -> String {
    if character == ' ' {
        "a blank".to_owned()
    } else {
        format!("`{}`", character.escape_debug())
    }
}

/// The name of a network interface.
pub(crate) fn interface(field: Field<'_>, report: &mut Report) -> Option<String> {
    let name = text(field, report)?;
    let problem = if name.len() > LONGEST_INTERFACE {
        format!("is longer than {LONGEST_INTERFACE} bytes")
    } else if name
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || c == '/' || c == ':')
    {
        "has a blank, `/` or `:` in it".to_owned()
    } else if matches!(name, "." | "..") {
        "is no name".to_owned()
    } else if name == "lo" {
        "is the loopback interface, where nobody else hears an advert".to_owned()
    } else {
        return Some(name.to_owned());
    };
    report
        .error(
            field.value,
            format!("the interface {} {problem}", quoted(name)),
        )
        .hint("write a name that `ip link` shows, such as eth0 or ens20f0");
    None
}
