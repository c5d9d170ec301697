//! Definitions (`$NAME=value`) and where a text refers to one.

use std::collections::HashMap;
use std::path::Path;

use super::Line;

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A part of a line.
    Text(String),
    /// Several lines.
    Lines(Vec<Line>),
}

/// The names defined so far.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    values: HashMap<String, Value>,
}

/// A reference in a text to a name that is defined.
#[derive(Debug)]
pub(super) struct Reference {
    /// The bytes it takes up.
    pub(super) range: std::ops::Range<usize>,
    pub(super) value: Value,
}

impl Definitions {
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// The first `$NAME` before a blank or the end, or `${NAME}`, whose name is defined. The
    /// names of others stay as they are, as in Keepalived.
    pub(super) fn first_in(
        &self,
        text: &str,
        file: &Path,
        config_id: Option<&str>,
    ) -> Option<Reference> {
        text.match_indices('$').find_map(|(start, _)| {
            let rest = text.get(start + 1..)?;
            let (name, length) = match rest.strip_prefix('{') {
                Some(braced) => {
                    // No look further ahead than the name goes: a line may be full of these.
                    let name = leading_name(braced)?;
                    let closed = braced.get(name.len()..)?.starts_with('}');
                    closed.then_some((name, name.len() + 3))?
                }
                None => {
                    let name = leading_name(rest)?;
                    let behind = rest.get(name.len()..)?.chars().next();
                    behind
                        .is_none_or(char::is_whitespace)
                        .then_some((name, name.len() + 1))?
                }
            };
            let value = self.get(name, file, config_id)?;
            Some(Reference {
                range: start..start + length,
                value,
            })
        })
    }

    /// The value of `name`: one that Keepalived itself provides, or one defined before.
    /// `_RANDOM` is left alone: no value of it would be the right one.
    fn get(&self, name: &str, file: &Path, config_id: Option<&str>) -> Option<Value> {
        let text = match name {
            "_PWD" => file.parent()?.to_string_lossy().into_owned(),
            "_INSTANCE" => config_id?.to_owned(),
            "_HASH" => "#".to_owned(),
            "_BANG" => "!".to_owned(),
            _ => return self.values.get(name).cloned(),
        };
        Some(Value::Text(text))
    }
}

/// The name and the value of a line `$NAME=value`.
pub(super) fn definition(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('$')?;
    let name = leading_name(rest)?;
    let value = rest.get(name.len()..)?.strip_prefix('=')?;
    Some((name, value.trim()))
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let name = text.get(..end)?;
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}
