//! No diagnostic without a snapshot: the messages in the sources against those in the snapshots.

use std::fs;
use std::path::{Path, PathBuf};

/// Calls that make a diagnostic; the message is their last argument.
const MAKERS: [&str; 5] = [
    ".error(",
    ".warning(",
    ".error_without_place(",
    "Diagnostic::error(",
    "Diagnostic::warning(",
];

/// Messages that no input brings about, but a fault of the program.
const OUT_OF_REACH: [&str; 1] = ["writing the result: {error}"];

/// Sources with messages of their own: those of `vrrpd import` of a keepalived.conf are in
/// `keepalived/tests`.
const ELSEWHERE: [&str; 1] = ["keepalived"];

fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !ELSEWHERE.iter().any(|name| path.ends_with(name)) {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// The literals within the parentheses that a call opened, to where they close.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 1;
    let mut rest = source.chars();
    while let Some(c) = rest.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => found.push(literal(&mut rest)),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// The rest of a literal whose quote was read.
fn literal(rest: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => match rest.next() {
                // The line goes on behind the blanks of the next one.
                Some('\n') => *rest = rest.as_str().trim_start().chars(),
                Some(escaped) => text.push(escaped),
                None => break,
            },
            _ => text.push(c),
        }
    }
    text
}

/// Whether a line is what a message of `format!` can become.
fn matches(format: &str, line: &str) -> bool {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    if parts.is_empty() {
        return line == format;
    }
    let Some(mut line) = line
        .strip_prefix(parts[0])
        .and_then(|line| line.strip_suffix(rest))
    else {
        return false;
    };
    parts[1..].iter().all(|part| {
        let found = line.split_once(part);
        line = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

#[test]
fn every_message_of_a_diagnostic_has_a_snapshot() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let snapshots = [root.join("tests/diagnostics/snapshots")];
    let snapshots = snapshots
        .iter()
        .flat_map(|place| files_below(place, "snap"));
    let shown: String = snapshots
        .map(|path| fs::read_to_string(path).expect("a snapshot") + "\n")
        .collect();
    let shown: Vec<&str> = shown
        .lines()
        .filter_map(|line| {
            line.strip_prefix("error: ")
                .or_else(|| line.strip_prefix("warning: "))
        })
        .collect();
    let (mut messages, mut missing) = (0, Vec::new());
    for path in files_below(&root.join("src"), "rs") {
        let source = fs::read_to_string(&path).expect("a source");
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for maker in MAKERS {
            for call in source.split(maker).skip(1) {
                // Without a literal it is a function that makes a diagnostic of what it is given.
                let literals = literals(call);
                if literals.is_empty() {
                    continue;
                }
                messages += 1;
                let known = |text: &String| {
                    OUT_OF_REACH.contains(&text.as_str())
                        || shown.iter().any(|line| matches(text, line))
                };
                if !literals.iter().any(known) {
                    missing.push(format!("{}: {literals:?}", path.display()));
                }
            }
        }
    }
    assert!(messages > 100, "{messages}");
    assert!(missing.is_empty(), "{missing:#?}");
}
