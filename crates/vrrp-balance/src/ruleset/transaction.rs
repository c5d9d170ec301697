//! The script that takes a table from what it holds to what it is to hold, in one transaction.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Lookup, Ruleset, TABLE};

/// Names of what a table holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Objects {
    pub(crate) chains: BTreeSet<String>,
    pub(crate) sets: BTreeSet<String>,
    pub(crate) maps: BTreeSet<String>,
    pub(crate) counters: BTreeSet<String>,
    pub(crate) timeouts: BTreeSet<String>,
}

impl Objects {
    pub(crate) fn of(ruleset: &Ruleset) -> Self {
        let lookups = |what| {
            let of_kind = ruleset
                .lookups
                .iter()
                .filter(move |lookup| lookup.what == what);
            of_kind.map(|lookup| lookup.name.clone())
        };
        let mut sets = names(&ruleset.sets, |set| &set.name);
        sets.extend(lookups("set"));
        Self {
            chains: names(&ruleset.chains, |chain| &chain.name),
            sets,
            maps: lookups("map").collect(),
            counters: ruleset.counters.iter().cloned().collect(),
            timeouts: names(&ruleset.timeouts, |timeout| &timeout.name),
        }
    }
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> BTreeSet<String> {
    items.iter().map(|item| name(item).clone()).collect()
}

/// For whoever lists the table.
const COMMENT: &str = "written by vrrpd; what others change here is undone";

/// Clients that a persistence set remembers at most; further ones are balanced without.
const CLIENTS: u32 = 65_536;

/// Makes the table where there is none, named `table`.
pub(crate) fn create(table: &str, wanted: &Ruleset) -> String {
    let mut script = format!("add table inet {table} {{ comment \"{COMMENT}\"; }}\n");
    declare(&mut script, table, wanted);
    rules(&mut script, table, wanted);
    script
}

/// Makes the table anew in place of one that is there; what it remembers is lost.
pub(crate) fn replace(wanted: &Ruleset) -> String {
    format!(
        "add table inet {TABLE}\ndelete table inet {TABLE}\n{}",
        create(TABLE, wanted)
    )
}

/// Changes a table that holds `present`: counters and the clients that backends keep stay.
pub(crate) fn update(present: &Objects, wanted: &Ruleset) -> String {
    let mut script = format!("add table inet {TABLE}\n");
    declare(&mut script, TABLE, wanted);
    let _ = writeln!(script, "flush table inet {TABLE}");
    let goal = Objects::of(wanted);
    // Before the chains that their elements lead to.
    for lookup in &wanted.lookups {
        let _ = writeln!(script, "flush {} inet {TABLE} {}", lookup.what, lookup.name);
    }
    let mut delete = |kind: &str, present: &BTreeSet<String>, goal: &BTreeSet<String>| {
        for name in present.difference(goal) {
            let _ = writeln!(script, "delete {kind} inet {TABLE} {name}");
        }
    };
    delete("map", &present.maps, &goal.maps);
    delete("chain", &present.chains, &goal.chains);
    delete("set", &present.sets, &goal.sets);
    delete("counter", &present.counters, &goal.counters);
    delete("ct timeout", &present.timeouts, &goal.timeouts);
    for set in wanted.sets.iter().filter(|set| !set.kept) {
        if present.sets.contains(&set.name) {
            let _ = writeln!(script, "flush set inet {TABLE} {}", set.name);
        }
    }
    rules(&mut script, TABLE, wanted);
    script
}

/// Everything that has a name; what is there already stays as it is.
fn declare(script: &mut String, table: &str, wanted: &Ruleset) {
    for counter in &wanted.counters {
        let _ = writeln!(script, "add counter inet {table} {counter}");
    }
    for timeout in &wanted.timeouts {
        let _ = writeln!(
            script,
            "add ct timeout inet {table} {} {{ protocol tcp; l3proto {}; policy = {{ {} }}; }}",
            timeout.name, timeout.layer3, timeout.policy
        );
    }
    for set in &wanted.sets {
        let _ = writeln!(
            script,
            "add set inet {table} {} {{ type {}; size {CLIENTS}; flags dynamic,timeout; }}",
            set.name, set.kind
        );
    }
    for lookup in &wanted.lookups {
        let Lookup {
            name, what, kind, ..
        } = lookup;
        let _ = writeln!(script, "add {what} inet {table} {name} {{ type {kind}; }}");
    }
    for chain in &wanted.chains {
        let _ = match chain.hook {
            Some(hook) => writeln!(
                script,
                "add chain inet {table} {} {{ type {hook}; policy accept; }}",
                chain.name
            ),
            None => writeln!(script, "add chain inet {table} {}", chain.name),
        };
    }
}

fn rules(script: &mut String, table: &str, wanted: &Ruleset) {
    for Lookup { name, elements, .. } in &wanted.lookups {
        let elements = elements.join(", ");
        let _ = writeln!(script, "add element inet {table} {name} {{ {elements} }}");
    }
    for chain in &wanted.chains {
        for rule in &chain.rules {
            let _ = writeln!(script, "add rule inet {table} {} {rule}", chain.name);
        }
    }
}
