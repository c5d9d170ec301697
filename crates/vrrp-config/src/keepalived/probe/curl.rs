//! The options of `curl`.

use super::request::{Meaning, Request};

/// What `curl` with these arguments asks for; `None` if an option is unknown or says something an
/// `http` check cannot say.
pub(super) fn request(arguments: &[String]) -> Option<Request> {
    let mut request = Request {
        any_status: true,
        ..Request::default()
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let meaning = long_option(long)?;
            let value = if meaning.takes_value() {
                words.next()?.as_str()
            } else {
                ""
            };
            request.apply(meaning, value)?;
        } else if let Some(shorts) = word.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
            let mut rest = shorts;
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
        's' | 'S' | 'L' | 'i' | 'I' | 'v' | 'N' | 'g' | '0' | '1' | '4' | '6' | 'O' | 'j' | 'q' => {
            Meaning::Nothing
        }
        'o' | 'w' | 'A' => Meaning::Ignored,
        'f' => Meaning::Fail,
        'k' => Meaning::Insecure,
        'm' => Meaning::Timeout,
        'E' => Meaning::Certificate,
        'X' => Meaning::Method,
        _ => return None,
    })
}

fn long_option(name: &str) -> Option<Meaning> {
    Some(match name {
        "silent" | "show-error" | "location" | "include" | "head" | "verbose" | "no-buffer"
        | "globoff" | "ipv4" | "ipv6" | "http1.0" | "http1.1" | "http2" | "tlsv1" | "tlsv1.0"
        | "tlsv1.1" | "tlsv1.2" | "tlsv1.3" | "compressed" | "no-progress-meter"
        | "no-keepalive" | "remote-name" => Meaning::Nothing,
        "output" | "write-out" | "user-agent" | "noproxy" | "retry" | "retry-delay"
        | "retry-max-time" | "connect-timeout" | "stderr" => Meaning::Ignored,
        "fail" | "fail-with-body" => Meaning::Fail,
        "insecure" => Meaning::Insecure,
        "max-time" => Meaning::Timeout,
        "cacert" => Meaning::Ca,
        "cert" => Meaning::Certificate,
        "key" => Meaning::Key,
        "request" => Meaning::Method,
        "url" => Meaning::Url,
        _ => return None,
    })
}
