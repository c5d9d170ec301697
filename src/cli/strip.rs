//! The last changes of state, as a strip below the tables of `vrrpd status --watch`.

use super::table::Page;
use crate::status::InstanceStatus;

/// Changes shown.
const SHOWN: usize = 5;

/// The last changes of all instances, the newest first; nothing where there is none.
pub(super) fn render(instances: &[InstanceStatus], page: &Page) -> String {
    let each = instances.iter().flat_map(|instance| {
        let transitions = instance.transitions.iter();
        transitions.map(move |transition| (&instance.name, transition))
    });
    let mut changes: Vec<_> = each.collect();
    if changes.is_empty() {
        return String::new();
    }
    // All times have the same form, in which text and time have one order.
    changes.sort_by(|(_, one), (_, other)| other.time.cmp(&one.time));
    let rows = changes.into_iter().take(SHOWN).map(|(name, transition)| {
        [
            transition.to.as_str().to_owned(),
            name.clone(),
            page.age(&transition.time),
            transition.from.as_str().to_owned(),
            transition.cause.clone(),
        ]
    });
    let header = ["STATE", "CHANGED", "AGO", "FROM", "BECAUSE"];
    format!("\n{}", page.table(header, rows))
}
