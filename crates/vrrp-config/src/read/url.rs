//! `http://` and `https://` URLs.

use http::Uri;

use super::object::Field;
use super::scalar::text;
use crate::config::{BACKEND, HostPort, HttpUrl, Scheme};
use crate::report::Report;
use crate::words::quoted;

/// The URL of a check of this host.
pub(crate) fn url(field: Field<'_>, report: &mut Report) -> Option<HttpUrl> {
    let given = text(field, report)?;
    if given.contains(BACKEND) {
        report
            .error(
                field.value,
                format!(
                    "`{}` has {BACKEND}, which stands for nothing here",
                    field.name
                ),
            )
            .hint("only the check of a load balancer has backends");
        return None;
    }
    parse(given)
        .map_err(|problem| {
            report
                .error(
                    field.value,
                    format!("`{}` is {}: {problem}", field.name, shown(given)),
                )
                .hint("write for example https://127.0.0.1:6443/healthz");
        })
        .ok()
}

/// Scheme and path of the URL of a backend check, `https://{backend}/healthz`.
pub(crate) fn backend_url(field: Field<'_>, report: &mut Report) -> Option<(Scheme, String)> {
    let given = text(field, report)?;
    let problem = match given.matches(BACKEND).count() {
        1 => match parse(&given.replacen(BACKEND, "127.0.0.1:1", 1)) {
            Ok(url) if given.contains(&format!("://{BACKEND}")) && url.target.port == 1 => {
                return Some((url.scheme, url.path));
            }
            Ok(_) => format!("{BACKEND} stands for address and port, right after ://"),
            Err(problem) => problem,
        },
        0 => format!("{BACKEND} is missing"),
        _ => format!("{BACKEND} is there more than once"),
    };
    report
        .error(
            field.value,
            format!("`{}` is {}: {problem}", field.name, quoted(given)),
        )
        .hint(format!("write for example \"https://{BACKEND}/healthz\""));
    None
}

/// The URL, or what is wrong with it.
pub(crate) fn parse(given: &str) -> Result<HttpUrl, String> {
    let uri: Uri = given
        .parse()
        .map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let scheme = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        Some(other) => {
            return Err(format!(
                "the scheme is {}, not http or https",
                quoted(other)
            ));
        }
        None => return Err("it does not begin with http:// or https://".to_owned()),
    };
    let authority = uri.authority().ok_or("the host is missing")?;
    if authority.as_str().contains('@') {
        return Err("a user name in it is not supported".to_owned());
    }
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let bare = authority.as_str().trim_start_matches(authority.host());
    let port = match bare.strip_prefix(':') {
        None => scheme.default_port(),
        Some(port) => match port.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => return Err(format!("the port {} is none of 1 to 65535", quoted(port))),
        },
    };
    let path = uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    Ok(HttpUrl {
        scheme,
        target: HostPort {
            host: host.to_owned(),
            port,
        },
        path,
    })
}

/// The URL for a message, without a password that it may hold.
fn shown(given: &str) -> String {
    match given.rsplit_once('@') {
        Some((_, rest)) => quoted(&format!("…@{rest}")),
        None => quoted(given),
    }
}
