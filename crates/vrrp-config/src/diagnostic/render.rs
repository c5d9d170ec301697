//! Diagnostics as text for people.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Location, Severity, Source};

/// Whether the text may have terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// With colours, for a terminal.
    Colour,
}

pub(super) fn render(diagnostics: &Diagnostics, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii);
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| renderer.render(&[group(diagnostic)]))
        .collect();
    texts.join("\n\n")
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    for snippet in snippets(diagnostic) {
        group = group.element(snippet);
    }
    if diagnostic.location.is_none()
        && let Some(related) = diagnostic.related.first()
    {
        group = group.element(Origin::path(related.location.file()));
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    group
}

struct Mark<'a> {
    kind: AnnotationKind,
    location: &'a Location,
    label: Option<&'a str>,
}

/// One snippet per file, the file of the diagnostic itself first.
fn snippets(diagnostic: &Diagnostic) -> Vec<Snippet<'_, Annotation<'_>>> {
    let primary = diagnostic.location.iter().map(|location| Mark {
        kind: AnnotationKind::Primary,
        location,
        label: diagnostic.label.as_deref(),
    });
    let related = diagnostic.related.iter().map(|related| Mark {
        kind: AnnotationKind::Context,
        location: &related.location,
        label: Some(related.message.as_str()),
    });
    let mut files: Vec<(&Arc<Source>, Vec<Mark<'_>>)> = Vec::new();
    for mark in primary.chain(related) {
        let source = &mark.location.source;
        match files
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, source))
        {
            Some((_, marks)) => marks.push(mark),
            None => files.push((source, vec![mark])),
        }
    }
    files
        .into_iter()
        .map(|(source, marks)| snippet(source, &marks))
        .collect()
}

fn snippet<'a>(source: &'a Source, marks: &[Mark<'a>]) -> Snippet<'a, Annotation<'a>> {
    let lines = marks.iter().map(|mark| source.line_of(mark.location.start));
    let first = lines.clone().min().unwrap_or(0);
    let last = lines.max().unwrap_or(0);
    let (offset, text) = source.lines(first, last);
    let shown = without_c1(text);
    let annotations = marks.iter().map(|mark| {
        let range = within(mark.location, offset, text);
        mark.kind.span(range).label(mark.label)
    });
    Snippet::source(shown)
        .path(source.name())
        .line_start(first + 1)
        .fold(true)
        .annotations(annotations.collect::<Vec<_>>())
}

/// The text with its C1 control characters replaced, which terminals obey and the renderer leaves
/// as they are. The replacement has as many bytes, so that places stay right.
fn without_c1(text: &str) -> String {
    text.replace(|c| ('\u{80}'..='\u{9f}').contains(&c), "\u{b7}")
}

/// The location as a range in `text`, which begins at `offset`; it ends on the line it begins.
fn within(location: &Location, offset: usize, text: &str) -> Range<usize> {
    let start = location.start.saturating_sub(offset).min(text.len());
    let line_end = text
        .get(start..)
        .and_then(|rest| rest.find(['\n', '\r']))
        .map_or(text.len(), |length| start + length);
    let end = location
        .end
        .saturating_sub(offset)
        .clamp(start, line_end.max(start));
    start..end
}
