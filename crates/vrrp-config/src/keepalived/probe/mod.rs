//! Finds out what a check script really asks: an HTTP health endpoint, a TCP port.

mod curl;
mod options;
mod request;
mod shell;
mod wget;

use std::time::Duration;

use request::Request;

use super::output::Http;
use crate::read;

/// A request for a health endpoint found in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) http: Http,
    /// After which the program gives up by itself.
    pub(super) timeout: Option<Duration>,
    /// Whether the program takes any HTTP status for success.
    pub(super) any_status: bool,
}

/// The `curl` or `wget` in `script` that asks for /healthz, /livez or /readyz; one that asks this
/// host is preferred to others. `None` if there is none, or if it does what an `http` check
/// cannot do.
pub(super) fn http(script: &str) -> Option<Found> {
    let mut requests = Vec::new();
    let mut scripts = vec![script.to_owned()];
    // A shell may be told to run a script of its own; each is shorter than the one around it.
    while let Some(script) = scripts.pop() {
        for command in shell::commands(&script) {
            let request = match (command.program(), command.arguments()) {
                (Some("sh" | "bash" | "dash" | "ash"), [option, script, ..]) if option == "-c" => {
                    scripts.push(script.clone());
                    continue;
                }
                (Some("curl"), arguments) => curl::request(arguments),
                (Some("wget"), arguments) => wget::request(arguments),
                _ => None,
            };
            requests.extend(request.and_then(|request| found(request, command.grepped())));
        }
    }
    let local = requests.iter().position(|found| is_local(&found.http.url));
    requests.into_iter().nth(local.unwrap_or_default())
}

/// The address of a `</dev/tcp/host/port`, which is how a shell opens a connection.
pub(super) fn tcp(script: &str) -> Option<String> {
    let script = script.trim();
    let inner = ["/bin/bash -c ", "/usr/bin/bash -c ", "bash -c "]
        .into_iter()
        .find_map(|shell| script.strip_prefix(shell))
        .map_or(script, |quoted| quoted.trim().trim_matches(['\'', '"']));
    let path = inner
        .strip_prefix('<')?
        .trim_start()
        .strip_prefix("/dev/tcp/")?;
    let (host, port) = path.split_once('/')?;
    let port: u16 = port.trim().parse().ok().filter(|port| *port != 0)?;
    let address = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    read::split_host_port(&address).is_ok().then_some(address)
}

fn found(request: Request, body: Option<String>) -> Option<Found> {
    let Request {
        url,
        tls,
        timeout,
        any_status,
    } = request;
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
    let (host, path) = rest.split_at(rest.find('/')?);
    if !["http", "https"].contains(&scheme) || host.is_empty() || host.contains('@') {
        return None;
    }
    let endpoint = path.split(['?', '#']).next().unwrap_or_default();
    let is_health = ["/healthz", "/livez", "/readyz"].into_iter().any(|health| {
        endpoint
            .strip_prefix(health)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !is_health {
        return None;
    }
    let url = format!("{scheme}://{host}{path}");
    read::http_url(&url).ok()?;
    let tls = if scheme == "https" {
        tls
    } else {
        Default::default()
    };
    let http = Http {
        url,
        tls,
        status: Vec::new(),
        body,
    };
    Some(Found {
        http,
        timeout,
        any_status,
    })
}

fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["localhost", "127.", "[::1]"]
        .into_iter()
        .any(|local| host.starts_with(local))
}
