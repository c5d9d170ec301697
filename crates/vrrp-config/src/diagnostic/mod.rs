//! What is wrong with a configuration and where: errors and warnings with their positions.

mod render;
mod source;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

pub use render::Style;
pub use source::Source;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// The configuration can be used, but probably does not do what was meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A piece of a source file.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    source: Arc<Source>,
    start: usize,
    end: usize,
}

impl Location {
    /// The bytes `start..end` of `source`, moved to character boundaries and into the text.
    #[must_use]
    pub fn new(source: Arc<Source>, start: usize, end: usize) -> Self {
        let start = source.floor_char_boundary(start);
        let end = source.floor_char_boundary(end.max(start));
        Location { source, start, end }
    }

    /// The file's name as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Line and column of the first character, both from 1, the column in characters.
    #[must_use]
    pub fn start(&self) -> (usize, usize) {
        self.source.line_column(self.start)
    }

    /// Line and column after the last character, both from 1, the column in characters.
    #[must_use]
    pub fn end(&self) -> (usize, usize) {
        self.source.line_column(self.end)
    }

    /// The text of the piece.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source
            .text()
            .get(self.start..self.end)
            .unwrap_or_default()
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.start();
        write!(f, "{}:{line}:{column}", self.file())
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (line, column) = self.start();
        let (end_line, end_column) = self.end();
        let mut location = serializer.serialize_struct("Location", 5)?;
        location.serialize_field("file", self.file())?;
        location.serialize_field("line", &line)?;
        location.serialize_field("column", &column)?;
        location.serialize_field("end_line", &end_line)?;
        location.serialize_field("end_column", &end_column)?;
        location.end()
    }
}

/// Another place that a diagnostic refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What is there.
    pub message: String,
}

/// One thing that is wrong or doubtful.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// The key it is about, as `instances[0].vrid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it is; `None` for what is no place in a file (an option, a file that cannot be read).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What the caret says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Other places to look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// An error without a place.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// A warning without a place.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            severity,
            message: message.into(),
            key: None,
            location: None,
            label: None,
            hint: None,
            related: Vec::new(),
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same at a place.
    #[must_use]
    pub fn with_location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// One stable line: `file:line:column: severity: message (hint)`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = String::new();
        if let Some(location) = &self.location {
            line.push_str(&format!("{location}: "));
        }
        line.push_str(&format!("{}: {}", self.severity.as_str(), self.message));
        if let Some(hint) = &self.hint {
            line.push_str(&format!(" ({hint})"));
        }
        line
    }
}

/// Errors and warnings in the order of the files they point into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Nothing to complain about.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one at the end.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.list
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .count()
    }

    /// How many warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.len() - self.errors()
    }

    /// For people: each with its source line, a caret and the hint.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        render::render(self, style)
    }

    /// For machines and logs: one stable line each, without a final line break.
    #[must_use]
    pub fn lines(&self) -> String {
        self.list
            .iter()
            .map(Diagnostic::line)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Style::Plain))
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics {
            list: vec![diagnostic],
        }
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Diagnostics {
            list: iter.into_iter().collect(),
        }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
