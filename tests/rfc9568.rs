//! docs/rfc9568.md, docs/behaviour.md and docs/doctor.md name files and tests: all of them exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything in backquotes in the documents.
fn quoted() -> BTreeSet<String> {
    let mut quoted = BTreeSet::new();
    for document in ["docs/rfc9568.md", "docs/behaviour.md", "docs/doctor.md"] {
        let text = fs::read_to_string(root().join(document)).expect("the document");
        quoted.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    quoted
}

/// The file of a place, by the table at the head of docs/rfc9568.md.
fn file_of(place: &str) -> PathBuf {
    let (kind, name) = place.split_once('/').unwrap_or((place, ""));
    root().join(match kind {
        "wire" => format!("crates/vrrp-wire/tests/wire/{name}.rs"),
        "router" => format!("crates/vrrp-core/tests/router/{name}.rs"),
        "checks" => format!("crates/vrrp-check/tests/checks/{name}.rs"),
        "net" => format!("crates/vrrp-net/tests/{name}.rs"),
        _ => format!("tests/{place}.rs"),
    })
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let tests: Vec<(String, String)> = quoted()
        .iter()
        .filter_map(|quoted| quoted.split_once("::"))
        .filter(|(place, _)| *place != "place")
        .map(|(place, test)| (place.to_owned(), test.to_owned()))
        .collect();
    assert!(tests.len() > 60, "{} tests are named", tests.len());
    let missing: Vec<_> = tests
        .iter()
        .filter(|(place, test)| {
            let source = fs::read_to_string(file_of(place)).unwrap_or_default();
            !source.contains(&format!("fn {test}("))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_that_the_documents_name_exists() {
    let files: Vec<String> = quoted()
        .into_iter()
        .filter(|quoted| quoted.ends_with(".rs") && !quoted.contains('X'))
        .collect();
    assert!(files.len() > 20, "{} files are named", files.len());
    let missing: Vec<_> = files
        .iter()
        .filter(|file| !root().join(file).is_file())
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
