//! What the documents tell people to type, typed on a fresh host.

use std::fs;
use std::path::Path;

use vrrp_lab::{Lab, Machine, Result, VIP};

use crate::site::{SOON, config, package, program, tree};

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// The blocks of commands below a heading, up to the next one of its rank.
fn commands(document: &str, heading: &str) -> Vec<String> {
    let text = read(document);
    let section = text
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("{document} has no {heading}"))
        .1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| Some(block.split_once("```")?.0.to_owned()))
        .collect()
}

/// Types the lines in `directory`, in one shell that stops at the first that fails.
fn type_in(machine: &Machine, directory: &str, lines: &str) -> Result<String> {
    machine.write_file("/root/typed", format!("cd {directory}\n{lines}"))?;
    machine.must("sh -e -x /root/typed </dev/null")
}

#[test]
fn the_readmes_way_by_hand_ends_with_a_master() -> Result<()> {
    let blocks = commands("README.md", "## Run it");
    let [install, init, serve, ..] = blocks.as_slice() else {
        panic!("{blocks:#?}");
    };
    let lab = Lab::new(1)?;
    let machine = Machine::boot(lab.host("cp1")?, &tree())?;
    // What the first line makes, from the program that these tests are of.
    let install = install
        .strip_prefix("cargo build --release\n")
        .unwrap_or_else(|| panic!("{install}"));
    machine.copy_in(&program(), "/root/vrrpd/target/release/vrrpd")?;
    for file in [
        "systemd/vrrpd.service",
        "systemd/vrrpd.sysusers",
        "systemd/vrrpd.tmpfiles",
        "examples/vrrpd.yaml",
    ] {
        machine.write_file(&format!("/root/vrrpd/{file}"), read(file))?;
    }
    type_in(&machine, "/root/vrrpd", install)?;
    machine.must("rm /etc/vrrpd/vrrpd.yaml")?;
    type_in(&machine, "/root", init)?;
    let said = type_in(&machine, "/root", serve)?;
    assert!(said.contains("10.0.50.20"), "{said}");
    lab.wait_only_holder(VIP, "cp1", SOON)
}

#[test]
fn the_way_of_the_package_ends_with_a_master() -> Result<()> {
    let blocks = commands("docs/installing.md", "## Packages");
    let [build, install, ..] = blocks.as_slice() else {
        panic!("{blocks:#?}");
    };
    // It made the package that is installed here.
    assert!(build.starts_with("packaging/build "), "{build}");
    let file = install
        .split_whitespace()
        .find_map(|word| word.strip_prefix("./"))
        .unwrap_or_else(|| panic!("{install}"));
    let lab = Lab::new(1)?;
    let machine = Machine::boot(lab.host("cp1")?, &tree())?;
    machine.copy_in(&package(1), &format!("/root/{file}"))?;
    // Somebody who writes a configuration.
    machine.write_file("/root/wanted.yaml", config(0, "100ms"))?;
    let editor = "#!/bin/sh\ncat /root/wanted.yaml >\"$1\"\n";
    machine.write_file("/usr/local/bin/editor", editor)?;
    machine.must("chmod +x /usr/local/bin/editor")?;
    type_in(&machine, "/root", install)?;
    lab.wait_only_holder(VIP, "cp1", SOON)
}
