//! Lines for people: the message, then the fields that it does not say itself.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

/// A field that is for machines: the sentence of the message ends with it.
const SAID: &str = "cause";

/// Whether a message says the field of this name itself.
pub(super) fn is_said(field: &Field) -> bool {
    field.name() == SAID
}

/// Formats the fields of an event.
pub(super) struct Words;

impl<'writer> FormatFields<'writer> for Words {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line {
            writer,
            result: Ok(()),
            empty: true,
        };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    result: fmt::Result,
    empty: bool,
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.record_debug(field, &format_args!("{value}"));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.result.is_err() || is_said(field) {
            return;
        }
        let blank = if std::mem::take(&mut self.empty) {
            ""
        } else {
            " "
        };
        let name = field.name();
        self.result = match (name, self.writer.has_ansi_escapes()) {
            ("message", _) => write!(self.writer, "{blank}{value:?}"),
            (_, true) => write!(
                self.writer,
                "{blank}\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{value:?}"
            ),
            (_, false) => write!(self.writer, "{blank}{name}={value:?}"),
        };
    }
}
