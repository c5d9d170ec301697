//! `vrrpd status --watch`: the tables over and over. On a terminal it has the screen to itself,
//! draws over what was there without clearing it first, and leaves the last picture behind.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::table::{self, Page};
use super::{exit, terminal};
use crate::control::client::Client;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Another screen than the one with the shell's history, without a cursor that jumps about.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// Terminals that know it show what stands between these two at once.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[J\x1b[?2026l";

/// Ends only when interrupted or when nobody reads: a daemon that is not there may come back.
pub(super) async fn watch(daemon: &Client, json: bool) -> ExitCode {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(cause) => return exit::fail(exit::FAILED, &format!("waiting for signals: {cause}")),
    };
    if json || !terminal::is_screen(&io::stdout()) {
        return lines(daemon, json, &mut signals).await;
    }
    if terminal::print(ENTER.as_bytes()).is_err() {
        return ExitCode::SUCCESS;
    }
    let mut last;
    loop {
        last = picture(daemon).await;
        let drawn = terminal::print(frame(&last, terminal::height()).as_bytes());
        if drawn.is_err() || signals.pause().await {
            break;
        }
    }
    // Nobody may be reading any more.
    let _ = terminal::print(format!("{LEAVE}{last}").as_bytes());
    ExitCode::SUCCESS
}

/// For a pipe or a file: one picture after the other.
async fn lines(daemon: &Client, json: bool, signals: &mut Signals) -> ExitCode {
    loop {
        let looked = daemon.status().await.map(|(bytes, status)| {
            if json {
                bytes.to_vec()
            } else {
                let colour = terminal::colour(&io::stdout());
                let (now, width) = (SystemTime::now(), terminal::width());
                table::render(&status, now, width, colour).into_bytes()
            }
        });
        let text = looked.unwrap_or_else(|error| {
            eprintln!("vrrpd: {error}");
            Vec::new()
        });
        if terminal::print(&text).is_err() || signals.pause().await {
            return ExitCode::SUCCESS;
        }
    }
}

async fn picture(daemon: &Client) -> String {
    let colour = terminal::colour(&io::stdout());
    let page = Page::new(SystemTime::now(), terminal::width(), colour);
    match daemon.status().await {
        Ok((_, status)) => table::render_with_changes(&status, &page),
        Err(error) => page.labelled("vrrpd:", &[error.to_string()]),
    }
}

/// The text drawn over the last one: each line ends with what erases the rest of an older one, and
/// no more lines than there are rows, as the screen would move up.
fn frame(text: &str, rows: u16) -> String {
    let rows = usize::from(rows.max(2));
    let mut lines: Vec<&str> = text.lines().collect();
    let more;
    if lines.len() > rows {
        more = format!("... {} more lines than fit here", lines.len() - rows + 1);
        lines.truncate(rows - 1);
        lines.push(&more);
    }
    let lines = lines.join("\x1b[K\r\n");
    format!("{BEGIN}{lines}\x1b[K{END}")
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    resized: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    /// Waits until it is time to look again; true where there is to be an end instead.
    async fn pause(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => true,
            _ = self.resized.recv() => false,
            () = tokio::time::sleep(PAUSE) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_drawn_over_the_last_one_without_clearing_it() {
        assert_eq!(
            frame("one\ntwo\n", 24),
            "\x1b[?2026h\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J\x1b[?2026l"
        );
    }

    #[test]
    fn a_picture_is_never_higher_than_the_screen() {
        let text: String = (1..=30).map(|n| format!("line {n}\n")).collect();
        let drawn = frame(&text, 10);
        assert_eq!(drawn.matches("\r\n").count(), 9);
        assert!(
            drawn.contains("line 9\x1b[K\r\n... 21 more lines than fit here\x1b[K"),
            "{drawn:?}"
        );
        assert_eq!(frame(&text, 30).matches("line").count(), 30);
    }
}
