//! From the YAML tree of a `vrrpd.yaml` to a [`Config`].
//!
//! Each part reads its own keys and checks what can be judged within the part; what needs more
//! than one part is in [`crate::rules`]. A value that is wrong is reported and replaced by a
//! stand-in, so that reading goes on and all errors come out at once.

mod address;
mod backend;
mod balancer;
mod check;
mod headers;
mod http;
mod instance;
mod name;
mod object;
mod scalar;
mod settings;
mod timing;
mod url;

pub(crate) use address::{not_unicast, split_host_port};
pub(crate) use http::is_server_name;
pub(crate) use name::interface;
pub(crate) use object::{Field, Object};
pub(crate) use scalar::{number, show, switch, text};
pub(crate) use url::parse as http_url;

use crate::config::{Check, Config, Group, Instance, LoadBalancer};
use crate::report::Report;
use crate::schema;
use crate::yaml::Node;

/// A part of the configuration with the node it was read from.
#[derive(Debug)]
pub(crate) struct Read<'a, T> {
    pub(crate) node: &'a Node,
    pub(crate) value: T,
}

/// Everything read from one file, before the parts are checked against each other.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) instances: Vec<Read<'a, Instance>>,
    pub(crate) groups: Vec<Read<'a, Group>>,
    pub(crate) checks: Vec<Read<'a, Check>>,
    pub(crate) load_balancers: Vec<Read<'a, LoadBalancer>>,
    settings: settings::Settings,
}

impl<'a> Draft<'a> {
    /// Reads the document of a `vrrpd.yaml`.
    pub(crate) fn read(root: &'a Node, report: &mut Report) -> Option<Self> {
        let object = Object::open(root, &schema::ROOT, report)?;
        let instances = object.require("instances", report);
        if let Some(field) = instances
            && field.value.items().is_some_and(<[Node]>::is_empty)
        {
            report
                .error(field.value, "`instances` is empty: there is nothing to do")
                .hint("give at least one instance with a `name` and `addresses`");
        }
        Some(Draft {
            instances: parts(instances, instance::read, report),
            groups: parts(object.get("groups"), group, report),
            checks: parts(object.get("checks"), check::read, report),
            load_balancers: parts(object.get("load_balancers"), balancer::read, report),
            settings: settings::read(&object, report),
        })
    }

    /// The configuration, once everything was checked.
    pub(crate) fn into_config(self) -> Config {
        fn values<T>(parts: Vec<Read<'_, T>>) -> Vec<T> {
            parts.into_iter().map(|part| part.value).collect()
        }
        Config {
            instances: values(self.instances),
            groups: values(self.groups),
            checks: values(self.checks),
            load_balancers: values(self.load_balancers),
            control: self.settings.control,
            metrics: self.settings.metrics,
            log: self.settings.log,
            realtime: self.settings.realtime,
        }
    }
}

/// Reads each item of a list of mappings.
fn parts<'a, T>(
    field: Option<Field<'a>>,
    read: impl Fn(&'a Node, &mut Report) -> Option<T>,
    report: &mut Report,
) -> Vec<Read<'a, T>> {
    let items = field
        .and_then(|field| field.list(report))
        .unwrap_or_default();
    items
        .iter()
        .filter_map(|node| {
            Some(Read {
                node,
                value: read(node, report)?,
            })
        })
        .collect()
}

fn group(node: &Node, report: &mut Report) -> Option<Group> {
    let object = Object::open(node, &schema::GROUP, report)?;
    let name = name::required(&object, report);
    let field = object.require("members", report);
    let items = field
        .and_then(|field| field.list(report))
        .unwrap_or_default();
    let members: Vec<String> = items
        .iter()
        .filter_map(|item| {
            text(
                Field {
                    name: "members",
                    key: item,
                    value: item,
                },
                report,
            )
        })
        .map(str::to_owned)
        .collect();
    if let Some(field) = field
        && field.value.items().is_some()
        && items.len() < 2
    {
        report.error(field.value, "a group needs at least two members");
    }
    Some(Group { name, members })
}
