//! `authentication`: the password of version 2.

use crate::keepalived::Effect;
use crate::keepalived::convert::{no_more_words, reasons};
use crate::keepalived::ledger::Ledger;
use crate::keepalived::output::Auth;
use crate::keepalived::tree::Directive;

/// Keepalived uses this many bytes of a password.
const PASSWORD_LEN: usize = 8;

pub(super) fn convert(block: &Directive, version: u8, ledger: &mut Ledger) -> Option<Auth> {
    for inner in block.block() {
        match inner.keyword() {
            "auth_type" | "auth_pass" => no_more_words(inner, 2, ledger),
            _ => ledger.lost(inner, reasons::UNKNOWN),
        }
    }
    let value = |keyword| block.find(keyword).and_then(|inner| inner.arg(1));
    let (effect, why) = match (value("auth_type"), value("auth_pass").unwrap_or_default()) {
        (Some("PASS"), "") => (
            Effect::None,
            "without a password Keepalived does not authenticate either",
        ),
        (Some("PASS" | "AH"), _) if version == 3 => (
            Effect::None,
            "VRRP version 3 has no authentication; Keepalived ignores it as well",
        ),
        (Some("PASS"), password) => {
            return Some(Auth {
                pass: shortened(block, password, ledger),
            });
        }
        (Some("AH"), _) => (Effect::Changed, "vrrpd has no IPsec authentication"),
        (Some(_), _) => (Effect::None, "Keepalived knows no such authentication"),
        (None, _) => (
            Effect::None,
            "without `auth_type` Keepalived does not authenticate either",
        ),
    };
    ledger.note_all(block, why, effect);
    None
}

fn shortened(block: &Directive, password: &str, ledger: &mut Ledger) -> String {
    let mut used = password.to_owned();
    while used.len() > PASSWORD_LEN {
        used.pop();
    }
    if used != password {
        let text = format!("only the first {PASSWORD_LEN} bytes of the password count");
        ledger.remark(&block.origin, text);
    }
    used
}
