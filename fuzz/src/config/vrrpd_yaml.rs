//! A `vrrpd.yaml`.

use vrrp_config::{Text, parse_str};

use super::{first_host, judge};

/// The text.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let text = Text {
        name: "vrrpd.yaml",
        text: &text,
    };
    let loaded = parse_str(text, None, false, &first_host());
    judge::loaded(&loaded, &[text]);
}
