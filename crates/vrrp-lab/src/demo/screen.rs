//! The live table: redrawn in place on a terminal, one line per change elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::cluster::{Line, View};
use crate::table::table;

const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// Where the demo is shown.
pub(super) struct Screen {
    inner: Mutex<Inner>,
    started: Instant,
}

struct Inner {
    out: Box<dyn Write + Send>,
    is_terminal: bool,
    /// Lines of the table that stands below everything else.
    drawn: usize,
    event: String,
    shown: Vec<Line>,
}

impl Screen {
    /// Standard output, or standard error where the former is for machines.
    pub(super) fn new(to_stderr: bool) -> Self {
        let (out, is_terminal): (Box<dyn Write + Send>, bool) = if to_stderr {
            (Box::new(io::stderr()), false)
        } else {
            (Box::new(io::stdout()), io::stdout().is_terminal())
        };
        let inner = Inner {
            out,
            is_terminal,
            drawn: 0,
            event: String::new(),
            shown: Vec::new(),
        };
        Self {
            inner: Mutex::new(inner),
            started: Instant::now(),
        }
    }

    /// A line that stays.
    pub(super) fn say(&self, text: &str) {
        let at = self.started.elapsed().as_secs_f64();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clear();
        let _ = writeln!(inner.out, "{at:7.3} s  {text}");
        let _ = inner.out.flush();
    }

    /// What happens now.
    pub(super) fn announce(&self, event: &str) {
        self.say(event);
        event.clone_into(
            &mut self
                .inner
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .event,
        );
    }

    fn show(&self, lines: Vec<Line>) {
        let at = self.started.elapsed().as_secs_f64();
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.is_terminal {
            inner.clear();
            let text = format!("{}\n{}\n", inner.event, draw(&lines));
            inner.drawn = text.lines().count();
            let _ = inner.out.write_all(text.as_bytes());
        } else if inner.shown != lines {
            let words: Vec<String> = lines.iter().map(words).collect();
            let _ = writeln!(inner.out, "{at:7.3} s      {}", words.join(" | "));
            inner.shown = lines;
        }
        let _ = inner.out.flush();
    }
}

impl Inner {
    /// Takes the table away, so that what comes next stands where it stood.
    fn clear(&mut self) {
        if self.drawn > 0 {
            let _ = write!(self.out, "\x1b[{}A\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }
}

fn draw(lines: &[Line]) -> String {
    let mut table = table([
        "host",
        "address",
        "state",
        "priority",
        "API server",
        "VIP",
        "client",
    ]);
    for line in lines {
        table.add_row([
            line.host.as_str(),
            line.address.as_str(),
            line.state.as_str(),
            line.priority.as_str(),
            line.api,
            if line.holds { "held" } else { "" },
            if line.answers { "<- is answered" } else { "" },
        ]);
    }
    table.to_string()
}

fn words(line: &Line) -> String {
    let held = if line.holds { " +VIP" } else { "" };
    let answers = if line.answers { " answers" } else { "" };
    format!(
        "{} {} (API {}){held}{answers}",
        line.host, line.state, line.api
    )
}

/// Draws until dropped.
pub(super) struct Live {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    pub(super) fn start(screen: Arc<Screen>, view: View) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&stop);
        // Without the thread there is no live table, and the demo goes on.
        let thread = thread::Builder::new()
            .name("demo-screen".to_owned())
            .spawn(move || {
                while !ending.load(Ordering::SeqCst) {
                    screen.show(view.lines());
                    thread::sleep(REDRAW_EVERY);
                }
                screen.show(view.lines());
            })
            .ok();
        Self { stop, thread }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
