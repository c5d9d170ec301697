//! What needs more than one part of the configuration to be judged.

mod balancers;
mod instances;
mod keys;
mod names;
mod peers;
mod usefulness;

pub(crate) use keys::once_each;
pub(crate) use peers::drop_own_peers;

use crate::read::Draft;
use crate::report::Report;

/// Checks the parts against each other.
pub(crate) fn check(draft: &Draft<'_>, report: &mut Report) {
    names::unique(draft, report);
    names::references(draft, report);
    instances::check(draft, report);
    balancers::check(draft, report);
    usefulness::check(draft, report);
}
