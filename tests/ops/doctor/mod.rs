//! `vrrpd doctor` in hosts where each trouble is really there, one file for each of its objects.

mod addresses;
mod host;
mod interface;
mod kernel;
mod segment;

use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{CONFIG_FILE, Command, Host, Lab, Output, Result, VIP, tools};

const BOUND: Duration = Duration::from_secs(30);

fn config(priority: u8, more: &str) -> String {
    format!(
        "instances:\n  - name: one\n    addresses: [{VIP}]\n    interface: ens20f0\n    vrid: 51\n    \
         priority: {priority}\n    advert_interval: 100ms\n{more}"
    )
}

/// What doctor finds on a host, with its exit code.
struct Diagnosis {
    code: Option<i32>,
    document: Value,
}

impl Diagnosis {
    fn of(host: &Host) -> Result<Self> {
        Ok(Self::read(
            &host.vrrpd_command(&["doctor", "--json"], BOUND)?,
        ))
    }

    /// Of the command, run by another program that takes something from it.
    fn under(host: &Host, program: &str, arguments: &[&str]) -> Result<Self> {
        let command = Command::new(program)
            .args(arguments)
            .arg(tools::vrrpd()?)
            .args(["doctor", "--json"]);
        Ok(Self::read(&host.output(&command, BOUND)?))
    }

    fn read(output: &Output) -> Self {
        let document = serde_json::from_str(&output.stdout);
        let document = document.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Self {
            code: output.status.code(),
            document,
        }
    }

    /// How many findings have `words` in message or remedy.
    fn about(&self, words: &str) -> usize {
        let findings = self.document["findings"].as_array().expect("findings");
        let named = findings
            .iter()
            .filter(|one| one.to_string().contains(words));
        named.count()
    }

    /// Whether there is such a finding, whose message has `words` in it.
    #[track_caller]
    fn has(&self, level: &str, family: &str, words: &str) {
        let findings = self.document["findings"].as_array().expect("findings");
        let found = findings.iter().any(|one| {
            one["level"] == level
                && one["family"] == family
                && one["message"]
                    .as_str()
                    .is_some_and(|text| text.contains(words))
                && (level == "ok" || one["remedy"].as_str().is_some_and(|text| !text.is_empty()))
        });
        assert!(
            found,
            "no {level} of {family} with {words:?} in {:#}",
            self.document
        );
        if level == "problem" {
            assert_eq!(self.code, Some(1));
        }
    }

    #[track_caller]
    fn has_no_problem(&self) {
        assert_eq!(self.code, Some(0), "{:#}", self.document);
        assert_eq!(self.document["problems"], 0, "{:#}", self.document);
    }
}

fn run(host: &Host, program: &str, arguments: &[&str]) -> Result<()> {
    let output = host.output(&Command::new(program).args(arguments), BOUND)?;
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    Ok(())
}

/// The doctor of a host without a daemon.
fn alone(more: &str) -> Result<(Lab, Diagnosis)> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, more))?;
    let diagnosis = Diagnosis::of(host)?;
    Ok((lab, diagnosis))
}
