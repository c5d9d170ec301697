//! Numbers, switches and words, and how a wrong one is shown.

use crate::common::{config, diagnostics, load};
use crate::{assert_refused, refused, with};

#[test]
fn many_lists_side_by_side_are_not_nested() {
    let lists = "[a], {b: c}, ".repeat(2000);
    let said = refused(&format!("instances: [{lists}]\n"));
    assert!(!said.contains("brackets are open"), "{said}");
}

#[test]
fn a_number_written_as_a_word_is_told_from_one_in_quotes() {
    assert_refused(
        &with("priority: \"100\""),
        "write 100 without quotes or leading zeros",
    );
    let said = refused(&with("priority: high"));
    assert!(
        said.contains("not \"high\"") && !said.contains("quotes"),
        "{said}"
    );
}

#[test]
fn switches_of_other_formats_are_translated() {
    for (word, meant) in [
        ("yes", "true"),
        ("On", "true"),
        ("no", "false"),
        ("OFF", "false"),
    ] {
        assert_refused(
            &with(&format!("preempt: \"{word}\"")),
            &format!("write {meant}, without quotes"),
        );
    }
    assert!(!refused(&with("preempt: perhaps")).contains("write"));
}

#[test]
fn off_survives_tools_that_turn_it_into_false_and_no_other_word_does() {
    let log = |line: &str| format!("{}{line}\n", with("vrid: 20"));
    assert_eq!(
        config(&log("realtime: false")).realtime,
        vrrp_config::Realtime::Off
    );
    assert_refused(&log("log: {level: false}"), "not false");
}

#[test]
fn a_long_value_is_shown_in_part() {
    let shown = |length: usize| {
        let word = "w".repeat(length);
        let said = refused(&with(&format!("checksum: {word}")));
        (said.contains(&format!("\"{word}\"")), said.contains('…'))
    };
    assert_eq!(shown(60), (true, false));
    assert_eq!(shown(61), (false, true));
    assert_eq!(shown(90), (false, true));
}

#[test]
fn a_long_key_may_be_misspelt_more_than_a_short_one() {
    let said = diagnostics(load(&with("advertisement_interval: 1s"))).to_string();
    assert!(said.contains("did you mean `advert_interval`?"), "{said}");
    let said = diagnostics(load(&with("beard: 1"))).to_string();
    assert!(!said.contains("did you mean"), "{said}");
}

#[test]
fn the_path_of_the_socket_fits_into_the_kernels_field() {
    let socket = |length: usize| {
        let path = format!("/{}", "s".repeat(length - 1));
        format!("{}control: {{socket: {path}}}\n", with("vrid: 20"))
    };
    assert_eq!(config(&socket(107)).control.socket.as_os_str().len(), 107);
    for length in [108, 200] {
        assert_refused(&socket(length), "`socket` is longer than the 107 bytes");
    }
}

#[test]
fn a_long_file_with_many_errors_is_answered_with_fewer_of_them() {
    let mut text = String::from("instances:\n");
    for number in 1..60 {
        text.push_str(&format!(
            "- {{name: a{number}, addresses: [10.1.1.{number}], vrid: 300}}\n"
        ));
    }
    assert_eq!(diagnostics(load(&text)).len(), 59);
    text.push_str(&"#".repeat((1 << 20) - text.len()));
    let said = diagnostics(load(&text));
    assert_eq!(said.len(), 17, "sixteen and how many more");
    assert!(
        said.lines().ends_with("error: and 43 more"),
        "{}",
        said.lines()
    );
}
