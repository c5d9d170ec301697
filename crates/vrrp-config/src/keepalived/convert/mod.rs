//! From Keepalived's blocks to the parts of `vrrpd.yaml`.

mod address;
mod checker;
mod globals;
mod group;
mod instance;
mod names;
mod reasons;
mod script;
mod track;
mod virtual_server;
mod words;

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;

use super::ledger::Ledger;
use super::output::Output;
use super::tree::Directive;
use super::{Effect, Files};
use globals::Globals;
use group::SyncGroups;
use names::Names;
use script::Scripts;

/// Converts a whole configuration; `path` is the file it was read from.
pub(super) fn convert(
    tree: &[Directive],
    files: &dyn Files,
    path: &Path,
    ledger: &mut Ledger,
) -> Output {
    let directory = path.parent().unwrap_or(Path::new(""));
    let globals = Globals::read(tree, ledger);
    let mut scripts = Scripts::new(tree, files, directory, ledger);
    let groups = SyncGroups::read(tree, ledger);

    let mut instances = Vec::new();
    let mut names = Names::default();
    let mut renamed = Vec::new();
    for directive in of(tree, "vrrp_instance") {
        let context = instance::Context {
            globals: &globals,
            groups: &groups,
            earlier: &instances,
        };
        let instance = instance::convert(directive, &context, &mut scripts, &mut names, ledger);
        if let Some(instance) = instance {
            renamed.push((directive.arg(1).unwrap_or_default(), instance.name.clone()));
            instances.push(instance);
        }
    }

    let virtual_addresses: HashSet<IpAddr> = instances
        .iter()
        .flat_map(|instance| &instance.addresses)
        .filter_map(|text| text.split('/').next()?.parse().ok())
        .collect();
    let mut fronts = virtual_server::Fronts::new(virtual_addresses);
    let load_balancers = of(tree, "virtual_server")
        .filter_map(|directive| virtual_server::convert(directive, &mut fronts, &globals, ledger))
        .collect();

    for directive in tree {
        if let Some((effect, why)) = reasons::top_level(directive.keyword()) {
            ledger.note_all(directive, why, effect);
        }
    }
    Output {
        instances,
        groups: groups.convert(&renamed, ledger),
        checks: scripts.close(ledger),
        load_balancers,
    }
}

/// The directives of that name at the top level.
fn of<'a>(tree: &'a [Directive], keyword: &'a str) -> impl Iterator<Item = &'a Directive> {
    tree.iter()
        .filter(move |directive| directive.keyword() == keyword)
}

/// Notes what stands behind the `wanted` words of a directive.
fn no_more_words(directive: &Directive, wanted: usize, ledger: &mut Ledger) {
    if !directive.args(wanted).is_empty() {
        let why = format!(
            "Keepalived ignores what stands behind `{}` on its line",
            directive.keyword()
        );
        ledger.part(directive, directive.text_from(wanted), why, Effect::None);
    }
}
