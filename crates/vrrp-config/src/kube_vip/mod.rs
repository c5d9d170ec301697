//! Reads a manifest of kube-vip (a static pod or a DaemonSet) and writes what it means as
//! `vrrpd.yaml`.
//!
//! Its settings are environment variables of one container; `settings` says what becomes of each.

mod settings;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::Path;

use crate::KUBERNETES_CA;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keepalived::output::{
    Announce, Check, Http, Instance, Output, Probe, Target, Timing, Tls, Track,
};
use crate::keepalived::{Effect, Imported, NotCarriedOver, Remark, yaml};
use crate::load::Text;
use crate::vrid::derived_vrid;
use crate::yaml::{Node, Parsed};

use settings::{Fate, Settings};

/// Whether a text is a manifest with a kube-vip in it.
#[must_use]
pub fn is_kube_vip(text: &str) -> bool {
    text.contains("kube-vip")
        && Parsed::new("", text, 0).is_ok_and(|parsed| container(&parsed).is_some())
}

/// Makes a `vrrpd.yaml` of a manifest.
///
/// # Errors
/// The manifest cannot be read, or asks for no virtual address of a control plane.
pub fn import_kube_vip(manifest: Text<'_>) -> Result<Imported, Diagnostics> {
    let parsed = Parsed::new(manifest.name, manifest.text, 0)?;
    let Some(container) = container(&parsed) else {
        let text = format!("{} has no container of kube-vip", manifest.name);
        return Err(Diagnostic::error(text)
            .with_hint("give its static pod (/etc/kubernetes/manifests/kube-vip.yaml) or DaemonSet")
            .into());
    };
    let mut import = Import {
        parsed: &parsed,
        path: Path::new(manifest.name),
        lost: Vec::new(),
        remarks: Vec::new(),
    };
    let settings = import.settings(container);
    let output = import.output(&settings)?;
    let Import {
        lost,
        remarks,
        path,
        ..
    } = import;
    let yaml = yaml::write(path, &output, &lost, &remarks)
        .map_err(|error| Diagnostic::error(format!("writing the result: {error}")))?;
    Ok(Imported {
        yaml,
        not_carried_over: lost,
        remarks,
    })
}

/// The container of kube-vip in a Pod, or in the pods of a DaemonSet or Deployment.
fn container(parsed: &Parsed) -> Option<&Node> {
    parsed
        .documents
        .iter()
        .filter_map(|document| {
            document
                .at(&["spec", "template", "spec", "containers"])
                .or_else(|| document.at(&["spec", "containers"]))?
                .items()
        })
        .flatten()
        .find(|container| {
            let has = |key| {
                let text = container.get(key).and_then(Node::text).unwrap_or_default();
                text.contains("kube-vip")
            };
            has("image") || has("name")
        })
}

struct Import<'a> {
    parsed: &'a Parsed,
    path: &'a Path,
    lost: Vec<NotCarriedOver>,
    remarks: Vec<Remark>,
}

impl Import<'_> {
    fn line(&self, node: &Node) -> usize {
        self.parsed.locate(node.id).start().0
    }

    fn leave_out(&mut self, node: &Node, directive: String, why: &str, effect: Effect) {
        self.lost.push(NotCarriedOver {
            file: self.path.to_owned(),
            line: self.line(node),
            directive,
            why: why.to_owned(),
            effect,
        });
    }

    fn remark(&mut self, line: usize, text: impl Into<String>) {
        self.remarks.push(Remark {
            file: self.path.to_owned(),
            line,
            text: text.into(),
        });
    }

    /// What the variables say; what is not carried over is listed.
    fn settings(&mut self, container: &Node) -> Settings {
        let mut settings = Settings {
            line: self.line(container),
            ..Settings::default()
        };
        let items = |key| container.get(key).and_then(Node::items).unwrap_or_default();
        for item in items("env") {
            let Some(name) = item.get("name").and_then(Node::text) else {
                continue;
            };
            let value = item.get("value");
            let text = value.map(settings::as_text).unwrap_or_default();
            let directive = match value {
                Some(_) => format!("{name}={text}"),
                None => name.to_owned(),
            };
            match settings.take(name, &text, self.line(item)) {
                Fate::CarriedOver => {}
                Fate::Needless(why) => self.leave_out(item, directive, why, Effect::None),
                Fate::Lost(why) => self.leave_out(item, directive, why, Effect::Changed),
            }
        }
        for item in items("args") {
            let text = settings::as_text(item);
            if text.starts_with('-') {
                let why =
                    "options of the command line are not read: write it as a variable under `env`";
                self.leave_out(item, text, why, Effect::Changed);
            }
        }
        settings
    }

    fn output(&mut self, settings: &Settings) -> Result<Output, Diagnostics> {
        let refuse = |line: usize, text: &str, hint: &str| -> Diagnostics {
            let place = format!("{}:{line}: {text}", self.path.display());
            Diagnostic::error(place).with_hint(hint).into()
        };
        if settings.control_plane == Some(false) {
            return Err(refuse(
                settings.line,
                "this kube-vip serves Services, not the control plane (cp_enable is not true)",
                "keep it for them: vrrpd is for addresses of hosts",
            ));
        }
        let Some((address, line)) = &settings.address else {
            return Err(refuse(
                settings.line,
                "the manifest gives no virtual address",
                "its variable `address` is missing",
            ));
        };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for part in address.split(',').map(str::trim) {
            match part.parse() {
                Ok(address) => addresses.push(address),
                Err(_) => {
                    return Err(refuse(
                        *line,
                        &format!("the address {part:?} is a name, and names are not looked up"),
                        "write the IP address that it stands for",
                    ));
                }
            }
        }
        let mut instances: Vec<Instance> = Vec::new();
        for (v4, name) in [(true, "control-plane"), (false, "control-plane-v6")] {
            let mine: Vec<IpAddr> = addresses
                .iter()
                .copied()
                .filter(|address| address.is_ipv4() == v4)
                .collect();
            if let Some(first) = mine.first().copied() {
                let name = if instances.is_empty() {
                    "control-plane"
                } else {
                    name
                };
                let texts = mine
                    .iter()
                    .map(|address| settings.with_prefix(*address))
                    .collect();
                instances.push(instance(name, texts, first, settings));
            }
        }
        for text in REMARKS {
            self.remark(*line, *text);
        }
        let loopback = if addresses.iter().any(IpAddr::is_ipv4) {
            "127.0.0.1"
        } else {
            "[::1]"
        };
        Ok(Output {
            instances,
            checks: vec![check(loopback, settings.port.unwrap_or(6443))],
            ..Output::default()
        })
    }
}

/// What is true of every result.
const REMARKS: &[&str] = &[
    "priority: kube-vip has none; give each host its own, such as 254, 253 and 252",
    "vrid: made from the address; it must be used by nobody else on this network",
    "take kube-vip's manifest away on each host before vrrpd starts there: only one of the two may \
     have the address",
];

fn instance(name: &str, addresses: Vec<String>, first: IpAddr, settings: &Settings) -> Instance {
    Instance {
        name: name.to_owned(),
        addresses,
        interface: settings.interface.clone(),
        vrid: derived_vrid(first),
        priority: 100,
        advert_interval: "1s".to_owned(),
        version: 3,
        preempt: true,
        preempt_delay: None,
        auth: None,
        source: None,
        peers: None,
        min_ttl: None,
        vmac: false,
        announce: Announce::default(),
        notify: None,
        track: vec![Track {
            target: Target::Check("apiserver".to_owned()),
            penalty: None,
        }],
    }
}

fn check(host: &str, port: u16) -> Check {
    Check {
        name: "apiserver".to_owned(),
        probe: Probe::Http(Http {
            url: format!("https://{host}:{port}/healthz"),
            tls: Tls {
                ca: Some(KUBERNETES_CA.to_owned()),
                server_name: Some("kubernetes".to_owned()),
                ..Tls::default()
            },
            ..Http::default()
        }),
        timing: Timing {
            interval: "1s".to_owned(),
            timeout: "1s".to_owned(),
            fall: 2,
            rise: 2,
        },
    }
}
