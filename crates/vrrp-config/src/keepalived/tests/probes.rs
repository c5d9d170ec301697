//! Requests in shell scripts: which are found, and which are left alone.

use crate::keepalived::output::Tls;
use crate::keepalived::probe::{Found, http};

fn found(script: &str) -> Found {
    http(script).unwrap_or_else(|| panic!("nothing found in {script}"))
}

fn url(script: &str) -> Option<String> {
    http(script).map(|found| found.http.url)
}

const URL: &str = "https://localhost:6443/healthz";

#[test]
fn health_endpoints_are_found_whatever_stands_around_them() {
    for script in [
        "curl https://localhost:6443/healthz",
        "/usr/bin/curl 'https://localhost:6443/healthz' > /dev/null 2>&1",
        "#!/bin/sh\nif ! curl -s \"https://localhost:6443/healthz\"; then exit 1; fi",
        "x=$(curl -s https://localhost:6443/healthz)\n[ \"$x\" = ok ]",
        "test \"`curl -s https://localhost:6443/healthz`\" = ok",
        "[ \"$(curl -s https://localhost:6443/healthz)\" = ok ] || exit 1",
        "timeout 3 curl https://localhost:6443/healthz",
        "timeout -s9 3 curl https://localhost:6443/healthz",
        "sudo env A=b nice curl https://localhost:6443/healthz",
        "HOST=localhost PORT=6443\ncurl https://$HOST:${PORT}/healthz",
        "curl https://${HOST:-localhost}:6443/healthz",
        "bash -c 'curl https://localhost:6443/healthz'",
        "sh -c \"bash -c 'curl https://localhost:6443/healthz'\"",
        "curl --silent \\\n  https://localhost:6443/healthz \\\n  -o /dev/null || exit 1",
        "true && (curl https://localhost:6443/healthz &>/dev/null)",
        "wget -qO- https://localhost:6443/healthz",
        "# curl https://localhost:1/healthz\ncurl https://localhost:6443/healthz",
        "echo $UNKNOWN; curl https://localhost:6443/healthz",
        "if true; then\n\tcurl https://localhost:6443/healthz # comment\nfi",
        "while curl https://localhost:6443/healthz; do sleep 1; done",
        "curl -- https://localhost:6443/healthz || curl https://localhost:6443/healthz",
    ] {
        assert_eq!(url(script).as_deref(), Some(URL), "{script}");
    }
}

#[test]
fn every_health_endpoint_is_known() {
    for path in [
        "/healthz",
        "/livez",
        "/readyz",
        "/readyz?verbose",
        "/livez/ping",
        "/healthz/etcd?x=1",
    ] {
        let script = format!("curl 'http://127.0.0.1:8080{path}'");
        assert_eq!(url(&script), Some(format!("http://127.0.0.1:8080{path}")));
    }
    for path in [
        "",
        "/",
        "/health",
        "/healthzz",
        "/readyz2",
        "/api/healthz",
        "/x?/healthz",
    ] {
        assert_eq!(
            url(&format!("curl 'http://127.0.0.1:8080{path}'")),
            None,
            "{path}"
        );
    }
}

#[test]
fn a_url_without_a_scheme_is_http() {
    assert_eq!(
        url("curl localhost:8080/healthz").as_deref(),
        Some("http://localhost:8080/healthz")
    );
    for script in [
        "curl ftp://localhost/healthz",
        "curl http:///healthz",
        "curl http://a@b/healthz",
    ] {
        assert_eq!(url(script), None, "{script}");
    }
}

#[test]
fn this_host_is_asked_rather_than_another() {
    for local in ["localhost", "127.0.0.1", "[::1]"] {
        let script =
            format!("curl https://10.0.50.20:6443/healthz\ncurl https://{local}:6443/livez");
        assert_eq!(url(&script), Some(format!("https://{local}:6443/livez")));
    }
    let script = "curl https://10.0.50.20:6443/healthz; curl https://10.0.50.21:6443/livez";
    assert_eq!(
        url(script).as_deref(),
        Some("https://10.0.50.20:6443/healthz")
    );
}

#[test]
fn a_request_with_an_unknown_value_is_left_alone() {
    for script in [
        "curl https://localhost:$PORT/healthz",
        "curl https://localhost:${PORT}/healthz",
        "curl --cacert $CA https://localhost:6443/healthz",
        "PORT=$1\ncurl https://localhost:$PORT/healthz",
    ] {
        assert_eq!(url(script), None, "{script}");
    }
    // Between single quotes nothing is filled in.
    assert_eq!(
        url("P=1\ncurl 'http://h/healthz/$P'").as_deref(),
        Some("http://h/healthz/$P")
    );
}

#[test]
fn what_is_no_url_for_a_check_is_left_alone() {
    for script in [
        "curl 'http://h:$P/healthz'",
        "curl 'https://localhost:$[PORT}/healthz'",
        "curl http://localhost:0/healthz",
        "curl http://localhost:65536/healthz",
        "curl 'http://local host/healthz'",
    ] {
        assert_eq!(url(script), None, "{script}");
    }
}

#[test]
fn what_an_http_check_cannot_do_is_left_alone() {
    for options in [
        "-X POST",
        "-d x",
        "--data x",
        "-H 'Host: x'",
        "-u a:b",
        "--unix-socket /x",
        "--resolve a:b:c",
        "-b",
        "--unknown",
        "--cacert relative.crt",
        "--cert /c.crt:pass --key k",
        "-m never",
        "http://second/",
    ] {
        let script = format!("curl {options} {URL}");
        assert_eq!(url(&script), None, "{script}");
    }
    for options in [
        "--post-data=x",
        "--header=x",
        "-e robots=off",
        "--method=POST",
        "--private-key=/k",
    ] {
        let script = format!("wget {options} {URL}");
        assert_eq!(url(&script), None, "{script}");
    }
    for script in [
        "curl",
        "wget",
        "echo curl https://localhost:6443/healthz",
        "curl -o",
        "curl -m",
    ] {
        assert_eq!(url(script), None, "{script}");
    }
}

#[test]
fn options_of_curl_are_read_in_every_form() {
    let silent = found(&format!("curl {URL}"));
    assert_eq!((silent.timeout, silent.any_status), (None, true));
    assert_eq!(silent.http.tls, Tls::default());
    for options in [
        "-kfm 3",
        "-k -f -m3",
        "--insecure --fail --max-time 3",
        "-sSLkf --max-time 3 -o /dev/null",
        "-kfm3s -w '%{http_code}'",
        "--fail-with-body -k -m 3 --retry 2 --noproxy '*' -X GET",
    ] {
        let found = found(&format!("curl {options} {URL}"));
        assert_eq!(
            found.timeout.map(|time| time.as_secs()),
            Some(3),
            "{options}"
        );
        assert!(!found.any_status, "{options}");
        assert_eq!(
            found.http.tls,
            Tls {
                verify: Some(false),
                ..Tls::default()
            },
            "{options}"
        );
    }
    assert_eq!(url(&format!("curl --url {URL}")).as_deref(), Some(URL));
}

#[test]
fn options_of_wget_are_read_in_every_form() {
    for options in [
        "-q -T 3 --no-check-certificate",
        "-qT3 --no-check-certificate -O -",
        "--timeout=3 --no-check-certificate --spider",
        "--timeout 3 --no-check-certificate -nv",
        "--quiet --output-document=- --read-timeout=3 --no-check-certificate --tries 1",
    ] {
        let found = found(&format!("wget {options} {URL}"));
        assert_eq!(
            found.timeout.map(|time| time.as_secs()),
            Some(3),
            "{options}"
        );
        assert!(!found.any_status, "{options}");
        assert_eq!(
            found.http.tls,
            Tls {
                verify: Some(false),
                ..Tls::default()
            },
            "{options}"
        );
    }
}

#[test]
fn certificates_are_carried_over() {
    let expected = Tls {
        ca: Some("/ca.crt".to_owned()),
        cert: Some("/c.crt".to_owned()),
        key: Some("/c.key".to_owned()),
        ..Tls::default()
    };
    let curl = found(&format!(
        "curl --cacert /ca.crt --cert /c.crt --key /c.key {URL}"
    ));
    assert_eq!(curl.http.tls, expected);
    let wget = found(&format!(
        "wget --ca-certificate=/ca.crt --certificate=/c.crt --private-key=/c.key {URL}"
    ));
    assert_eq!(wget.http.tls, expected);
    let both_in_one = found(&format!("curl -E /both.pem {URL}")).http.tls;
    assert_eq!(
        (both_in_one.cert.as_deref(), both_in_one.key.as_deref()),
        (Some("/both.pem"), Some("/both.pem"))
    );
    let unverified = found(&format!("curl -k --cacert /ca.crt {URL}")).http.tls;
    assert_eq!((unverified.verify, unverified.ca), (Some(false), None));
    let plain = found("curl -k --cacert /ca.crt http://localhost/healthz")
        .http
        .tls;
    assert_eq!(plain, Tls::default());
}

#[test]
fn plain_text_behind_a_grep_is_the_body() {
    let body = |rest: &str| found(&format!("curl -s {URL} {rest}")).http.body;
    assert_eq!(body("| grep -q ok").as_deref(), Some("ok"));
    assert_eq!(body("|\n  grep '^ok$'").as_deref(), Some("ok"));
    assert_eq!(
        body("2>/dev/null | /bin/grep ok > /dev/null").as_deref(),
        Some("ok")
    );
    for rest in [
        "",
        "| cat",
        "| grep -v bad",
        "| grep 'o.*k'",
        "| grep",
        "| grep a b",
        "|| grep ok",
        "; grep ok",
        "| tee x | wc",
        "| grep ''",
    ] {
        assert_eq!(body(rest), None, "{rest}");
    }
    // A grep behind a command that was left alone belongs to no other.
    let script = format!("curl -s {URL}; curl $X | grep ok");
    assert_eq!(found(&script).http.body, None);
}
