//! From a node to its bytes in the text.

use super::build;
use super::node::NodeId;
use crate::diagnostic::Source;

/// The byte range of a node: the whole of a scalar, the first token of anything else.
pub(super) fn range(source: &Source, id: NodeId) -> Option<(usize, usize)> {
    let start = build::mark_of(source, id)?;
    let rest = source.text().get(start..)?;
    let skipped = properties(rest);
    let start = start + skipped;
    Some((start, start + token(rest.get(skipped..)?)))
}

/// The length of an anchor and a tag before a value.
fn properties(text: &str) -> usize {
    let mut length = 0;
    while let Some(rest) = text
        .get(length..)
        .filter(|rest| rest.starts_with(['&', '!']))
    {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let blank = rest
            .get(word..)
            .map_or(0, |after| after.len() - after.trim_start().len());
        length += word + blank;
    }
    length
}

/// The length of the token that `text` begins with; it ends with its line.
fn token(text: &str) -> usize {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    match line.chars().next() {
        None => 0,
        Some('"') => double_quoted(line),
        Some('\'') => single_quoted(line),
        Some('[' | '{' | '|' | '>' | '-') if !line.starts_with("--") && !negative(line) => 1,
        Some(_) => plain(line),
    }
}

fn negative(line: &str) -> bool {
    line.strip_prefix('-')
        .is_some_and(|rest| !rest.starts_with(' ') && !rest.is_empty())
}

fn double_quoted(line: &str) -> usize {
    let mut escaped = false;
    for (at, character) in line.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    line.len()
}

fn single_quoted(line: &str) -> usize {
    let mut characters = line.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
            return at + 1;
        }
    }
    line.len()
}

fn plain(line: &str) -> usize {
    let bytes = line.as_bytes();
    let end = bytes.iter().enumerate().position(|(at, byte)| {
        let next_blank = bytes
            .get(at + 1)
            .is_none_or(|next| matches!(next, b' ' | b'\t'));
        match byte {
            b':' => next_blank,
            b'#' => at > 0 && matches!(bytes.get(at - 1), Some(b' ' | b'\t')),
            b',' | b']' | b'}' => true,
            _ => false,
        }
    });
    line.get(..end.unwrap_or(line.len()))
        .unwrap_or(line)
        .trim_end()
        .len()
}
