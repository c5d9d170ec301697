//! No text makes the reader panic, and what it accepts keeps its promises.

mod common;

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use common::{diagnostics, examples, first_host, load};
use proptest::prelude::*;
use vrrp_config::{Config, Loaded, Style, Text, Version, parse_str};

/// Every shipped example, Konvoy's with it.
fn seeds() -> Vec<String> {
    let folders = [examples(), examples().join("konvoy")];
    folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("the examples are there"))
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| path.is_file())
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect()
}

/// Texts that mean something somewhere in a configuration.
fn fragment() -> impl Strategy<Value = String> {
    let words = [
        "",
        "0",
        "-1",
        "255",
        "256",
        "1e9",
        "18446744073709551616",
        ".nan",
        "null",
        "~",
        "true",
        "off",
        "auto",
        "10ms",
        "40.95s",
        "1s",
        "9999999999999999999s",
        "[]",
        "{}",
        "[[]]",
        "- ",
        ": ",
        "---\n",
        "...\n",
        "\t",
        "\n",
        "\r\n",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "\"",
        "'",
        "|",
        ">-",
        "#",
        "%YAML 1.1\n",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "日本",
        "10.0.50.20",
        "fd00::20",
        "fe80::1%eth0",
        "10.0.50.20/0",
        "[::1]:1",
        "https://{backend}/",
        "https://[::1]:0/\u{0}",
        "vrid",
        "addresses:",
        "track: [{check: apiserver}]",
        "kind: ClusterConfiguration\n",
        "apiVersion: konvoy.mesosphere.io/v1beta2\n",
        "<<: ",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

/// An example with pieces replaced.
fn mutated() -> impl Strategy<Value = String> {
    let cuts = prop::collection::vec(
        (any::<prop::sample::Index>(), 0..12_usize, fragment()),
        1..6,
    );
    (prop::sample::select(seeds()), cuts).prop_map(|(mut text, cuts)| {
        for (at, length, fragment) in cuts {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &fragment);
        }
        text
    })
}

/// Loads and renders in all forms, then checks what was accepted.
fn judge(text: &str, inventory: Option<&str>) {
    let inventory = inventory.map(|text| Text {
        name: "inventory.yaml",
        text,
    });
    let config = Text {
        name: "vrrpd.yaml",
        text,
    };
    let result = parse_str(config, inventory, false, &first_host());
    if let Ok(Loaded::Config(loaded)) = &result {
        keeps_its_promises(&loaded.config);
    }
    let said = diagnostics(result);
    for one in &said {
        assert!(!one.message.is_empty());
    }
    let _rendered = (
        said.render(Style::Plain),
        said.render(Style::Colour),
        said.lines(),
    );
    serde_json::to_string(&said).expect("it serializes");
}

fn keeps_its_promises(config: &Config) {
    assert!(!config.instances.is_empty());
    let names: HashSet<&str> = config
        .instances
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names.len(), config.instances.len());
    for one in &config.instances {
        assert!(
            !one.name.is_empty() && !one.addresses.is_empty() && one.vrid > 0 && one.priority > 0
        );
        assert!(
            one.addresses
                .iter()
                .all(|a| a.address.is_ipv4() == one.addresses[0].address.is_ipv4())
        );
        assert!(one.advert_interval.as_millis().is_multiple_of(10));
        let longest = if one.version == Version::V2 {
            255_000
        } else {
            40_950
        };
        assert!((10..=longest).contains(&one.advert_interval.as_millis()));
        assert!(one.peers.as_ref().is_none_or(|peers| !peers.is_empty()));
        assert!(one.auth.is_none() || one.version == Version::V2);
        assert!(one.announce.burst > 0);
        for track in &one.track {
            if let vrrp_config::Tracked::Check(name) = &track.target {
                assert!(config.checks.iter().any(|check| check.name == *name));
            }
        }
    }
    for group in &config.groups {
        assert!(
            group
                .members
                .iter()
                .all(|name| names.contains(name.as_str()))
        );
    }
    for balancer in &config.load_balancers {
        let held = config.instances.iter().flat_map(|one| &one.addresses);
        assert!(held.clone().any(|held| held.address == balancer.address));
        assert!(balancer.port > 0 && !balancer.backends.is_empty());
        for backend in &balancer.backends {
            assert!(backend.weight > 0);
            assert_eq!(backend.address.is_ipv4(), balancer.address.is_ipv4());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        judge(&text, None);
    }

    #[test]
    fn any_sequence_of_yaml_pieces_is_answered(pieces in prop::collection::vec(fragment(), 0..40)) {
        judge(&pieces.concat(), None);
    }

    #[test]
    fn a_mutated_example_is_answered(text in mutated()) {
        judge(&text, None);
    }

    #[test]
    fn a_mutated_inventory_is_answered(text in mutated(), inventory in mutated()) {
        judge(&text, Some(&inventory));
    }
}

#[test]
fn hostile_files_are_answered_in_bounded_time() {
    let most = 1 << 20;
    let fill = |piece: &str| piece.repeat(most / piece.len());
    let hostile = [
        fill("["),
        fill("{a: "),
        fill("- "),
        fill("? "),
        fill("a: b\n"),
        fill("- 300\n"),
        fill("&a "),
        fill("!"),
        fill("\"\\x00"),
        fill("a"),
        fill("---\n"),
        format!("{}{}", "[".repeat(999), fill("a,").split_off(2000)),
        (0..80_000)
            .map(|number| format!("k{number}: 1\n"))
            .collect(),
        format!("instances: [{}]", fill("{}, ").split_off(100)),
        format!(
            "instances:\n{}",
            fill("- {name: a, addresses: [10.0.50.20], vrid: 300}\n").split_off(4800)
        ),
    ];
    for text in hostile {
        let begin = Instant::now();
        let said = diagnostics(load(&text));
        assert!(said.errors() > 0);
        let start: String = text.chars().take(40).collect();
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(60), "{start:?} took {took:?}");
    }
}
