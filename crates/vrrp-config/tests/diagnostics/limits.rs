//! What is too long or too many.

use crate::common;

/// Snapshots what is said about a `vrrpd.yaml` whose long lines are left out.
fn says(name: &str, text: &str) {
    let said = common::diagnostics(common::load(text)).to_string();
    let short = said.lines().filter(|line| line.len() < 200);
    crate::snapshot(name, &short.collect::<Vec<_>>().join("\n"));
}

fn addresses(list: &[String]) -> String {
    format!(
        "instances: [{{name: a, addresses: [{}]}}]\n",
        list.join(", ")
    )
}

#[test]
fn more_addresses_than_an_advert_has_room_for_are_refused() {
    let all = (0..4_u8).flat_map(|third| (1..=250_u8).map(move |last| (third, last)));
    let list: Vec<String> = all
        .map(|(third, last)| format!("10.0.{third}.{last}"))
        .take(300)
        .collect();
    says("addresses_fit_an_advert", &addresses(&list));
}

#[test]
fn a_name_of_64_characters_is_too_long() {
    let text = format!(
        "instances: [{{name: {}, addresses: [10.0.50.20]}}]\n",
        "n".repeat(64)
    );
    says("a_name_is_short", &text);
}

#[test]
fn a_list_of_4097_entries_is_too_long() {
    let list = vec!["10.0.50.20".to_owned(); 4097];
    says("a_list_is_bounded", &addresses(&list));
}

#[test]
fn a_socket_whose_path_does_not_fit_is_refused() {
    let text = format!(
        "instances: [{{name: a, addresses: [10.0.50.20]}}]\ncontrol: {{socket: /run/{}}}\n",
        "s".repeat(103)
    );
    says("a_socket_fits_the_kernels_path", &text);
}

#[test]
fn a_text_of_more_than_a_mebibyte_is_refused() {
    let text = format!("# {}\n", "x".repeat(1 << 20));
    says("a_text_is_bounded", &text);
}
