//! Two hosts that run the same program, one as master and one as backup, and how often either
//! changes its state.

use std::time::Duration;

use vrrp_lab::{Lab, LabError, Result};

use super::fleet::Fleet;
use super::moves::{Others, wait_on};
use super::report::{Metric, Sample};
use super::spread::Unit;
use crate::subject::{Running, Software};

pub(super) const CHANGES: Metric = Metric {
    key: "state_changes",
    name: "state changes",
    unit: Unit::Count,
};

/// What a program still has to say when it is over.
pub(super) const TELLS: Duration = Duration::from_millis(500);
/// How long the backup may take until it listens.
const LISTENS_WITHIN: Duration = Duration::from_secs(60);

/// Both programs. Killed when dropped.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) master: Running,
    pub(super) backup: Running,
}

impl Pair {
    /// Starts both on the first two hosts of `lab`: the second when the first has all addresses.
    pub(super) fn start(fleet: &Fleet, lab: &Lab) -> Result<Self> {
        let [first, second] = [lab.host("cp1")?, lab.host("cp2")?];
        let master = fleet.start(first, 0)?;
        wait_on(lab, fleet, first, Others::HaveNone, &master)?;
        let backup = fleet.start(second, 1)?;
        // From init to backup, every instance.
        let what = format!("{} of {} listens", fleet.software.name(), second.name());
        lab.wait_until(&what, LISTENS_WITHIN, || {
            transitions(&backup).is_ok_and(|count| count >= fleet.instances as u64)
        })?;
        Ok(Self { master, backup })
    }

    /// Tells how many state changes there were since there had been `before`.
    pub(super) fn tell_changes(&self, sample: &mut Sample, fleet: &Fleet, lab: &Lab, before: u64) {
        match self.changes(fleet, lab) {
            Ok(after) => sample.set(&CHANGES, after.saturating_sub(before) as f64),
            Err(error) => sample.note(format!("state changes unknown: {error}")),
        }
    }

    /// State changes of all instances of both so far. Keepalived's log may be longer than what is
    /// kept of it, so what counts is when it takes and drops an address.
    pub(super) fn changes(&self, fleet: &Fleet, lab: &Lab) -> Result<u64> {
        if fleet.software == Software::Vrrpd {
            return Ok(transitions(&self.master)? + transitions(&self.backup)?);
        }
        let addresses = fleet.addresses();
        let changes = lab.holder_log().changes();
        let own = changes
            .iter()
            .filter(|change| addresses.contains(&change.address));
        Ok(own.count() as u64)
    }
}

/// State changes that the program tells of.
fn transitions(running: &Running) -> Result<u64> {
    match running {
        Running::Vrrpd(daemon) => {
            let status = daemon.status()?;
            let instances = status["instances"].as_array();
            let counts = instances.into_iter().flatten();
            counts
                .map(|instance| instance["counters"]["transitions"].as_u64())
                .sum::<Option<u64>>()
                .ok_or_else(|| LabError::Other(format!("no count of transitions in {status}")))
        }
        // It has no other way to ask than its log.
        Running::Keepalived(keepalived) => {
            let lines = keepalived.process().lines();
            let changes = lines.iter().filter(|line| {
                let rest = line.text.split_once("Entering ").map(|(_, rest)| rest);
                rest.is_some_and(|rest| rest.contains(" STATE"))
            });
            Ok(changes.count() as u64)
        }
    }
}
