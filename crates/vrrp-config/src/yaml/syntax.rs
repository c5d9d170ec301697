//! Text that is no YAML, or more of it than anybody writes.

use std::sync::Arc;

use super::MAX_NODES;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Source};

/// The most `[` and `{` that may be open at once for the text to reach the YAML library.
const MAX_OPEN_BRACKETS: usize = 1000;

/// The YAML library's error at its place, in words that help.
pub(super) fn error(source: &Source, error: &serde_yaml::Error) -> Diagnostic {
    let text = error.to_string();
    if text.starts_with("repetition limit") {
        return too_many_nodes(source, error);
    }
    let problem = text.split(" at line ").next().unwrap_or(&text);
    let (problem, offset) = match problem.split_once(" at position ") {
        Some((problem, offset)) => (problem, offset.parse().ok()),
        None => (problem, error.location().map(|location| location.index())),
    };
    let start = offset.map(|offset: usize| offset.min(source.text().len()));
    let found = start.and_then(|start| source.text().get(start..)?.chars().next());
    let mut diagnostic = Diagnostic::error(format!("this is not valid YAML: {problem}"));
    diagnostic.hint = hint(problem, found).map(str::to_owned);
    if let Some(start) = start {
        let end = start
            + found
                .filter(|found| !found.is_control())
                .map_or(0, char::len_utf8);
        diagnostic.location = Some(Location::new(Arc::new(source.clone()), start, end));
    }
    diagnostic.label = context(&text);
    diagnostic
}

/// Where the library was when it stumbled: the last part of its message.
fn context(text: &str) -> Option<String> {
    let (_, context) = text.split_once(", while ")?;
    Some(format!("while {context}"))
}

fn hint(problem: &str, found: Option<char>) -> Option<&'static str> {
    Some(match (problem, found) {
        (problem, _) if problem.contains("control characters") => {
            "remove the character, or write it as an escape such as \\x1b in double quotes"
        }
        (_, Some('\t')) => "YAML indents with spaces, not with tabs",
        (problem, Some('@' | '`' | '%' | '&' | '*' | '!')) if problem.contains("token") => {
            "put a value that begins with this character in quotes"
        }
        (problem, _) if problem.contains("mapping values are not allowed") => {
            "a value that contains `: ` needs quotes; otherwise look at the indentation"
        }
        (problem, _) if problem.contains("expected <block end>") => {
            "look at the indentation: entries of one list or mapping begin in the same column"
        }
        (problem, _) if problem.contains("did not find expected key") => {
            "look at the indentation: keys of one mapping begin in the same column"
        }
        (problem, _) if problem.contains("could not find expected ':'") => {
            "a key needs a `:` and a blank after it"
        }
        (problem, _) if problem.contains("unknown anchor") => {
            "`*name` repeats what `&name` marked before; put a text that begins with `*` in quotes"
        }
        (problem, _) if problem.contains("expected ',' or") => {
            "a list in `[` or a mapping in `{` is not closed, or a comma is missing"
        }
        (problem, _) if problem.contains("unexpected end of stream") => "a quote is not closed",
        (problem, _) if problem.contains("recursion limit") => "values are nested too deeply",
        (problem, _) if problem.contains("<document start>") => {
            "nothing can follow the value above: is this a YAML file at all?"
        }
        _ => return None,
    })
}

/// More values than the limit, usually by aliases of aliases.
pub(super) fn too_many_nodes(source: &Source, error: &serde_yaml::Error) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(format!(
        "{} holds too many values: more than {MAX_NODES}, counting what aliases repeat",
        source.name()
    ))
    .with_hint("write less, or use fewer aliases (`*name`)");
    if let Some(location) = error.location() {
        let start = location.index();
        diagnostic.location = Some(Location::new(Arc::new(source.clone()), start, start));
    }
    diagnostic
}

/// Refuses very deep nesting of brackets before the YAML library sees it: its scanner takes time
/// in the square of the depth. (Above 128 levels the library itself refuses, with the place.)
///
/// Brackets in quotes and comments are counted too, hence a limit that only an attack reaches.
pub(super) fn check_nesting(source: &Source) -> Result<(), Diagnostics> {
    let mut open = 0_usize;
    for (at, byte) in source.text().bytes().enumerate() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MAX_OPEN_BRACKETS {
            let location = Location::new(Arc::new(source.clone()), at, at + 1);
            return Err(Diagnostic::error(format!(
                "more than {MAX_OPEN_BRACKETS} brackets are open here"
            ))
            .with_location(location)
            .with_hint("close each `[` and `{`")
            .into());
        }
    }
    Ok(())
}
