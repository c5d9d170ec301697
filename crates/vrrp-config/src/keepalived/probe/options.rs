//! A command line read by a table of options, as `curl` and `wget` both do.

use super::request::{Meaning, Request};

/// The options of one program.
pub(super) struct Options {
    /// What a single letter means; `None` if it is unknown.
    pub(super) short: fn(char) -> Option<Meaning>,
    /// What a long name means; `None` if it is unknown.
    pub(super) long: fn(&str) -> Option<Meaning>,
    /// Whether `--name=value` is understood beside `--name value`.
    pub(super) equals_sign: bool,
    /// What is one option although it looks like several letters, and means nothing here.
    pub(super) not_letters: &'static str,
}

impl Options {
    /// Adds to `request` what the arguments say; `None` if one of them is unknown, lacks its
    /// value, or says something an `http` check cannot say.
    pub(super) fn read(&self, mut request: Request, arguments: &[String]) -> Option<Request> {
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = match long.split_once('=') {
                    Some((name, value)) if self.equals_sign => (name, Some(value)),
                    _ => (long, None),
                };
                let meaning = (self.long)(name)?;
                let value = match value {
                    Some(value) => value,
                    None if meaning.takes_value() => words.next()?,
                    None => "",
                };
                request.apply(meaning, value)?;
            } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty())
            {
                let mut rest = shorts.strip_prefix(self.not_letters).unwrap_or(shorts);
                while let Some(letter) = rest.chars().next() {
                    rest = rest.get(letter.len_utf8()..)?;
                    let meaning = (self.short)(letter)?;
                    if meaning.takes_value() {
                        let value = if rest.is_empty() {
                            words.next()?.as_str()
                        } else {
                            rest
                        };
                        request.apply(meaning, value)?;
                        break;
                    }
                    request.apply(meaning, "")?;
                }
            } else {
                request.url(word)?;
            }
        }
        request.complete()
    }
}
