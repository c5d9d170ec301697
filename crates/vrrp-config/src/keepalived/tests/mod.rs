//! Tests of the importer: what a text becomes, and what is said of the rest.

mod addresses;
mod checks;
mod damage;
mod definitions;
mod elections;
mod includes;
mod instances;
mod lines;
mod load_balancers;
mod lost;
mod peers;
mod probes;
mod real_files;
mod scripts;

use std::path::Path;

use serde_yaml::Value;

use super::{Effect, ImportError, ImportOptions, Imported, import};
use crate::{HostFacts, Loaded, Text, parse_str};

/// An instance that needs nothing more, to be filled with directives.
fn instance(directives: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n {directives}\n \
         virtual_ipaddress {{\n 10.0.50.20\n }}\n}}\n"
    )
}

/// The import of a file with this text, for the configuration `node1`.
fn try_import(text: &str) -> Result<Imported, ImportError> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    std::fs::write(&path, text).expect("a file");
    import(
        &path,
        &ImportOptions {
            config_id: Some("node1"),
        },
    )
}

fn imported(text: &str) -> Imported {
    try_import(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The configuration made of this text.
fn value(text: &str) -> Value {
    serde_yaml::from_str(&imported(text).yaml).expect("YAML")
}

/// The first instance made of this text.
fn first(text: &str) -> Value {
    value(text)["instances"][0].clone()
}

/// What is not carried over of this text, but for the instance's needless `state`.
fn left_out(text: &str) -> Vec<(usize, String, Effect)> {
    imported(text)
        .not_carried_over
        .into_iter()
        .map(|item| (item.line, item.directive, item.effect))
        .collect()
}

fn remarks(text: &str) -> Vec<String> {
    imported(text)
        .remarks
        .into_iter()
        .map(|remark| remark.text)
        .collect()
}

/// The error that importing this text ends with, without the file's name.
fn error(text: &str) -> String {
    let error = try_import(text).expect_err("an error").to_string();
    match error.split_once("keepalived.conf") {
        Some((_, error)) => error.to_owned(),
        None => error,
    }
}

/// Fails unless vrrpd takes the configuration; keys that it does not know how to serve yet are
/// no fault of the importer.
fn assert_accepted(yaml: &str) {
    let text = Text {
        name: "vrrpd.yaml",
        text: yaml,
    };
    let diagnostics = match parse_str(text, None, false, &HostFacts::default()) {
        Ok(Loaded::Config(_)) => return,
        Ok(other) => panic!("{other:?}"),
        Err(diagnostics) => diagnostics,
    };
    let faults: Vec<String> = diagnostics
        .iter()
        .filter(|fault| fault.severity == crate::Severity::Error)
        .map(crate::Diagnostic::line)
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{yaml}");
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new("src/keepalived/tests/fixtures")
        .join(name)
        .join("keepalived.conf")
}

/// An instance with these lines as its addresses.
fn with_addresses(lines: &str) -> String {
    format!(
        "vrrp_instance a {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress {{\n{lines}\n }}\n}}\n"
    )
}

fn list(items: &[&str]) -> Value {
    items
        .iter()
        .copied()
        .map(Value::from)
        .collect::<Vec<_>>()
        .into()
}

fn why(text: &str) -> Vec<String> {
    imported(text)
        .not_carried_over
        .into_iter()
        .map(|item| item.why)
        .collect()
}

/// The priority that an instance gets of these lines before and in it.
fn priority(before: &str, inside: &str) -> Value {
    first(&format!("{before}\n{}", instance(inside)))["priority"].clone()
}

fn password(text: &str) -> Value {
    first(&instance(&format!(
        "authentication {{\n auth_type PASS\n auth_pass {text}\n }}"
    )))["auth"]["pass"]
        .clone()
}
