//! Specs that cannot work are refused before anything starts, each with its reason.

use std::time::Duration;

use vrrp_check::{
    CheckSpec, ExecSpec, FileSpec, ProbeSpec, SpecError, SpecWarning, TcpSpec, TlsSpec, validate,
};

use crate::watch::{edit_http, http, spec, with_tls};

fn refused(spec: &CheckSpec, expected: &str) -> SpecError {
    let error = validate(spec).expect_err("a spec that cannot work");
    assert!(error.to_string().contains(expected), "{error}");
    assert!(
        error.to_string().starts_with("check apiserver: "),
        "{error}"
    );
    error
}

fn edited(edit: impl FnOnce(&mut CheckSpec)) -> CheckSpec {
    let mut spec = http("https://127.0.0.1:6443/healthz".into());
    edit(&mut spec);
    spec
}

#[test]
fn times_of_zero_and_beyond_a_day_are_refused() {
    refused(
        &edited(|spec| spec.interval = Duration::MAX),
        "interval is longer than a day",
    );
    refused(
        &edited(|spec| spec.timeout = Duration::MAX),
        "timeout is longer than a day",
    );
    refused(
        &edited(|spec| spec.interval = Duration::ZERO),
        "interval is zero",
    );
    refused(
        &edited(|spec| spec.timeout = Duration::ZERO),
        "timeout is zero",
    );
}

#[test]
fn what_http_cannot_ask_is_refused() {
    refused(
        &http("127.0.0.1:6443/healthz".into()),
        "127.0.0.1:6443/healthz",
    );
    refused(&http("ftp://127.0.0.1/".into()), "not http or https");
    refused(
        &edited(|spec| edit_http(spec).status = vec![200, 20]),
        "20 is not an HTTP status",
    );
    refused(
        &edited(|spec| edit_http(spec).headers = vec![("X-A".into(), "$x".into())]),
        "header X-A",
    );
    refused(
        &edited(|spec| edit_http(spec).tls.server_name = Some("a b".into())),
        "server name a b",
    );
    refused(
        &edited(|spec| edit_http(spec).tls.cert = Some("/c".into())),
        "key is missing",
    );
    refused(
        &edited(|spec| edit_http(spec).tls.key = Some("/k".into())),
        "cert is missing",
    );
}

#[test]
fn addresses_commands_and_paths_must_be_whole() {
    refused(
        &spec(ProbeSpec::Tcp(TcpSpec {
            address: "127.0.0.1".into(),
        })),
        "127.0.0.1 is not host:port",
    );
    let exec = |command: Vec<String>| {
        spec(ProbeSpec::Exec(ExecSpec {
            command,
            user: None,
            environment: vec![],
        }))
    };
    refused(&exec(vec![]), "the command is empty");
    refused(&exec(vec!["probe".into()]), "probe is not an absolute path");
    refused(&exec(vec!["/probe".into(), "a\0b".into()]), "NUL");
    let file = FileSpec {
        path: "maintenance".into(),
        present: true,
    };
    refused(
        &spec(ProbeSpec::File(file)),
        "maintenance is not an absolute path",
    );
}

#[test]
fn what_works_but_surprises_is_warned_about() {
    let warnings = validate(&edited(|spec| {
        spec.timeout = spec.interval * 2;
        edit_http(spec).tls = TlsSpec {
            verify: false,
            ca: Some("/ca".into()),
            ..TlsSpec::default()
        };
    }));
    let warnings = warnings.expect("it works");
    assert!(matches!(
        warnings.as_slice(),
        [
            SpecWarning::SlowProbe { .. },
            SpecWarning::NotVerified { .. },
            SpecWarning::UnusedAuthority { .. }
        ]
    ));
    let tls = TlsSpec {
        ca: Some("/ca".into()),
        ..TlsSpec::default()
    };
    let mut plain = with_tls("http://127.0.0.1/".into(), tls);
    plain.timeout = plain.interval;
    let warnings = validate(&plain).expect("it works");
    assert!(matches!(
        warnings.as_slice(),
        [SpecWarning::UnusedTls { .. }]
    ));
}

#[test]
fn secrets_in_headers_stay_out_of_debug_output() {
    let spec = edited(|spec| {
        edit_http(spec).headers = vec![("Authorization".into(), "Bearer s3cret".into())];
    });
    let text = format!("{spec:?}");
    assert!(
        text.contains("Authorization") && !text.contains("s3cret"),
        "{text}"
    );
}
