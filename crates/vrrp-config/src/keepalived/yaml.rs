//! Writing the result: comments for people at the head, then the configuration.

use std::fmt::Write;
use std::path::Path;

use super::output::Output;
use super::{Effect, ImportError, NotCarriedOver, Remark};

/// How much of each list the head shows.
const MOST: usize = 200;

pub(crate) fn write(
    path: &Path,
    output: &Output,
    not_carried_over: &[NotCarriedOver],
    remarks: &[Remark],
) -> Result<String, ImportError> {
    let mut text = format!(
        "# Made of {} by `vrrpd import`. Read it, then check it with `vrrpd check`.\n",
        one_line(&path.display().to_string())
    );
    let with = |effect| {
        let items = not_carried_over
            .iter()
            .filter(move |item| item.effect == effect);
        items.map(ToString::to_string)
    };
    section(
        &mut text,
        "Not carried over; this is not done any more",
        with(Effect::Changed),
    );
    section(
        &mut text,
        "Left out; nothing changes by that",
        with(Effect::None),
    );
    section(
        &mut text,
        "To know",
        remarks.iter().map(ToString::to_string),
    );
    text.push('\n');
    text.push_str(&serde_yaml::to_string(output)?);
    Ok(text)
}

fn section(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "#\n# {title}:");
    for item in items.by_ref().take(MOST) {
        let _ = writeln!(text, "#   {}", one_line(&item));
    }
    let more = items.count();
    if more > 0 {
        let _ = writeln!(text, "#   … and {more} more");
    }
}

/// The text without anything that could end a comment.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
                ' '
            } else {
                c
            }
        })
        .collect()
}
