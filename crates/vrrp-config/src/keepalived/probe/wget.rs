//! The options of `wget`, GNU's and BusyBox's.

use super::request::{Meaning, Request};

/// What `wget` with these arguments asks for; `None` if an option is unknown or says something an
/// `http` check cannot say.
pub(super) fn request(arguments: &[String]) -> Option<Request> {
    let mut request = Request::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let meaning = long_option(name)?;
            let value = match value {
                Some(value) => value,
                None if meaning.takes_value() => words.next()?,
                None => "",
            };
            request.apply(meaning, value)?;
        } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
            let mut rest = shorts.strip_prefix("nv").unwrap_or(shorts);
            while let Some(letter) = rest.chars().next() {
                rest = rest.get(letter.len_utf8()..)?;
                let meaning = short_option(letter)?;
                if meaning.takes_value() {
                    let value = if rest.is_empty() {
                        words.next()?.as_str()
                    } else {
                        rest
                    };
                    request.apply(meaning, value)?;
                    break;
                }
                request.apply(meaning, "")?;
            }
        } else {
            request.url(word)?;
        }
    }
    request.complete()
}

fn short_option(letter: char) -> Option<Meaning> {
    Some(match letter {
        'q' | 'S' | 'v' | '4' | '6' => Meaning::Nothing,
        'O' | 'o' | 't' | 'U' => Meaning::Ignored,
        'T' => Meaning::Timeout,
        _ => return None,
    })
}

fn long_option(name: &str) -> Option<Meaning> {
    Some(match name {
        "quiet" | "verbose" | "no-verbose" | "spider" | "server-response" | "no-proxy"
        | "inet4-only" | "inet6-only" | "no-cache" => Meaning::Nothing,
        "output-document" | "output-file" | "tries" | "user-agent" | "connect-timeout"
        | "dns-timeout" => Meaning::Ignored,
        "no-check-certificate" => Meaning::Insecure,
        "timeout" | "read-timeout" => Meaning::Timeout,
        "ca-certificate" => Meaning::Ca,
        "certificate" => Meaning::Certificate,
        "private-key" => Meaning::Key,
        "method" => Meaning::Method,
        _ => return None,
    })
}
