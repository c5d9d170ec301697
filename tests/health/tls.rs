//! Certificates: one that is wrong makes the VIP leave and is named; one that is merely new does
//! not.

use std::time::Instant;

use vrrp_lab::{CA_FILE, CONFIG_FILE, Certificate, Result};

use crate::cluster::{BOUND, config};
use crate::plane::{ControlPlane, http_check, tracking};

fn the_vip_leaves(certificate: Certificate, error: &str, kind: &str) -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.server("cp1").rotate(certificate)?;
    plane.leaves_because(error, kind)?;
    plane.server("cp1").rotate(Certificate::Good)?;
    plane.cluster.settle("cp1")
}

#[test]
fn an_expired_certificate_is_named_with_its_end() -> Result<()> {
    let error = "the server's certificate expired on 2021-01-01T00:00:00Z";
    the_vip_leaves(Certificate::Expired, error, "tls_expired")
}

#[test]
fn a_certificate_for_another_name_is_named_with_what_it_offers() -> Result<()> {
    let error = "the server's certificate is not for kubernetes; it is for elsewhere.example";
    the_vip_leaves(Certificate::OtherName, error, "tls_name_mismatch")
}

#[test]
fn a_certificate_of_an_unknown_authority_is_named_with_its_issuer() -> Result<()> {
    let error = "the server's certificate was issued by \"CN=kubernetes\", which \
                 /etc/kubernetes/pki/ca.crt does not contain";
    the_vip_leaves(Certificate::OtherIssuer, error, "tls_unknown_issuer")
}

#[test]
fn a_rotated_certificate_is_no_failure() -> Result<()> {
    let plane = ControlPlane::start()?;
    let since = Instant::now();
    for _ in 0..3 {
        plane.server("cp1").rotate(Certificate::Good)?;
        plane.wait_probes("cp1", 2)?;
    }
    assert_eq!(plane.failures("cp1", None)?, 0);
    plane.never_moved(since)
}

#[test]
fn another_authority_in_the_file_counts_from_the_next_connection_on() -> Result<()> {
    let plane = ControlPlane::start()?;
    let host = plane.cluster.host("cp1");
    let right = host.read_file(CA_FILE)?;
    let other = vrrp_lab::Pki::new()?;
    host.write_file(CA_FILE, other.ca())?;
    // The open connection was verified when it was made.
    plane.server("cp1").rotate(Certificate::Good)?;
    plane.leaves_because(
        "/etc/kubernetes/pki/ca.crt does not contain",
        "tls_unknown_issuer",
    )?;
    host.write_file(CA_FILE, right)?;
    plane.cluster.settle("cp1")
}

#[test]
fn a_damaged_authority_file_is_warned_of_and_the_one_read_before_stays_in_use() -> Result<()> {
    let plane = ControlPlane::start()?;
    let since = Instant::now();
    plane.cluster.host("cp1").write_file(CA_FILE, "no PEM\n")?;
    plane.server("cp1").rotate(Certificate::Good)?;
    let daemon = plane.cluster.daemon("cp1");
    let warning = "/etc/kubernetes/pki/ca.crt: it contains no PEM certificate; what was read \
                   before stays in use";
    daemon.process().wait_line(warning, BOUND)?;
    plane.wait_probes("cp1", 3)?;
    assert_eq!(plane.failures("cp1", None)?, 0);
    plane.never_moved(since)
}

#[test]
fn a_check_that_begins_with_a_damaged_authority_file_names_it() -> Result<()> {
    let plane = ControlPlane::start()?;
    let host = plane.cluster.host("cp1");
    host.write_file(CA_FILE, "no PEM\n")?;
    let other = http_check("https://127.0.0.1:6443/healthz", "150ms", 2);
    host.write_file(CONFIG_FILE, config(250, &tracking("apiserver", &other)))?;
    let (code, text) = plane.cluster.daemon("cp1").post("reload")?;
    assert_eq!(code, 200, "{text}");
    plane.leaves_because("cannot use /etc/kubernetes/pki/ca.crt", "tls_files")?;
    Ok(())
}
