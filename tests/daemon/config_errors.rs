//! A wrong file, by each class of error: `check` and `run` say where it is wrong, exit with 2,
//! and nothing is touched.

use vrrp_lab::{CONFIG_FILE, Lab, Result};

use crate::cluster::{BOUND, fingerprint};

/// A file, the places that are wrong in it as line and column, and words of the report.
struct Wrong {
    what: &'static str,
    text: &'static str,
    places: &'static [(usize, usize)],
    words: &'static [&'static str],
}

const ONE: &str = "instances:\n  - name: one\n    addresses: [10.0.50.20]\n";

const WRONG: &[Wrong] = &[
    Wrong {
        what: "an unknown key",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    priorty: 5\n",
        places: &[(4, 5)],
        words: &["priorty", "priority"],
    },
    Wrong {
        what: "an unknown section",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\nmetric: {listen: \"127.0.0.1:1\"}\n",
        places: &[(4, 1)],
        words: &["metric", "metrics"],
    },
    Wrong {
        what: "YAML that cannot be read",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20\n",
        places: &[(4, 1)],
        words: &["not closed", "line 3"],
    },
    Wrong {
        what: "a tab as indentation",
        text: "instances:\n\t- name: one\n",
        places: &[(2, 1)],
        words: &["tab"],
    },
    Wrong {
        what: "a value of the wrong type",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    preempt: sometimes\n",
        places: &[(4, 14)],
        words: &["preempt", "sometimes"],
    },
    Wrong {
        what: "a number out of range",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    vrid: 256\n",
        places: &[(4, 11)],
        words: &["256", "255"],
    },
    Wrong {
        what: "a duration without a unit",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    advert_interval: 100\n",
        places: &[(4, 22)],
        words: &["100"],
    },
    Wrong {
        what: "an interval the protocol does not know",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    advert_interval: 15ms\n",
        places: &[(4, 22)],
        words: &["10ms", "20ms"],
    },
    Wrong {
        what: "an address that is none",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.256]\n",
        places: &[(3, 17)],
        words: &["10.0.50.256"],
    },
    Wrong {
        what: "addresses of two families",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20, \"fd00:50::20\"]\n",
        places: &[(3, 29)],
        words: &["fd00:50::20"],
    },
    Wrong {
        what: "a missing key",
        text: "instances:\n  - name: one\n",
        places: &[(2, 5)],
        words: &["addresses"],
    },
    Wrong {
        what: "a reference to nothing",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    track: [{check: apiservr}]\nchecks:\n  - name: apiserver\n    tcp: {address: \"127.0.0.1:1\"}\n",
        places: &[(4, 21)],
        words: &["apiservr", "apiserver"],
    },
    Wrong {
        what: "two of the same name",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    vrid: 1\n  - name: one\n    addresses: [10.0.50.21]\n    vrid: 2\n",
        places: &[(5, 11)],
        words: &["one"],
    },
    Wrong {
        what: "the same VRID twice on one interface",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    interface: ens20f0\n    vrid: 7\n  - name: two\n    addresses: [10.0.50.21]\n    interface: ens20f0\n    vrid: 7\n",
        places: &[(9, 11)],
        words: &["7"],
    },
    Wrong {
        what: "a key given twice",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    vrid: 1\n    vrid: 2\n",
        places: &[(5, 5)],
        words: &["vrid"],
    },
    Wrong {
        what: "keys that exclude each other",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    auth: {pass: secret}\n",
        places: &[(4, 5)],
        words: &["auth", "version"],
    },
    Wrong {
        what: "many errors at once",
        text: "instances:\n  - name: one\n    addresses: [10.0.50.20]\n    vrid: 0\n    priority: 256\n    colour: red\nlog: {level: loud}\n",
        places: &[(4, 11), (5, 15), (6, 5), (7, 14)],
        words: &["vrid", "priority", "colour", "loud"],
    },
    Wrong {
        what: "a DNS name as VIP of a Konvoy file",
        text: "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n      controlPlaneEndpointOverride: \"lb.example.com:6443\"\n      keepalived: {}\n",
        places: &[(6, 37)],
        words: &["controlPlaneEndpointOverride", "lb.example.com"],
    },
    Wrong {
        what: "a port out of range in a Konvoy file",
        text: "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n      controlPlaneEndpointOverride: \"10.0.50.20:70000\"\n      keepalived: {}\n",
        places: &[(6, 37)],
        words: &["controlPlaneEndpointOverride", "70000"],
    },
    Wrong {
        what: "a VRID of 0 in a Konvoy file",
        text: "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n      controlPlaneEndpointOverride: \"10.0.50.20:6443\"\n      keepalived: {vrid: 0}\n",
        places: &[(7, 26)],
        words: &["vrid", "0"],
    },
    Wrong {
        what: "a VRID of 256 in a Konvoy file",
        text: "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  kubernetes:\n    controlPlane:\n      controlPlaneEndpointOverride: \"10.0.50.20:6443\"\n      keepalived: {vrid: 256}\n",
        places: &[(7, 26)],
        words: &["vrid", "256"],
    },
];

#[test]
fn each_class_of_error_is_shown_where_it_is_and_nothing_is_touched() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    for wrong in WRONG {
        host.write_file(CONFIG_FILE, wrong.text)?;
        let before = fingerprint(host)?;
        for command in ["check", "run"] {
            let output = host.vrrpd_command(&[command], BOUND)?;
            let said = &output.stderr;
            let what = format!("{} by {command}: {said}", wrong.what);
            assert_eq!(output.status.code(), Some(2), "{what}");
            assert_eq!(output.stdout, "", "{what}");
            for (line, column) in wrong.places {
                let place = format!("{CONFIG_FILE}:{line}:{column}");
                assert!(said.contains(&place), "{place} for {what}");
                let source = wrong.text.lines().nth(line - 1).unwrap_or_default();
                assert!(said.contains(source.trim()), "{source} for {what}");
            }
            for word in wrong.words {
                assert!(said.contains(word), "{word} for {what}");
            }
            let carets = said.lines().filter(|line| line.contains('^')).count();
            assert!(carets >= wrong.places.len(), "carets for {what}");
        }
        assert_eq!(fingerprint(host)?, before, "{}", wrong.what);
    }
    assert!(lab.capture().adverts().is_empty());
    Ok(())
}

#[test]
fn a_file_that_is_not_there_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    for command in ["check", "run"] {
        let output = host.vrrpd_command(&[command], BOUND)?;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stderr.contains(CONFIG_FILE), "{output:?}");
    }
    Ok(())
}

#[test]
fn a_good_file_is_good() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, ONE)?;
    let output = host.vrrpd_command(&["check"], BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("is good: 1 instance"), "{output:?}");
    Ok(())
}

#[test]
fn json_is_accepted_as_yaml_is() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = r#"{"instances": [{"name": "one", "addresses": ["10.0.50.20"], "advert_interval": "100ms"}]}"#;
    host.write_file(CONFIG_FILE, text)?;
    let output = host.vrrpd_command(&["check"], BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    host.vrrpd().start()?.wait_state("master", BOUND)
}
