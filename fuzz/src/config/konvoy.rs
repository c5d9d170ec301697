//! A Konvoy `cluster.yaml`, alone or with an inventory.

use vrrp_config::{Loaded, Text, parse_str};

use super::{first_host, judge};

/// Between the two files.
const SEPARATOR: &str = "\n=====\n";

/// A byte of which bit 0 asks for balancing, the cluster.yaml, and after a line of five equal
/// signs the inventory.
pub fn run(input: &[u8]) {
    let Some((flags, input)) = input.split_first() else {
        return;
    };
    let load_balance = flags & 1 != 0;
    let text = String::from_utf8_lossy(input);
    let (cluster, inventory) = match text.split_once(SEPARATOR) {
        Some((cluster, inventory)) => (cluster, Some(inventory)),
        None => (&*text, None),
    };
    let cluster = Text {
        name: "cluster.yaml",
        text: cluster,
    };
    let inventory = inventory.map(|text| Text {
        name: "inventory.yaml",
        text,
    });
    let loaded = parse_str(cluster, inventory, load_balance, &first_host());
    let files: Vec<Text<'_>> = std::iter::once(cluster).chain(inventory).collect();
    judge::loaded(&loaded, &files);
    if let Ok(Loaded::ExternalLoadBalancer(external)) = &loaded {
        // It is shown on one line.
        let said = external.to_string();
        assert!(
            !said.is_empty() && !said.chars().any(char::is_control),
            "{said:?}"
        );
    }
}
