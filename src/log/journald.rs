//! journald's native protocol: an event as one datagram of fields. Formatting happens where the
//! event is, sending on the logging thread, so that a stopped journald blocks nobody else.

use std::fmt::{self, Debug, Write as _};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

const SOCKET: &str = "/run/systemd/journal/socket";

/// Longest value of a field; keeps each datagram well below the socket's limit.
const VALUE_BYTES: usize = 16 * 1024;

/// journald could not be reached.
#[derive(Debug, thiserror::Error)]
#[error("could not connect to {SOCKET}: {0}")]
pub(super) struct Unreachable(io::Error);

/// A connection to journald. Each write is one event.
pub(super) struct Journal(UnixDatagram);

impl Journal {
    pub(super) fn connect() -> Result<Self, Unreachable> {
        Self::connect_to(Path::new(SOCKET)).map_err(Unreachable)
    }

    fn connect_to(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Self(socket))
    }
}

impl io::Write for Journal {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        // The formatter ends a value that contains a newline with another one, never the event:
        // an event that cannot be sent is left out, as there is nobody to tell.
        let _ = self.0.send(event);
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats an event in the native protocol.
pub(super) struct Native;

impl<S, N> FormatEvent<S, N> for Native
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        let priority = match *metadata.level() {
            Level::ERROR => '3',
            Level::WARN => '4',
            Level::INFO => '6',
            Level::DEBUG | Level::TRACE => '7',
        };
        writeln!(writer, "PRIORITY={priority}")?;
        writeln!(writer, "SYSLOG_IDENTIFIER=vrrpd")?;
        writeln!(writer, "TARGET={}", metadata.target())?;
        // The message repeats the fields for people; they follow one by one for queries.
        let message = format!("{}{}", fields.message, fields.appended);
        write_field(&mut writer, "MESSAGE", &message)?;
        writer.write_str(&fields.separate)
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    appended: String,
    separate: String,
}

impl Fields {
    fn record(&mut self, field: &Field, value: &str) {
        // Writing to a string does not fail.
        if field.name() == "message" {
            self.message.push_str(value);
            return;
        }
        if !super::text::is_said(field) {
            let _ = write!(self.appended, " {}={value}", field.name());
        }
        let name = field
            .name()
            .to_uppercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let _ = write_field(&mut self.separate, &format!("VRRPD_{name}"), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record(field, &format!("{value:?}"));
    }
}

/// A value without newlines follows its name and `=`. One with newlines would need its length in
/// binary, which text cannot carry: they become spaces.
fn write_field(out: &mut dyn fmt::Write, name: &str, value: &str) -> fmt::Result {
    let end = value.floor_char_boundary(VALUE_BYTES);
    writeln!(out, "{name}={}", value[..end].replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn an_event_reaches_journald_as_one_datagram_of_fields() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let journald = UnixDatagram::bind(&path).expect("a stand-in for journald");
        journald
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a deadline");
        let socket = UnixDatagram::unbound().expect("a socket");
        socket.connect(&path).expect("it is there");
        let writer = move || Journal(socket.try_clone().expect("another descriptor"));
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Native)
            .with_writer(writer);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::warn!(vrid = 51, reason = "two\nlines", "no peer was heard");
        });
        let mut buffer = [0; 4096];
        let length = journald.recv(&mut buffer).expect("one datagram");
        let text = std::str::from_utf8(&buffer[..length]).expect("text");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "PRIORITY=4",
                "SYSLOG_IDENTIFIER=vrrpd",
                "TARGET=vrrpd::log::journald::tests",
                "MESSAGE=no peer was heard vrid=51 reason=two lines",
                "VRRPD_VRID=51",
                "VRRPD_REASON=two lines",
            ]
        );
    }

    #[test]
    fn a_journald_that_is_gone_loses_messages_and_nothing_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let journald = UnixDatagram::bind(&path).expect("a stand-in for journald");
        let mut journal = Journal::connect_to(&path).expect("it is there");
        drop(journald);
        assert_eq!(journal.write(b"MESSAGE=x\n").expect("no error"), 10);
        assert!(Journal::connect_to(&directory.path().join("absent")).is_err());
    }
}
