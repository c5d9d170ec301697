//! YAML text as a tree of numbered nodes, and the way back from a node to its place in the text.
//!
//! The YAML library reads the text into the tree; nothing here interprets a value.

mod build;
mod locate;
mod node;
mod syntax;

use std::sync::Arc;

pub(crate) use node::{Node, NodeId, Value};

use crate::diagnostic::{Diagnostic, Diagnostics, Location, Source};

/// The longest text that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// The most values and keys in one file, those repeated by aliases counted each time.
pub(crate) const MAX_NODES: u32 = 200_000;

/// A file whose syntax is right.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    source: Arc<Source>,
    /// The documents that hold anything, in order.
    pub(crate) documents: Vec<Node>,
}

impl Parsed {
    /// Reads all documents of `text`. `file` tells the nodes of one file from another's.
    ///
    /// # Errors
    /// The syntax error, or the limit that was exceeded.
    pub(crate) fn new(name: &str, text: &str, file: u8) -> Result<Self, Diagnostics> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Arc::new(Source::new(name, text));
        if text.len() > MAX_BYTES {
            return Err(Diagnostic::error(format!(
                "{name} is too long: {} bytes, the limit is {MAX_BYTES}",
                text.len()
            ))
            .into());
        }
        syntax::check_nesting(&source)?;
        let documents = build::documents(&source, file)?;
        Ok(Parsed { source, documents })
    }

    /// The place of a node in the text.
    pub(crate) fn locate(&self, id: NodeId) -> Location {
        let (start, end) = locate::range(&self.source, id).unwrap_or((0, 0));
        Location::new(Arc::clone(&self.source), start, end)
    }

    /// The length of the text in bytes.
    pub(crate) fn len(&self) -> usize {
        self.source.text().len()
    }

    /// The beginning of the text.
    pub(crate) fn start(&self) -> Location {
        Location::new(Arc::clone(&self.source), 0, 0)
    }

    /// The path to a node as `instances[0].vrid`; empty for a document.
    pub(crate) fn key_path(&self, id: NodeId) -> String {
        self.documents
            .iter()
            .find_map(|document| document.path_to(id))
            .unwrap_or_default()
    }

    /// The place of the value at a path such as `instances[0].vrid` in the first document, or of
    /// the nearest value around it; `None` where not even the path's first key is there.
    pub(crate) fn place_of(&self, path: &str) -> Option<Location> {
        let mut node = self.documents.first()?;
        let mut found = None;
        for step in path.split(['.', '[']) {
            let next = match step.strip_suffix(']').map(str::parse::<usize>) {
                Some(Ok(index)) => node.items().and_then(|items| items.get(index)),
                _ => node.get(step),
            };
            let Some(next) = next else { break };
            node = next;
            found = Some(node.id);
        }
        Some(self.locate(found?))
    }
}
