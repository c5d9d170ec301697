//! What is noted about programs while they are broken: all they wrote, and ends that nobody
//! asked for.

use std::sync::Mutex;
use std::time::Instant;

use vrrp_lab::Host;

use super::cluster::lock;
use crate::subject::Running;

/// The notes of one run.
#[derive(Debug, Default)]
pub(super) struct Journal {
    notes: Mutex<Notes>,
}

/// What has been noted.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Lines of all programs under test: when, by which host, what.
    pub(super) lines: Vec<(Instant, String, String)>,
    /// Ends that nobody asked for, or in another way than asked.
    pub(super) ends: Vec<(Instant, String)>,
}

impl Journal {
    /// Keeps everything that a program has written.
    pub(super) fn keep_lines(&self, host: &Host, running: &Running) {
        let lines = running.process().lines().into_iter();
        let lines = lines.map(|line| (line.at, host.name().to_owned(), line.text));
        lock(&self.notes).lines.extend(lines);
    }

    /// A program ended by itself, or with an error, or not at all.
    pub(super) fn unasked_end(&self, host: &Host, running: &Running) {
        self.keep_lines(host, running);
        let how = if running.process().is_running() {
            "did not end on SIGTERM"
        } else {
            "ended by itself or with an error"
        };
        let lines = running.process().lines();
        let last = lines.last().map_or("", |line| line.text.as_str());
        let text = format!("the daemon on {} {how}; last line: {last}", host.name());
        lock(&self.notes).ends.push((Instant::now(), text));
    }

    pub(super) fn notes(&self) -> Notes {
        let mut notes = lock(&self.notes).clone();
        notes.lines.sort_by_key(|(at, ..)| *at);
        notes
    }
}

impl Notes {
    /// Lines that tell of a panic.
    pub(super) fn panics(&self) -> Vec<&(Instant, String, String)> {
        self.lines
            .iter()
            .filter(|(.., text)| text.contains("panicked"))
            .collect()
    }
}
