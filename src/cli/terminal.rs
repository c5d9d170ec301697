//! What is known of the terminal, and writing to it without a panic when it goes away.

use std::env;
use std::io::{self, IsTerminal, Write};

use vrrp_config::{Diagnostics, Style};

/// Columns where the output is no terminal, or does not tell.
const DEFAULT_WIDTH: u16 = 80;
/// Rows where the terminal does not tell.
const DEFAULT_HEIGHT: u16 = 24;

/// Whether to colour what goes to `stream`: only on a terminal, and not against the user's wish.
pub(super) fn colour(stream: &impl IsTerminal) -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    stream.is_terminal() && !refused && !dumb
}

/// Whether `stream` is a terminal on which the cursor can be moved.
pub(super) fn is_screen(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// What is wrong or doubtful in a configuration, for standard error.
pub(super) fn rendered(diagnostics: &Diagnostics) -> String {
    let style = if colour(&io::stderr()) {
        Style::Colour
    } else {
        Style::Plain
    };
    diagnostics.render(style).trim_end().to_owned()
}

/// Writes what is wrong or doubtful in a configuration to standard error.
pub(super) fn show(diagnostics: &Diagnostics) {
    eprintln!("{}", rendered(diagnostics));
}

/// Columns of the terminal at standard output.
pub(super) fn width() -> u16 {
    terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| width.0.max(40))
}

/// Rows of the terminal at standard output.
pub(super) fn height() -> u16 {
    terminal_size::terminal_size().map_or(DEFAULT_HEIGHT, |(_, height)| height.0)
}

/// Writes to standard output at once. An error means that nobody reads any more.
pub(super) fn print(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}
