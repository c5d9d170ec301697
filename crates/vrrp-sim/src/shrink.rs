//! Makes a failing scenario short: fewer faults, shorter ones, a simpler network.

use crate::fault::{Fault, Planned};
use crate::scenario::Scenario;
use crate::world::run;

/// A fault that lasts no longer than this many nanoseconds is short enough.
const SHORT: u64 = 1_000_000;

/// The smallest scenario found that still violates the same invariant as `scenario` does.
/// Returns it unchanged if it violates none.
#[must_use]
pub fn shrink(scenario: &Scenario) -> Scenario {
    let mut best = scenario.clone();
    let Some(violation) = run(&best).violation else {
        return best;
    };
    let fails = |candidate: &Scenario| {
        run(candidate)
            .violation
            .is_some_and(|seen| seen.invariant == violation.invariant)
    };
    loop {
        let smaller = candidates(&best).into_iter().find(&fails);
        match smaller {
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}

fn candidates(scenario: &Scenario) -> Vec<Scenario> {
    let mut all = Vec::new();
    for index in (0..scenario.schedule.len()).rev() {
        let mut fewer = scenario.clone();
        fewer.schedule.remove(index);
        all.push(fewer);
    }
    for index in 0..scenario.schedule.len() {
        let mut shorter = scenario.clone();
        let lasts = shorter.schedule[index].1.lasts_mut();
        if let Some(nanos) = lasts.filter(|nanos| **nanos > SHORT) {
            *nanos /= 2;
            all.push(shorter);
        }
    }
    if scenario.network.duplicates > 0 {
        let mut plainer = scenario.clone();
        plainer.network.duplicates = 0;
        all.push(plainer);
    }
    if scenario.hosts.iter().any(|host| host.drift_ppb != 0) {
        let mut plainer = scenario.clone();
        for host in &mut plainer.hosts {
            host.drift_ppb = 0;
        }
        all.push(plainer);
    }
    let last = scenario.hosts.len() - 1;
    let used = scenario
        .schedule
        .iter()
        .any(|(_, fault)| concerns(fault, last));
    if last > 1 && !used {
        let mut fewer = scenario.clone();
        fewer.hosts.pop();
        all.push(fewer);
    }
    all
}

fn concerns(fault: &Fault, host: usize) -> bool {
    match *fault {
        Fault::Crash(of, _)
        | Fault::Kill(of, _)
        | Fault::Stall(of, _)
        | Fault::LinkDown(of, _)
        | Fault::Plan(of, Planned::Restart(_) | Planned::Resign | Planned::Drain(_)) => of == host,
        Fault::Plan(of, _) => of == host,
        Fault::OneWay(from, to, _) => from == host || to == host,
        // A host that is gone is on the client's side.
        Fault::Partition(mask, _) => mask >> host != 0,
        Fault::Loss(..) => false,
    }
}
