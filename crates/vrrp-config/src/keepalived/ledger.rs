//! The list of what is not carried over, and of what to know about the rest.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::source::{Origin, Skipped};
use super::tree::Directive;
use super::{Effect, NotCarriedOver, Remark};

/// Collects both lists while a configuration is converted.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    not_carried_over: Vec<NotCarriedOver>,
    remarks: Vec<Remark>,
}

impl Ledger {
    /// `directive` is gone, and that matters.
    pub(super) fn lost(&mut self, directive: &Directive, why: impl Into<String>) {
        self.note(directive, why.into(), Effect::Changed);
    }

    /// `directive` is gone, and vrrpd does the same without it.
    pub(super) fn needless(&mut self, directive: &Directive, why: impl Into<String>) {
        self.note(directive, why.into(), Effect::None);
    }

    /// `directive` and everything in its block is gone for the same reason.
    pub(super) fn note_all(&mut self, directive: &Directive, why: &str, effect: Effect) {
        self.note(directive, why.to_owned(), effect);
        for inner in directive.block() {
            self.note_all(inner, why, effect);
        }
    }

    /// A part of `directive`, such as one word of a line, is gone.
    pub(super) fn part(
        &mut self,
        directive: &Directive,
        part: impl Into<String>,
        why: impl Into<String>,
        effect: Effect,
    ) {
        self.push(&directive.origin, part.into(), why.into(), effect);
    }

    /// Something to know about a directive that was carried over.
    pub(super) fn remark(&mut self, origin: &Origin, text: impl Into<String>) {
        let remark = Remark {
            file: origin.file.to_path_buf(),
            line: origin.line,
            text: text.into(),
        };
        self.remarks.push(remark);
    }

    /// A line whose condition does not hold, or an include without a file: Keepalived passes over
    /// both as well.
    pub(super) fn skipped(&mut self, skipped: &Skipped) {
        self.push(
            &skipped.origin,
            skipped.text.clone(),
            skipped.why.clone(),
            Effect::None,
        );
    }

    /// Both lists, in the order of `files` and their lines.
    pub(super) fn close(self, files: &[Rc<Path>]) -> (Vec<NotCarriedOver>, Vec<Remark>) {
        let Self {
            mut not_carried_over,
            mut remarks,
        } = self;
        // A definition that is used several times gives the same finding each time.
        let mut seen = HashSet::new();
        not_carried_over.retain(|item| seen.insert(item.clone()));
        let mut seen = HashSet::new();
        remarks.retain(|remark| seen.insert(remark.clone()));
        let place = |file: &PathBuf| files.iter().position(|known| **known == **file);
        not_carried_over.sort_by_cached_key(|item| (place(&item.file), item.line));
        remarks.sort_by_cached_key(|remark| (place(&remark.file), remark.line));
        (not_carried_over, remarks)
    }

    fn note(&mut self, directive: &Directive, why: String, effect: Effect) {
        self.push(&directive.origin, directive.text(), why, effect);
    }

    fn push(&mut self, origin: &Origin, directive: String, why: String, effect: Effect) {
        self.not_carried_over.push(NotCarriedOver {
            file: origin.file.to_path_buf(),
            line: origin.line,
            directive,
            why,
            effect,
        });
    }
}
