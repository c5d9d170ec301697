//! What needs more than one part of the configuration to be judged.

mod balancers;
mod host;
mod instances;
mod keys;
mod names;
mod settings;
mod tracks;
mod usefulness;

pub(crate) use host::{drop_own_peers, own_virtual_addresses};
pub(crate) use keys::once_each;

use crate::read::Draft;
use crate::report::Report;
use crate::yaml::Node;

/// Checks the parts of the document `root` against each other.
pub(crate) fn check(draft: &Draft<'_>, root: &Node, report: &mut Report) {
    names::unique(draft, report);
    names::references(draft, report);
    instances::check(draft, report);
    balancers::check(draft, report);
    tracks::check(draft, report);
    usefulness::check(draft, report);
    settings::check(draft, root, report);
}
