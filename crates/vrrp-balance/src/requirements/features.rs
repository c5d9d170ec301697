//! Which part of the kernel it is that refuses.

use super::{Missing, MissingKind, PROBE};
use crate::error::BalanceError;
use crate::nft::Nft;

/// A part of the kernel, the option it is built with, and rules that need it.
struct Feature {
    what: &'static str,
    option: &'static str,
    rules: &'static [&'static str],
}

const FEATURES: [Feature; 9] = [
    Feature {
        what: "nftables with tables for both families",
        option: "CONFIG_NF_TABLES_INET",
        rules: &["add chain inet TABLE c { type filter hook prerouting priority -150; }"],
    },
    Feature {
        what: "destination NAT in nftables",
        option: "CONFIG_NFT_NAT",
        rules: &[
            "add chain inet TABLE c { type nat hook prerouting priority -110; }",
            "add chain inet TABLE d { type nat hook output priority -110; }",
            "add rule inet TABLE c meta l4proto tcp dnat ip to 192.0.2.1:1",
        ],
    },
    Feature {
        what: "masquerading in nftables",
        option: "CONFIG_NFT_MASQ",
        rules: &[
            "add chain inet TABLE c { type nat hook postrouting priority 90; }",
            "add rule inet TABLE c masquerade",
        ],
    },
    Feature {
        what: "connection tracking in nftables",
        option: "CONFIG_NFT_CT",
        rules: &[
            "add chain inet TABLE c",
            "add rule inet TABLE c ct status & dnat != 0 ct original ip daddr 192.0.2.1",
        ],
    },
    Feature {
        what: "time-out policies of connection tracking",
        option: "CONFIG_NF_CONNTRACK_TIMEOUT",
        rules: &[
            "add ct timeout inet TABLE t { protocol tcp; l3proto ip; policy = { established : 60 }; }",
        ],
    },
    Feature {
        what: "routing look-ups in nftables",
        option: "CONFIG_NFT_FIB_INET",
        rules: &[
            "add chain inet TABLE c { type filter hook prerouting priority -150; }",
            "add rule inet TABLE c fib daddr type local",
        ],
    },
    Feature {
        what: "hashing in nftables",
        option: "CONFIG_NFT_HASH",
        rules: &[
            "add chain inet TABLE c",
            "add chain inet TABLE d",
            "add rule inet TABLE c jhash ip saddr mod 2 vmap { 0 : goto d, 1 : goto d }",
        ],
    },
    Feature {
        what: "number generators in nftables",
        option: "CONFIG_NFT_NUMGEN",
        rules: &[
            "add chain inet TABLE c",
            "add chain inet TABLE d",
            "add rule inet TABLE c numgen inc mod 2 vmap { 0 : goto d, 1 : goto d }",
        ],
    },
    Feature {
        what: "resets before routing in nftables (Linux 5.9)",
        option: "CONFIG_NFT_REJECT_INET",
        rules: &[
            "add chain inet TABLE c { type filter hook prerouting priority -150; }",
            "add rule inet TABLE c meta l4proto tcp reject with tcp reset",
        ],
    },
];

/// Tries one by one, after `refusal` of the whole.
pub(super) async fn missing(nft: &Nft, refusal: &BalanceError) -> Vec<Missing> {
    let mut missing = Vec::new();
    for feature in &FEATURES {
        let rules: Vec<String> = feature
            .rules
            .iter()
            .map(|rule| rule.replace("TABLE", PROBE))
            .collect();
        let script = format!("add table inet {PROBE}\n{}\n", rules.join("\n"));
        if let Err(error) = nft.check(&script).await {
            missing.push(Missing {
                kind: MissingKind::Kernel,
                what: format!("the kernel, or nft, lacks {}: {error}", feature.what),
                remedy: format!(
                    "use a kernel with {} and nftables 1.0 or later",
                    feature.option
                ),
            });
        }
    }
    if missing.is_empty() {
        missing.push(Missing {
            kind: MissingKind::Nft,
            what: refusal.to_string(),
            remedy: "use nftables 1.0 or later and Linux 5.10 or later".to_owned(),
        });
    }
    missing
}
