//! Findings collected while reading, turned into diagnostics with places at the end.

use crate::diagnostic::{Diagnostic, Diagnostics, Related, Severity};
use crate::yaml::{Node, NodeId, Parsed};

/// The most findings of one load that are shown.
const MOST_SHOWN: usize = 100;

/// The fewest findings that are shown where the files are long.
const FEWEST_SHOWN: usize = 10;

/// Finding a place costs a pass over the files; this many bytes in all are passed over.
const MOST_BYTES: usize = 16 << 20;

/// Everything found so far, in all files of one load.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

/// One problem at a node.
#[derive(Debug)]
pub(crate) struct Finding {
    severity: Severity,
    at: Option<NodeId>,
    message: String,
    label: Option<String>,
    hint: Option<String>,
    related: Vec<(NodeId, String)>,
}

impl Report {
    /// An error at a node.
    pub(crate) fn error(&mut self, at: &Node, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, Some(at.id), message.into())
    }

    /// A warning at a node.
    pub(crate) fn warning(&mut self, at: &Node, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Warning, Some(at.id), message.into())
    }

    /// An error that is in no file.
    pub(crate) fn error_without_place(&mut self, message: impl Into<String>) -> &mut Finding {
        self.add(Severity::Error, None, message.into())
    }

    fn add(&mut self, severity: Severity, at: Option<NodeId>, message: String) -> &mut Finding {
        self.findings.push(Finding {
            severity,
            at,
            message,
            label: None,
            hint: None,
            related: Vec::new(),
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// Whether nothing but warnings was found.
    pub(crate) fn is_usable(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity == Severity::Warning)
    }

    /// The findings in the order of the files, with places. Where there are too many, warnings
    /// are left out before errors.
    pub(crate) fn finish(mut self, files: &[&Parsed]) -> Diagnostics {
        let length: usize = files.iter().map(|file| file.len()).sum();
        let most = (MOST_BYTES / length.max(1)).clamp(FEWEST_SHOWN, MOST_SHOWN);
        self.findings
            .sort_by_key(|finding| (finding.severity, finding.at));
        let hidden = self.findings.split_off(most.min(self.findings.len()));
        self.findings.sort_by_key(|finding| finding.at);
        let mut diagnostics: Diagnostics = self
            .findings
            .into_iter()
            .map(|finding| finding.locate(files))
            .collect();
        let rest = format!("and {} more", hidden.len());
        match hidden.first().map(|finding| finding.severity) {
            Some(Severity::Error) => diagnostics.push(Diagnostic::error(rest)),
            Some(Severity::Warning) => diagnostics.push(Diagnostic::warning(rest)),
            None => {}
        }
        diagnostics
    }
}

impl Finding {
    /// What the caret says.
    pub(crate) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// What to do about it.
    pub(crate) fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    /// Another place to look at.
    pub(crate) fn related(&mut self, at: &Node, message: impl Into<String>) -> &mut Self {
        self.related.push((at.id, message.into()));
        self
    }

    fn locate(self, files: &[&Parsed]) -> Diagnostic {
        let file = |id: NodeId| files.get(usize::from(id.file)).copied();
        let place = |id: NodeId| file(id).map(|parsed| parsed.locate(id));
        Diagnostic {
            severity: self.severity,
            message: self.message,
            key: self
                .at
                .and_then(|id| file(id).map(|parsed| parsed.key_path(id)))
                .filter(|path| !path.is_empty()),
            location: self.at.and_then(place),
            label: self.label,
            hint: self.hint,
            related: self
                .related
                .into_iter()
                .filter_map(|(id, message)| {
                    Some(Related {
                        location: place(id)?,
                        message,
                    })
                })
                .collect(),
        }
    }
}
