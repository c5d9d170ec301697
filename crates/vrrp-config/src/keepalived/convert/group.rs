//! `vrrp_sync_group`: instances that change state together.

use super::names::Names;
use super::{of, reasons};
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::output::Group;
use crate::keepalived::tree::Directive;

/// Every sync group of the file.
#[derive(Debug)]
pub(super) struct SyncGroups<'a> {
    groups: Vec<SyncGroup<'a>>,
}

/// One sync group.
#[derive(Debug)]
pub(super) struct SyncGroup<'a> {
    directive: &'a Directive,
    members: Vec<&'a str>,
    /// Whether the weights that its members give to what they track count.
    pub(super) weights: bool,
    /// `track_script` and `track_interface` of the group.
    pub(super) tracks: Vec<&'a Directive>,
}

impl<'a> SyncGroups<'a> {
    pub(super) fn read(tree: &'a [Directive], ledger: &mut Ledger) -> Self {
        let groups = of(tree, "vrrp_sync_group")
            .map(|group| read(group, ledger))
            .collect();
        Self { groups }
    }

    /// The group of the instance that Keepalived calls `member`.
    pub(super) fn of(&self, member: &str) -> Option<&SyncGroup<'a>> {
        self.groups
            .iter()
            .find(|group| group.members.contains(&member))
    }

    /// The groups of vrrpd, with the names that the instances have been given.
    pub(super) fn convert(&self, instances: &[(&str, String)], ledger: &mut Ledger) -> Vec<Group> {
        let mut names = Names::default();
        let mut grouped: Vec<&str> = Vec::new();
        let mut converted = Vec::new();
        for group in &self.groups {
            let mut members = Vec::new();
            for &member in &group.members {
                let known = instances.iter().find(|(name, _)| *name == member);
                let part = format!("member {member}");
                match known {
                    None => {
                        let why = "there is no such instance, or it was not carried over";
                        ledger.part(group.directive, part, why, Effect::Changed);
                    }
                    Some(_) if grouped.contains(&member) => {
                        let why = "an instance can be in one group only";
                        ledger.part(group.directive, part, why, Effect::Changed);
                    }
                    Some((_, name)) => {
                        grouped.push(member);
                        members.push(name.clone());
                    }
                }
            }
            if members.len() < 2 {
                ledger.lost(
                    group.directive,
                    "a group of fewer than two instances has no effect",
                );
            } else {
                let name = names.give(group.directive.arg(1).unwrap_or_default(), "group");
                converted.push(Group { name, members });
            }
        }
        converted
    }
}

fn read<'a>(directive: &'a Directive, ledger: &mut Ledger) -> SyncGroup<'a> {
    let mut group = SyncGroup {
        directive,
        members: Vec::new(),
        weights: false,
        tracks: Vec::new(),
    };
    for inner in directive.block() {
        match inner.keyword() {
            "group" => {
                let names = inner.block().iter().flat_map(|line| &line.words);
                group.members.extend(names.map(String::as_str));
            }
            "track_script" | "track_interface" => group.tracks.push(inner),
            "global_tracking" | "sync_group_tracking_weight" => {
                group.weights = true;
                ledger.needless(inner, "the weights are carried over with the instances");
            }
            _ => {
                let (effect, why) = reasons::group(inner.keyword());
                ledger.note_all(inner, why, effect);
            }
        }
    }
    group
}
