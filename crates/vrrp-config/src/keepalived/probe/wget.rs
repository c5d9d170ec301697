//! The options of `wget`, GNU's and BusyBox's.

use super::options::Options;
use super::request::{Meaning, Request};

const OPTIONS: Options = Options {
    short: short_option,
    long: long_option,
    equals_sign: true,
    not_letters: "nv",
};

/// What `wget` with these arguments asks for; `None` if an option is unknown or says something an
/// `http` check cannot say.
pub(super) fn request(arguments: &[String]) -> Option<Request> {
    OPTIONS.read(Request::default(), arguments)
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
