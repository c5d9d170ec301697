//! `control`, `metrics`, `log` and `realtime`.

use super::address::socket_address;
use super::object::Object;
use super::scalar::{path, switch, word};
use crate::config::{Control, Log, LogFormat, LogLevel, Metrics, Realtime};
use crate::report::Report;
use crate::schema;
use crate::yaml::Value;

/// The longest path of a Unix socket, in bytes (sun_path without the final zero).
const LONGEST_SOCKET_PATH: usize = 107;

#[derive(Debug)]
pub(super) struct Settings {
    pub(super) control: Control,
    pub(super) metrics: Metrics,
    pub(super) log: Log,
    pub(super) realtime: Realtime,
}

pub(super) fn read(root: &Object<'_>, report: &mut Report) -> Settings {
    Settings {
        control: control(root, report),
        metrics: metrics(root, report),
        log: log(root, report),
        realtime: root
            .get("realtime")
            .and_then(|field| {
                word(
                    field,
                    &[("auto", Realtime::Auto), ("off", Realtime::Off)],
                    report,
                )
            })
            .unwrap_or_default(),
    }
}

fn control(root: &Object<'_>, report: &mut Report) -> Control {
    let mut control = Control::default();
    let object = root
        .get("control")
        .and_then(|field| Object::open(field.value, &schema::CONTROL, report));
    if let Some(field) = object.and_then(|object| object.get("socket"))
        && let Some(socket) = path(field, report)
    {
        if socket.as_os_str().len() > LONGEST_SOCKET_PATH {
            report.error(
                field.value,
                format!("`socket` is longer than the {LONGEST_SOCKET_PATH} bytes of a Unix socket"),
            );
        }
        control.socket = socket;
    }
    control
}

fn metrics(root: &Object<'_>, report: &mut Report) -> Metrics {
    let mut metrics = Metrics::default();
    let Some(object) = root
        .get("metrics")
        .and_then(|field| Object::open(field.value, &schema::METRICS, report))
    else {
        return metrics;
    };
    if let Some(field) = object.get("listen") {
        let off =
            matches!(&field.value.value, Value::Bool(false)) || field.value.text() == Some("off");
        metrics.listen = if off {
            None
        } else {
            socket_address(field, report)
        };
    }
    if let Some(field) = object.get("keepalived_names") {
        metrics.keepalived_names = switch(field, report).unwrap_or_default();
    }
    metrics
}

fn log(root: &Object<'_>, report: &mut Report) -> Log {
    let mut log = Log::default();
    let Some(object) = root
        .get("log")
        .and_then(|field| Object::open(field.value, &schema::LOG, report))
    else {
        return log;
    };
    if let Some(field) = object.get("level") {
        let levels = [
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("info", LogLevel::Info),
            ("debug", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ];
        log.level = word(field, &levels, report).unwrap_or_default();
    }
    if let Some(field) = object.get("format") {
        let formats = [
            ("text", LogFormat::Text),
            ("json", LogFormat::Json),
            ("journald", LogFormat::Journald),
        ];
        log.format = word(field, &formats, report).unwrap_or_default();
    }
    log
}
