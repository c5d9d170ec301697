//! The options of `curl`.

use super::options::Options;
use super::request::{Meaning, Request};

const OPTIONS: Options = Options {
    short: short_option,
    long: long_option,
    equals_sign: false,
    not_letters: "",
};

/// What `curl` with these arguments asks for; `None` if an option is unknown or says something an
/// `http` check cannot say.
pub(super) fn request(arguments: &[String]) -> Option<Request> {
    let request = Request {
        any_status: true,
        ..Request::default()
    };
    OPTIONS.read(request, arguments)
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
