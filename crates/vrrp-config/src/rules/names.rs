//! Names are unique, and what is referred to by name exists.

use crate::config::Tracked;
use crate::read::{Draft, Read};
use crate::report::Report;
use crate::words::{nearest, quoted};
use crate::yaml::Node;

pub(super) fn unique(draft: &Draft<'_>, report: &mut Report) {
    each_once(
        "instance",
        &draft.instances,
        |instance| &instance.name,
        report,
    );
    each_once("group", &draft.groups, |group| &group.name, report);
    each_once("check", &draft.checks, |check| &check.name, report);
    each_once(
        "load balancer",
        &draft.load_balancers,
        |balancer| &balancer.name,
        report,
    );
}

fn each_once<T>(
    what: &str,
    parts: &[Read<'_, T>],
    name: impl Fn(&T) -> &String,
    report: &mut Report,
) {
    for (at, part) in parts.iter().enumerate() {
        let wanted = name(&part.value);
        let earlier = parts
            .iter()
            .take(at)
            .find(|other| name(&other.value) == wanted);
        if let (Some(earlier), false) = (earlier, wanted.is_empty()) {
            report
                .error(
                    at_key(part.node, "name"),
                    format!("two {what}s are named {}", quoted(wanted)),
                )
                .related(at_key(earlier.node, "name"), "the other");
        }
    }
}

/// The value under a key, or the whole where the key is missing.
pub(super) fn at_key<'a>(node: &'a Node, key: &str) -> &'a Node {
    node.get(key).unwrap_or(node)
}

/// The items of the list under a key.
pub(super) fn items_of<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::items).unwrap_or_default()
}

pub(super) fn references(draft: &Draft<'_>, report: &mut Report) {
    let checks: Vec<&str> = draft
        .checks
        .iter()
        .map(|check| check.value.name.as_str())
        .collect();
    for instance in &draft.instances {
        for track in &instance.value.track {
            let Tracked::Check(name) = &track.target else {
                continue;
            };
            if checks.contains(&name.as_str()) {
                continue;
            }
            let node = items_of(instance.node, "track")
                .iter()
                .filter_map(|item| item.get("check"))
                .find(|node| node.text() == Some(name));
            missing(
                "check",
                name,
                &checks,
                node.unwrap_or(instance.node),
                report,
            );
        }
    }
    let instances: Vec<&str> = draft
        .instances
        .iter()
        .map(|instance| instance.value.name.as_str())
        .collect();
    let mut members: Vec<(&str, &Node)> = Vec::new();
    for group in &draft.groups {
        for node in items_of(group.node, "members") {
            let Some(name) = node.text().filter(|name| !name.is_empty()) else {
                continue;
            };
            if !instances.contains(&name) {
                missing("instance", name, &instances, node, report);
            } else if let Some((_, first)) = members.iter().find(|(other, _)| *other == name) {
                report
                    .error(
                        node,
                        format!("the instance {} is in a group twice", quoted(name)),
                    )
                    .related(first, "first here")
                    .hint("an instance moves with one group");
            }
            members.push((name, node));
        }
    }
}

fn missing(what: &str, name: &str, known: &[&str], node: &Node, report: &mut Report) {
    let finding = report.error(node, format!("there is no {what} named {}", quoted(name)));
    if let Some(near) = nearest(name, known.iter().copied().filter(|name| !name.is_empty())) {
        finding.label(format!("did you mean `{near}`?"));
    }
    let named: Vec<&str> = known
        .iter()
        .copied()
        .filter(|name| !name.is_empty())
        .collect();
    match named.as_slice() {
        [] => finding.hint(format!("define it under `{what}s`")),
        _ => finding.hint(format!("the {what}s are {}", named.join(", "))),
    };
}
