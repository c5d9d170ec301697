//! `headers` of an HTTP check: names, and values with what is filled in at each probe.

use super::object::{Field, Object};
use super::scalar::{mismatch, text};
use crate::config::Header;
use crate::report::Report;
use crate::words::quoted;
use crate::yaml::Node;

/// Headers that belong to the connection.
const RESERVED: [&str; 5] = [
    "connection",
    "content-length",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// `headers`, a mapping from names to values.
pub(super) fn read(object: &Object<'_>, report: &mut Report) -> Vec<Header> {
    let Some(field) = object.get("headers") else {
        return Vec::new();
    };
    let Some(entries) = field.value.entries() else {
        mismatch::<()>(field, "a mapping such as {Authorization: ...}", report);
        return Vec::new();
    };
    let mut headers: Vec<Header> = Vec::new();
    for (key, value) in entries {
        let Some(name) = name(key, &headers, report) else {
            continue;
        };
        let field = Field { name, key, value };
        if let Some(value) = text(field, report)
            && is_template(field, value, report)
        {
            headers.push(Header {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }
    headers
}

fn name<'a>(key: &'a Node, earlier: &[Header], report: &mut Report) -> Option<&'a str> {
    let Some(name) = key.text() else {
        report.error(key, "the name of a header must be text");
        return None;
    };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        report
            .error(key, format!("{} is no name of a header", quoted(name)))
            .hint("write a name such as Authorization, without the colon");
        return None;
    }
    if RESERVED.contains(&name.to_lowercase().as_str()) {
        report.error(
            key,
            format!("{name} is the connection's own business and cannot be set"),
        );
        return None;
    }
    if earlier
        .iter()
        .any(|header| header.name.eq_ignore_ascii_case(name))
    {
        report.error(
            key,
            format!("the header {name} is given twice; case does not count"),
        );
        return None;
    }
    Some(name)
}

/// Whether each `$` of the value begins something that can be filled in.
fn is_template(field: Field<'_>, value: &str, report: &mut Report) -> bool {
    let problem = template(value);
    if let Some(problem) = &problem {
        report
            .error(field.value, format!("the header {}: {problem}", field.name))
            .hint("${NAME} is an environment variable, ${file:/path} a file's content, $$ a $");
    }
    problem.is_none()
}

fn template(value: &str) -> Option<String> {
    if value
        .chars()
        .any(|character| character.is_control() && character != '\t')
    {
        return Some("a header cannot carry control characters or line breaks".into());
    }
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
            continue;
        }
        let Some((name, after)) = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'))
        else {
            return Some("a $ stands alone".into());
        };
        match name.strip_prefix("file:") {
            Some(path) if path.starts_with('/') => {}
            Some(path) => return Some(format!("{} is no absolute path", quoted(path))),
            None if name.is_empty() || name.contains(['=', '\0', ':']) => {
                return Some(format!("{} is no environment variable", quoted(name)));
            }
            None => {}
        }
        rest = after;
    }
    None
}
