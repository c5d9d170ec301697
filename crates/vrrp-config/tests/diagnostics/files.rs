//! Files that cannot be read, or hold no text.

use std::path::Path;

use vrrp_config::{Diagnostics, LoadOptions, Loaded, load};

use crate::common;

const GOOD: &str = "instances: [{name: a, addresses: [10.0.50.20]}]\n";

fn load_path(path: &Path) -> Result<Loaded, Diagnostics> {
    load(path, &LoadOptions::default(), &common::first_host())
}

/// Loads a file of these bytes; in what is said about it DIR is its directory.
fn load_bytes(bytes: &[u8]) -> Result<Loaded, String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("vrrpd.yaml");
    std::fs::write(&path, bytes).expect("it is written");
    load_path(&path).map_err(|said| {
        said.to_string()
            .replace(&directory.path().display().to_string(), "DIR")
    })
}

#[test]
fn files_that_do_not_exist_are_both_named() {
    let options = LoadOptions {
        inventory: Some("/nonexistent/i.yaml".into()),
        load_balance: false,
    };
    let result = load(
        "/nonexistent/c.yaml".as_ref(),
        &options,
        &common::first_host(),
    );
    crate::snapshot(
        "files_that_cannot_be_read",
        &common::diagnostics(result).to_string(),
    );
}

#[test]
fn a_file_that_the_user_may_not_read_says_whom_to_let_read_it() {
    // The kernel lets nobody read it, root included.
    let said = common::diagnostics(load_path("/sys/bus/cpu/uevent".as_ref()));
    assert_eq!(
        said.lines(),
        "error: cannot read /sys/bus/cpu/uevent: Permission denied (os error 13) \
         (let the user that vrrpd runs as read it)"
    );
}

#[test]
fn a_directory_is_no_file() {
    let said = common::diagnostics(load_path("/proc".as_ref()));
    assert_eq!(
        said.lines(),
        "error: cannot read /proc: Is a directory (os error 21) \
         (give a regular file that can be read)"
    );
}

#[test]
fn a_file_of_a_mebibyte_is_read_and_a_longer_one_is_not() {
    let padded = |length: usize| {
        let mut text = GOOD.to_owned();
        text.push_str(&"#".repeat(length - GOOD.len()));
        load_bytes(text.as_bytes())
    };
    assert!(padded(1 << 20).is_ok());
    for length in [(1 << 20) + 1, 3 << 20] {
        assert_eq!(
            padded(length).expect_err("too long"),
            "error: DIR/vrrpd.yaml is longer than 1048576 bytes\n |\n \
             = help: this is no configuration of vrrpd"
        );
    }
}

#[test]
fn a_file_that_is_not_utf8_is_named_with_its_place() {
    let said = load_bytes(b"instances:\n  - name: \xff\xfe\n").expect_err("not UTF-8");
    crate::snapshot("a_file_that_is_not_utf8", &said);
}

#[test]
fn a_file_saved_as_utf16_is_told_by_its_first_bytes() {
    for bytes in [b"\xff\xfei\0n\0", b"\xfe\xff\0i\0n"] {
        let said = load_bytes(bytes).expect_err("not UTF-8");
        assert!(
            said.contains("help: the file is UTF-16: save it as UTF-8"),
            "{said}"
        );
    }
}
