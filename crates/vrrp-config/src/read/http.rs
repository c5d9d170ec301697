//! What an HTTP check asks for and how it trusts the server.

use super::object::{Field, Object};
use super::scalar::{mismatch, number, path, switch, text};
use crate::config::{Scheme, StatusMatch, Tls};
use crate::report::Report;
use crate::schema;
use crate::words::quoted;
use crate::yaml::Value;

/// `tls`, which only https may have.
pub(super) fn tls(object: &Object<'_>, scheme: Option<Scheme>, report: &mut Report) -> Option<Tls> {
    let field = object.get("tls");
    let given = field.and_then(|field| read_tls(field, report));
    if let (Some(Scheme::Http), Some(field)) = (scheme, field) {
        report
            .error(field.key, "`tls` is given, but the URL begins with http://")
            .hint("write https:// in `url`, or remove `tls`");
    }
    (scheme == Some(Scheme::Https)).then(|| given.unwrap_or_default())
}

fn read_tls(field: Field<'_>, report: &mut Report) -> Option<Tls> {
    let object = Object::open(field.value, &schema::TLS, report)?;
    let mut file = |name| object.get(name).and_then(|field| path(field, report));
    let (ca, cert, key) = (file("ca"), file("cert"), file("key"));
    let verify = object
        .get("verify")
        .and_then(|field| switch(field, report))
        .unwrap_or(true);
    for (one, other) in [("cert", "key"), ("key", "cert")] {
        if let (Some(field), None) = (object.get(one), object.get(other)) {
            report
                .error(field.key, format!("`{one}` is given without `{other}`"))
                .hint("a client certificate needs both, as paths of PEM files");
        }
    }
    if let (false, Some(field)) = (verify, object.get("ca")) {
        report
            .warning(
                field.key,
                "`ca` has no effect: `verify: false` trusts every certificate",
            )
            .hint("remove `verify: false` to check the server against `ca`");
    }
    let server_name = object
        .get("server_name")
        .and_then(|field| server_name(field, report));
    Some(Tls {
        ca,
        server_name,
        verify,
        cert,
        key,
    })
}

/// Whether a server can be asked for by this name.
pub(crate) fn is_server_name(name: &str) -> bool {
    let usable = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (1..=253).contains(&name.len()) && name.chars().all(usable)
}

fn server_name(field: Field<'_>, report: &mut Report) -> Option<String> {
    let name = text(field, report)?;
    if !is_server_name(name) {
        report
            .error(
                field.value,
                format!("`server_name` is {}, which is no host name", quoted(name)),
            )
            .hint("write a name that the certificate carries, such as kubernetes");
        return None;
    }
    Some(name.to_owned())
}

/// `status`: a code or a list of codes.
pub(super) fn status(object: &Object<'_>, report: &mut Report) -> StatusMatch {
    let Some(field) = object.get("status") else {
        return StatusMatch::Success;
    };
    let mut code = |field| number::<u16>(field, 100..=599, report);
    let codes: Vec<u16> = match &field.value.value {
        Value::Int(_) => code(field).into_iter().collect(),
        Value::List(items) if !items.is_empty() => items
            .iter()
            .filter_map(|item| code(field.item(item)))
            .collect(),
        _ => {
            mismatch::<()>(
                field,
                "a status code such as 200, or a list of them",
                report,
            );
            return StatusMatch::Success;
        }
    };
    StatusMatch::Codes(codes)
}

/// `body`: the text to look for.
pub(super) fn body(object: &Object<'_>, report: &mut Report) -> Option<String> {
    object
        .get("body")
        .and_then(|field| text(field, report))
        .map(str::to_owned)
}
