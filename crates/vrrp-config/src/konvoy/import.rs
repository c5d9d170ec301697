//! A `cluster.yaml` as the `vrrpd.yaml` that does the same, for those who leave Konvoy behind.

use std::path::Path;
use std::time::Duration;

use crate::config::{BackendProbe, Check, Config, Instance, LoadBalancer, Probe, Scheduler, Tls};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keepalived::output::{
    self, Announce, BackendCheck, Http, Output, Target, Timing, Tls as TlsOutput, Track,
};
use crate::keepalived::{Effect, Imported, NotCarriedOver, Remark, yaml};
use crate::load::{HostFacts, Loaded, Text, parse};
use crate::yaml::{Node, Parsed};

use super::config::Wish;

/// Whether a text is Konvoy's.
#[must_use]
pub fn is_konvoy_file(text: &str) -> bool {
    Parsed::new("", text, 0).is_ok_and(|parsed| super::is_konvoy(&parsed))
}

/// Makes the `vrrpd.yaml` of this host of a `cluster.yaml` and its inventory. Where the cloud's
/// load balancer is in charge, or with `load_balance`, with a load balancer over the
/// control-plane hosts.
///
/// # Errors
/// Everything that is wrong with the files, as when they are run; or the file leaves the address
/// to a load balancer of somebody else.
pub fn import_konvoy(
    cluster: Text<'_>,
    inventory: Option<Text<'_>>,
    load_balance: bool,
    host: &HostFacts,
) -> Result<Imported, Diagnostics> {
    let wish = Wish {
        load_balance,
        replace_cloud: true,
    };
    let loaded = match parse(cluster, inventory, wish, host)? {
        Loaded::Config(loaded) => loaded,
        Loaded::ExternalLoadBalancer(external) => {
            return Err(Diagnostic::error(format!("{}: {external}", cluster.name))
                .with_hint("there is no virtual address to carry over")
                .into());
        }
    };
    let parsed = Parsed::new(cluster.name, cluster.text, 0)?;
    let path = Path::new(cluster.name);
    let not_carried_over = others(&parsed, path);
    let mut remarks: Vec<Remark> = loaded
        .warnings
        .iter()
        .map(|warning| Remark {
            file: path.to_owned(),
            line: warning.location.as_ref().map_or(1, |place| place.start().0),
            text: warning.message.clone(),
        })
        .collect();
    remarks.push(Remark {
        file: path.to_owned(),
        line: 1,
        text: if inventory.is_some() {
            "priority: this host's, by its place among the control-plane hosts; the others have \
             other files"
        } else {
            "priority: give each host its own, or import with --inventory"
        }
        .to_owned(),
    });
    let yaml = yaml::write(path, &output(&loaded.config), &not_carried_over, &remarks)
        .map_err(|error| Diagnostic::error(format!("writing the result: {error}")))?;
    Ok(Imported {
        yaml,
        not_carried_over,
        remarks,
    })
}

/// The keys that are read, from the root of a document.
const READ: [&[&str]; 7] = [
    &["kind"],
    &["apiVersion"],
    &[
        "spec",
        "kubernetes",
        "controlPlane",
        "controlPlaneEndpointOverride",
    ],
    &["spec", "kubernetes", "controlPlane", "keepalived"],
    &["spec", "aws", "elb", "apiServerPort"],
    &["spec", "aws", "elb", "internal"],
    &["metadata"],
];

/// Everything else, each as high up as nothing below it is read.
fn others(parsed: &Parsed, path: &Path) -> Vec<NotCarriedOver> {
    let mut found = Vec::new();
    for document in &parsed.documents {
        walk(document, &mut Vec::new(), &mut |key, name| {
            found.push(NotCarriedOver {
                file: path.to_owned(),
                line: parsed.locate(key.id).start().0,
                directive: name,
                why: "Konvoy's own business".to_owned(),
                effect: Effect::None,
            });
        });
    }
    found
}

fn walk<'a>(node: &'a Node, at: &mut Vec<&'a str>, found: &mut impl FnMut(&Node, String)) {
    for (key, value) in node.entries().unwrap_or_default() {
        at.push(key.text().unwrap_or("?"));
        if READ.contains(&at.as_slice()) {
            // It is in the result.
        } else if READ.iter().any(|read| read.starts_with(at)) && value.entries().is_some() {
            walk(value, at, found);
        } else {
            found(key, at.join("."));
        }
        at.pop();
    }
}

fn output(config: &Config) -> Output {
    Output {
        instances: config.instances.iter().map(instance).collect(),
        checks: config.checks.iter().filter_map(check).collect(),
        load_balancers: config.load_balancers.iter().map(balancer).collect(),
        ..Output::default()
    }
}

fn balancer(balancer: &LoadBalancer) -> output::LoadBalancer {
    let backends = balancer.backends.iter().map(|backend| output::Backend {
        address: backend.address.to_string(),
        weight: backend.weight,
    });
    output::LoadBalancer {
        name: balancer.name.clone(),
        address: balancer.address.to_string(),
        port: balancer.port,
        backends: backends.collect(),
        scheduler: match balancer.scheduler {
            Scheduler::SourceHash => "source_hash",
            Scheduler::RoundRobin => "round_robin",
            Scheduler::Random => "random",
        },
        persistence: balancer.persistence.map(crate::read::show),
        idle_timeout: Some(crate::read::show(balancer.idle_timeout)),
        allow: balancer.allow.iter().map(ToString::to_string).collect(),
        check: backend_check(balancer),
    }
}

fn backend_check(balancer: &LoadBalancer) -> Option<BackendCheck> {
    let check = balancer.check.as_ref()?;
    // The only kind that a Konvoy file comes to.
    let BackendProbe::Http {
        scheme, path, tls, ..
    } = &check.probe
    else {
        return None;
    };
    Some(BackendCheck {
        probe: output::Probe::Http(Http {
            url: format!("{}://{{backend}}{path}", scheme.as_str()),
            tls: shown(tls.clone().unwrap_or_default()),
            ..Http::default()
        }),
        timing: timing(check.interval, check.timeout, check.fall, check.rise),
    })
}

fn timing(interval: Duration, timeout: Duration, fall: u8, rise: u8) -> Timing {
    Timing {
        interval: crate::read::show(interval),
        timeout: crate::read::show(timeout),
        fall,
        rise,
    }
}

/// What a Konvoy file can say of an instance; all else has its default.
fn instance(instance: &Instance) -> output::Instance {
    let host_prefix = instance.family().host_prefix();
    let addresses = instance.addresses.iter().map(|found| {
        if found.prefix == host_prefix {
            found.address.to_string()
        } else {
            found.to_string()
        }
    });
    output::Instance {
        name: instance.name.clone(),
        addresses: addresses.collect(),
        interface: instance.interface.clone(),
        vrid: instance.vrid,
        priority: instance.priority,
        advert_interval: crate::read::show(instance.advert_interval),
        version: instance.version.number(),
        preempt: instance.preempt,
        preempt_delay: None,
        auth: None,
        source: None,
        peers: None,
        min_ttl: None,
        vmac: instance.vmac,
        announce: Announce::default(),
        notify: None,
        track: instance
            .track
            .iter()
            .map(|track| Track {
                target: match &track.target {
                    crate::config::Tracked::Check(name) => Target::Check(name.clone()),
                    crate::config::Tracked::Interface(name) => Target::Interface(name.clone()),
                },
                penalty: track.penalty,
            })
            .collect(),
    }
}

fn check(check: &Check) -> Option<output::Check> {
    // The only kind that a Konvoy file comes to.
    let Probe::Http(http) = &check.probe else {
        return None;
    };
    Some(output::Check {
        name: check.name.clone(),
        probe: output::Probe::Http(Http {
            url: http.url.to_string(),
            tls: shown(http.tls.clone().unwrap_or_default()),
            ..Http::default()
        }),
        timing: timing(check.interval, check.timeout, check.fall, check.rise),
    })
}

fn shown(tls: Tls) -> TlsOutput {
    let path = |path: Option<std::path::PathBuf>| path.map(|path| path.display().to_string());
    TlsOutput {
        ca: path(tls.ca),
        server_name: tls.server_name,
        verify: (!tls.verify).then_some(false),
        cert: path(tls.cert),
        key: path(tls.key),
    }
}
