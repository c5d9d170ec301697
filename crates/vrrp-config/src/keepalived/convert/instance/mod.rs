//! `vrrp_instance`: one virtual router.

mod draft;
mod election;
mod notify;
mod secret;
mod unicast;

use super::address::Addresses;
use super::globals::Globals;
use super::group::SyncGroups;
use super::names::Names;
use super::no_more_words;
use super::script::Scripts;
use crate::keepalived::Effect;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::output::Instance;
use crate::keepalived::tree::Directive;
use draft::Draft;

/// What an instance inherits and belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) globals: &'a Globals,
    pub(super) groups: &'a SyncGroups<'a>,
    /// The instances before this one.
    pub(super) earlier: &'a [Instance],
}

impl Context<'_> {
    /// The name of the earlier instance that is the same virtual router.
    fn twin(&self, draft: &Draft<'_>, ipv6: bool, vrid: u8) -> Option<&str> {
        let same = |earlier: &&Instance| {
            earlier.vrid == vrid
                && earlier.is_ipv6() == ipv6
                && earlier.interface.is_some()
                && earlier.interface == draft.interface
        };
        let twin = self.earlier.iter().find(same)?;
        Some(&twin.name)
    }
}

/// The instance, or `None` where vrrpd cannot run it.
pub(super) fn convert(
    directive: &Directive,
    context: &Context<'_>,
    scripts: &mut Scripts<'_>,
    names: &mut Names,
    ledger: &mut Ledger,
) -> Option<Instance> {
    let draft = Draft::read(directive, context.globals, ledger);
    let mut addresses = Addresses::default();
    for line in &draft.addresses {
        let interface = draft.interface.as_deref();
        addresses.read(line, interface, context.earlier, ledger);
    }
    let (ipv6, vrid) = match (addresses.is_ipv6(), draft.vrid) {
        (Some(ipv6), Some(vrid)) => (ipv6, vrid),
        (missing, _) => {
            let why = if missing.is_none() {
                "the instance has no address that can be carried over"
            } else {
                "the instance has no valid `virtual_router_id`"
            };
            ledger.note_all(directive, why, Effect::Changed);
            return None;
        }
    };
    if let Some(twin) = context.twin(&draft, ipv6, vrid) {
        let why = format!("{twin} has the same VRID of {vrid} on the same interface");
        ledger.note_all(directive, &why, Effect::Changed);
        return None;
    }
    // Keepalived speaks version 3 over IPv6 whatever it is told.
    let version = if ipv6 { 3 } else { draft.version };
    let wanted = directive.arg(1).unwrap_or_default();
    let name = names.give(wanted, "instance");
    if wanted != name {
        ledger.remark(
            &directive.origin,
            format!("the instance is called {name} now"),
        );
    }
    no_more_words(directive, 2, ledger);

    let election = election::convert(
        directive,
        &draft,
        context.groups.of(wanted),
        scripts,
        ledger,
    );
    let unicast = unicast::convert(&draft, &addresses, ledger);
    Some(Instance {
        name,
        addresses: addresses.texts(),
        vrid,
        priority: election.priority,
        advert_interval: election::advert_interval(draft.interval, version, ledger),
        version,
        preempt: election.preempt,
        preempt_delay: election.preempt_delay,
        auth: draft
            .authentication
            .and_then(|block| secret::convert(block, version, ledger)),
        source: unicast.source.map(|source| source.to_string()),
        peers: unicast.peers,
        min_ttl: unicast.min_ttl,
        vmac: draft.vmac,
        announce: draft.announce,
        track: election.track,
        notify: notify::convert(&draft.notify, wanted, ledger),
        interface: draft.interface,
    })
}
