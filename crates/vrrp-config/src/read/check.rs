//! One entry of `checks`.

use std::path::Path;
use std::time::Duration;

use super::object::{Field, Object};
use super::scalar::{path, switch, text};
use super::timing::{self, Timing};
use super::{address, headers, http, name, url};
use crate::config::{Check, ExecProbe, FileProbe, HostPort, HttpProbe, HttpUrl, Probe, Scheme};
use crate::report::Report;
use crate::schema;
use crate::words::{or, quoted};
use crate::yaml::Node;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn read(node: &Node, report: &mut Report) -> Option<Check> {
    let object = Object::open(node, &schema::CHECK, report)?;
    let name = name::required(&object, report);
    let timing = Timing::read(&object, DEFAULT_INTERVAL, report);
    let hold_down = timing::hold_down(&object, report);
    let probe = match one_of(&object, report) {
        Some(field) if field.name == "http" => http_probe(field, report),
        Some(field) if field.name == "tcp" => tcp_probe(field, report),
        Some(field) if field.name == "exec" => exec_probe(field, report).map(Probe::Exec),
        Some(field) => file_probe(field, report),
        None => None,
    };
    let probe = probe.unwrap_or_else(|| {
        Probe::Exec(ExecProbe {
            command: Vec::new(),
        })
    });
    let Timing {
        interval,
        timeout,
        fall,
        rise,
    } = timing;
    Some(Check {
        name,
        probe,
        interval,
        timeout,
        fall,
        rise,
        hold_down,
    })
}

/// The only one of a shape's alternatives that is there; more or less than one is an error.
pub(super) fn one_of<'a>(object: &Object<'a>, report: &mut Report) -> Option<Field<'a>> {
    let names = object.alternatives();
    let given: Vec<&'static str> = names
        .iter()
        .copied()
        .filter(|name| object.node.get(name).is_some())
        .collect();
    match *given.as_slice() {
        [] => {
            report.error(object.node, format!("one of {} is missing", or(names)));
            None
        }
        [only] => object.get(only),
        [first, second, ..] => {
            if let (Some((first_key, _)), Some((key, _))) =
                (object.node.entry(first), object.node.entry(second))
            {
                report
                    .error(key, format!("`{second}` stands beside `{first}`"))
                    .related(first_key, "the other")
                    .hint(format!("only one of {} can be given", or(names)));
            }
            None
        }
    }
}

fn http_probe(field: Field<'_>, report: &mut Report) -> Option<Probe> {
    let object = Object::open(field.value, &schema::HTTP, report)?;
    let url = object
        .require("url", report)
        .and_then(|field| url::url(field, report));
    let tls = http::tls(&object, url.as_ref().map(|url| url.scheme), report);
    let status = http::status(&object, report);
    let body = http::body(&object, report);
    let headers = headers::read(&object, report);
    let url = url.unwrap_or_else(|| HttpUrl {
        scheme: Scheme::Http,
        target: HostPort {
            host: String::new(),
            port: 0,
        },
        path: String::new(),
    });
    Some(Probe::Http(HttpProbe {
        url,
        tls,
        status,
        body,
        headers,
    }))
}

fn tcp_probe(field: Field<'_>, report: &mut Report) -> Option<Probe> {
    let object = Object::open(field.value, &schema::TCP, report)?;
    let address = object.require("address", report)?;
    address::host_port(address, report).map(Probe::Tcp)
}

/// `exec`: an absolute path and arguments.
pub(super) fn exec_probe(field: Field<'_>, report: &mut Report) -> Option<ExecProbe> {
    let object = Object::open(field.value, &schema::EXEC, report)?;
    let command = command(object.require("command", report)?, report)?;
    Some(ExecProbe { command })
}

/// An absolute path and arguments.
pub(super) fn command(field: Field<'_>, report: &mut Report) -> Option<Vec<String>> {
    let items = field.list(report)?;
    let command: Vec<&str> = items
        .iter()
        .filter_map(|item| text(field.item(item), report))
        .collect();
    match (items.first(), command.first()) {
        (None, _) => {
            report
                .error(field.value, format!("`{}` is empty", field.name))
                .hint("give the program's absolute path and its arguments");
        }
        (Some(item), Some(program)) if !Path::new(program).is_absolute() => {
            report
                .error(
                    item,
                    format!("the program {} is no absolute path", quoted(program)),
                )
                .hint("write the whole path: there is no shell and no PATH to search");
        }
        _ => {}
    }
    Some(command.into_iter().map(str::to_owned).collect())
}

fn file_probe(field: Field<'_>, report: &mut Report) -> Option<Probe> {
    let object = Object::open(field.value, &schema::FILE, report)?;
    let present = object
        .get("present")
        .and_then(|field| switch(field, report))
        .unwrap_or(true);
    let path = path(object.require("path", report)?, report)?;
    Some(Probe::File(FileProbe { path, present }))
}
