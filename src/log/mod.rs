//! Logging: level and format from the configuration, written by a thread of its own, so that a
//! slow reader of standard error never delays an advert.

mod journald;
pub mod limit;
mod text;

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};
use vrrp_config::{LogFormat, LogLevel};

/// Messages waiting for a slow reader before further ones are left out.
const BACKLOG: usize = 2 * 1024;

/// Keeps the logging thread alive; dropping it writes what is still waiting.
#[derive(Debug)]
#[must_use = "nothing is logged after it is dropped"]
pub struct LogGuard {
    _worker: WorkerGuard,
}

/// Starts logging for the whole process. To be called after privileges were dropped, as it
/// starts a thread.
///
/// Where journald was asked for and cannot be reached, text goes to standard error, with a line
/// that says why.
///
/// # Errors
/// Where logging was started before.
pub fn start(level: LogLevel, format: LogFormat) -> Result<LogGuard, TryInitError> {
    let level = LevelFilter::from_level(match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    });
    let mut complaint = None;
    let journal = match format {
        LogFormat::Journald => journald::Journal::connect()
            .inspect_err(|cause| complaint = Some(cause.to_string()))
            .ok(),
        LogFormat::Text | LogFormat::Json => None,
    };
    let builder = || {
        NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BACKLOG)
    };
    let format = match (&journal, format) {
        (None, LogFormat::Journald) => LogFormat::Text,
        _ => format,
    };
    let (writer, worker) = match journal {
        Some(journal) => builder().finish(journal),
        None => builder().finish(io::stderr()),
    };
    let layer = layer(format, writer);
    tracing_subscriber::registry()
        .with(layer.with_filter(level))
        .try_init()?;
    if let Some(cause) = complaint {
        tracing::warn!(%cause, "could not reach journald; logging to standard error instead");
    }
    Ok(LogGuard { _worker: worker })
}

/// What writes events in one of the formats.
fn layer<S, W>(format: LogFormat, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    match format {
        LogFormat::Journald => fmt::layer()
            .event_format(journald::Native)
            .with_writer(writer)
            .boxed(),
        LogFormat::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(writer)
            .boxed(),
        LogFormat::Text => {
            let layer = fmt::layer()
                .fmt_fields(text::Words)
                .with_writer(writer)
                .with_ansi(io::stderr().is_terminal())
                .with_target(false);
            if goes_to_journal() {
                layer.without_time().boxed()
            } else {
                layer.boxed()
            }
        }
    }
}

/// Whether standard error is a connection to journald, which stamps each line itself: systemd
/// names the device and inode of that connection in `JOURNAL_STREAM`.
fn goes_to_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let Ok(file) = nix::sys::stat::fstat(io::stderr()) else {
        return false;
    };
    stream == format!("{}:{}", file.st_dev, file.st_ino)
}

#[cfg(test)]
mod tests;
