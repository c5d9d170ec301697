//! Which files an `include` means.

use std::path::{Path, PathBuf};

use crate::keepalived::Files;

/// How many alternatives braces may stand for.
const MOST_ALTERNATIVES: usize = 256;

/// The pattern of an include line; `None` for any other line.
pub(super) fn pattern(text: &str) -> Option<&str> {
    const KEYWORDS: [&str; 6] = [
        "include", "includer", "includem", "includew", "includeb", "includea",
    ];
    let (keyword, pattern) = text.split_once(char::is_whitespace)?;
    KEYWORDS
        .contains(&keyword)
        .then(|| pattern.trim().trim_matches('"'))
}

/// The files that `pattern` matches, relative to `directory`, in alphabetical order. Several
/// patterns may stand beside each other, and braces give alternatives: `{a,b}.conf`.
pub(super) fn files(files: &dyn Files, pattern: &str, directory: &Path) -> Vec<PathBuf> {
    // The directory's own name may have characters that a pattern gives a meaning.
    let base = glob::Pattern::escape(&directory.to_string_lossy());
    pattern
        .split_whitespace()
        .flat_map(alternatives)
        .map(|pattern| {
            // Two asterisks are one for glob(3); the library would walk every directory below.
            let pattern = single_asterisks(&pattern);
            let absolute = pattern.starts_with('/') || base.is_empty();
            if absolute {
                pattern
            } else {
                format!("{base}/{pattern}")
            }
        })
        .flat_map(|pattern| files.matching(&pattern))
        .collect()
}

fn single_asterisks(pattern: &str) -> String {
    let mut single = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        if character != '*' || !single.ends_with('*') {
            single.push(character);
        }
    }
    single
}

/// What the braces of `pattern` stand for, as in a C shell.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        match innermost(&pattern) {
            Some((before, inside, behind)) if done.len() + open.len() < MOST_ALTERNATIVES => {
                // Taken from the end, so that the first alternative comes first.
                open.extend(
                    inside
                        .rsplit(',')
                        .map(|part| format!("{before}{part}{behind}")),
                );
            }
            _ => done.push(pattern),
        }
    }
    done
}

/// What stands before, in and behind the first pair of braces with no other inside.
fn innermost(pattern: &str) -> Option<(&str, &str, &str)> {
    let (front, behind) = pattern.split_once('}')?;
    let (before, inside) = front.rsplit_once('{')?;
    Some((before, inside, behind))
}
