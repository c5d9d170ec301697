//! The corpora as regression tests: what the fuzzer once found interesting still holds. Needs
//! neither libFuzzer nor a sanitizer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vrrp_fuzz::{TARGETS, target};

/// The most inputs in a corpus.
const MOST_INPUTS: usize = 100;

/// The most bytes in a corpus.
const MOST_BYTES: u64 = 200 << 10;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a directory entry").path())
        .collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let target = target(name).expect("a target of that name");
    let inputs = files(&folder("corpus").join(name));
    assert!(inputs.len() >= 10, "{} inputs", inputs.len());
    for input in inputs {
        // Shown where the test fails: this input did it.
        println!("{}", input.display());
        (target.run)(&fs::read(&input).expect("a file"));
    }
}

#[test]
fn the_corpus_of_advert_holds() {
    replay("advert");
}

#[test]
fn the_corpus_of_advert_emit_holds() {
    replay("advert_emit");
}

#[test]
fn the_corpus_of_announcement_holds() {
    replay("announcement");
}

#[test]
fn the_corpus_of_keepalived_conf_holds() {
    replay("keepalived_conf");
}

#[test]
fn the_corpus_of_konvoy_holds() {
    replay("konvoy");
}

#[test]
fn the_corpus_of_vrrpd_yaml_holds() {
    replay("vrrpd_yaml");
}

#[test]
fn the_corpus_of_control_request_holds() {
    replay("control_request");
}

#[test]
fn the_corpus_of_http_answer_holds() {
    replay("http_answer");
}

#[test]
fn the_corpus_of_router_holds() {
    replay("router");
}

#[test]
fn every_target_has_a_program_a_corpus_of_bounded_size_and_a_test_here() {
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let stem = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
        files(&folder).iter().filter_map(stem).collect()
    };
    let targets: BTreeSet<String> = TARGETS.iter().map(|one| one.name.to_owned()).collect();
    assert_eq!(names(folder("targets")), targets);
    assert_eq!(names(folder("corpus")), targets);
    let tests = include_str!("corpora.rs");
    for name in &targets {
        assert!(tests.contains(&format!("replay(\"{name}\");")), "{name}");
        let inputs = files(&folder("corpus").join(name));
        let length = |path: &PathBuf| fs::metadata(path).expect("a file").len();
        let bytes: u64 = inputs.iter().map(length).sum();
        assert!(
            inputs.len() <= MOST_INPUTS,
            "{name}: {} inputs",
            inputs.len()
        );
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes");
    }
}
