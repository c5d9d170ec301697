//! Reads files line by line and unfolds each line as Keepalived does: first includes, then
//! conditions, definitions, sequences and references to definitions.

use std::path::Path;
use std::rc::Rc;

use super::define::{self, Definitions, Value};
use super::repeat::Repeat;
use super::{Line, Origin, Skipped, Source, comment, include, repeat};
use crate::keepalived::{Files, ImportError, files};

const MOST_BYTES: u64 = 4 << 20;
const MOST_LINES: usize = 200_000;
const MOST_LINE_BYTES: usize = 64 << 10;
const DEEPEST: usize = 32;
const MOST_FILES: usize = 1_000;

pub(super) struct Reader<'a> {
    files: &'a dyn Files,
    config_id: Option<&'a str>,
    definitions: Definitions,
    source: Source,
    /// Lines looked at, unfolded or not: what bounds the work.
    steps: usize,
}

/// What the next line of a file is.
enum Next {
    /// A line of its own.
    Plain,
    /// More of a definition.
    Defines(String, Vec<Line>),
    /// More of a definition whose condition does not hold.
    Ignored,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a dyn Files, config_id: Option<&'a str>) -> Self {
        Self {
            files,
            config_id,
            definitions: Definitions::default(),
            source: Source::default(),
            steps: 0,
        }
    }

    pub(super) fn read(mut self, path: &Path) -> Result<Source, ImportError> {
        self.file(path, 0)?;
        Ok(self.source)
    }

    fn file(&mut self, path: &Path, depth: usize) -> Result<(), ImportError> {
        let text = self.contents(path)?;
        let file: Rc<Path> = Rc::from(path);
        self.source.files.push(Rc::clone(&file));
        let mut next = Next::Plain;
        for (index, raw) in text.lines().enumerate() {
            let origin = Origin {
                file: Rc::clone(&file),
                line: index + 1,
            };
            let text = comment::strip(raw);
            next = match next {
                Next::Plain if text.is_empty() => Next::Plain,
                Next::Plain => match include::pattern(&text) {
                    Some(pattern) => {
                        self.include(pattern, &origin, depth)?;
                        Next::Plain
                    }
                    None => self.line(Line { origin, text }, 0)?,
                },
                Next::Defines(name, mut lines) => {
                    let (text, more) = continued(&text);
                    if !text.is_empty() {
                        lines.push(Line {
                            origin,
                            text: text.to_owned(),
                        });
                    }
                    if more {
                        Next::Defines(name, lines)
                    } else {
                        self.definitions.set(&name, Value::Lines(lines));
                        Next::Plain
                    }
                }
                Next::Ignored if continued(&text).1 => Next::Ignored,
                Next::Ignored => Next::Plain,
            };
        }
        if let Next::Defines(name, lines) = next {
            self.definitions.set(&name, Value::Lines(lines));
        }
        Ok(())
    }

    fn contents(&self, path: &Path) -> Result<String, ImportError> {
        let read = self.files.read(path, MOST_BYTES + 1);
        let bytes = read.map_err(|error| ImportError::Read {
            file: path.to_owned(),
            error,
        })?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
            return Err(ImportError::TooLarge {
                file: path.to_owned(),
                limit: MOST_BYTES,
            });
        }
        Ok(files::text(&bytes))
    }

    fn include(&mut self, pattern: &str, origin: &Origin, depth: usize) -> Result<(), ImportError> {
        if depth == DEEPEST {
            return Err(too_deep(origin, "includes"));
        }
        let directory = origin.file.parent().unwrap_or(Path::new(""));
        let files = include::files(self.files, pattern, directory);
        if files.is_empty() {
            self.source.skipped.push(Skipped {
                origin: origin.clone(),
                text: format!("include {pattern}"),
                why: "no file matches".to_owned(),
            });
        }
        for file in files {
            if self.source.files.len() == MOST_FILES {
                return Err(too_much(origin, "files", MOST_FILES));
            }
            self.file(&file, depth + 1)?;
        }
        Ok(())
    }

    /// Unfolds one line into as many as it makes.
    fn line(&mut self, line: Line, depth: usize) -> Result<Next, ImportError> {
        let Line { origin, mut text } = line;
        if depth == DEEPEST {
            return Err(too_deep(&origin, "definitions"));
        }
        loop {
            // A long line counts for several.
            self.steps += 1 + text.len() / 256;
            if self.steps > MOST_LINES || text.len() > MOST_LINE_BYTES {
                return Err(too_much(&origin, "lines", MOST_LINES));
            }
            if let Some(condition) = text.strip_prefix('@') {
                match self.applies(condition) {
                    Ok(rest) => text = rest.to_owned(),
                    Err(why) => return Ok(self.skip(origin, text, why)),
                }
                continue;
            }
            if let Some((name, value)) = define::definition(&text) {
                return Ok(self.define(name, value, &origin));
            }
            match repeat::parse(&text, MOST_LINES) {
                Some(Ok(repeat)) => return self.repeat(&repeat, &origin, depth),
                Some(Err(why)) => {
                    let (file, line) = (origin.file.to_path_buf(), origin.line);
                    let text = text.clone();
                    return Err(ImportError::Sequence {
                        file,
                        line,
                        text,
                        why,
                    });
                }
                None => {}
            }
            let reference = self
                .definitions
                .first_in(&text, &origin.file, self.config_id);
            let Some(reference) = reference else { break };
            // Replacing makes a new line of the length of this one, and may go on without end.
            self.steps += text.len() / 16;
            let before = text.get(..reference.range.start).unwrap_or_default();
            let behind = text.get(reference.range.end..).unwrap_or_default();
            match reference.value {
                Value::Text(value) => text = format!("{before}{value}{behind}").trim().to_owned(),
                Value::Lines(lines) => {
                    let (before, behind) = (before.to_owned(), behind.to_owned());
                    return self.insert(lines, &before, &behind, &origin, depth);
                }
            }
        }
        if !text.is_empty() {
            self.source.lines.push(Line { origin, text });
        }
        Ok(Next::Plain)
    }

    /// The line behind a condition that holds, or why it does not.
    fn applies<'b>(&self, condition: &'b str) -> Result<&'b str, String> {
        let (negated, rest) = match condition.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, condition),
        };
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        if (self.config_id == Some(name)) != negated {
            return Ok(rest.trim_start());
        }
        let only = if negated {
            "for every configuration but"
        } else {
            "for the configuration"
        };
        let this = self.config_id.unwrap_or("none");
        Err(format!("the line is {only} {name}; this one is {this}"))
    }

    fn skip(&mut self, origin: Origin, text: String, why: String) -> Next {
        let next = if continued(&text).1 {
            Next::Ignored
        } else {
            Next::Plain
        };
        let text = match text.split_once("auth_pass") {
            Some((before, _)) => format!("{before}auth_pass ***"),
            None => text,
        };
        self.source.skipped.push(Skipped { origin, text, why });
        next
    }

    fn define(&mut self, name: &str, value: &str, origin: &Origin) -> Next {
        match continued(value) {
            (first, true) => {
                let first = Line {
                    origin: origin.clone(),
                    text: first.to_owned(),
                };
                let lines = if first.text.is_empty() {
                    Vec::new()
                } else {
                    vec![first]
                };
                Next::Defines(name.to_owned(), lines)
            }
            (value, false) => {
                self.definitions.set(name, Value::Text(value.to_owned()));
                Next::Plain
            }
        }
    }

    fn repeat(
        &mut self,
        repeat: &Repeat<'_>,
        origin: &Origin,
        depth: usize,
    ) -> Result<Next, ImportError> {
        for round in &repeat.rounds {
            for (name, value) in round {
                self.definitions.set(name, Value::Text(value.clone()));
            }
            let line = Line {
                origin: origin.clone(),
                text: repeat.rest.to_owned(),
            };
            self.line(line, depth + 1)?;
        }
        Ok(Next::Plain)
    }

    /// Puts the lines of a definition in the place of its name.
    fn insert(
        &mut self,
        mut lines: Vec<Line>,
        before: &str,
        behind: &str,
        origin: &Origin,
        depth: usize,
    ) -> Result<Next, ImportError> {
        if let Some(first) = lines.first_mut() {
            first.text = format!("{before}{}", first.text).trim().to_owned();
        } else {
            lines.push(Line {
                origin: origin.clone(),
                text: before.trim().to_owned(),
            });
        }
        if let Some(last) = lines.last_mut() {
            last.text = format!("{}{behind}", last.text).trim().to_owned();
        }
        for line in lines {
            self.line(line, depth + 1)?;
        }
        Ok(Next::Plain)
    }
}

/// The text before a backslash at the end, and whether there is one.
fn continued(text: &str) -> (&str, bool) {
    match text.strip_suffix('\\') {
        Some(text) => (text.trim(), true),
        None => (text.trim(), false),
    }
}

fn too_deep(origin: &Origin, what: &'static str) -> ImportError {
    let (file, line) = (origin.file.to_path_buf(), origin.line);
    ImportError::TooDeep {
        file,
        line,
        what,
        limit: DEEPEST,
    }
}

fn too_much(origin: &Origin, what: &'static str, limit: usize) -> ImportError {
    let (file, line) = (origin.file.to_path_buf(), origin.line);
    ImportError::TooMuch {
        file,
        line,
        what,
        limit,
    }
}
