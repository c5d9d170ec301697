//! Sorts waiting jobs into as few calls to the kernel as their order permits.

use std::collections::HashMap;

use super::{InstanceId, Job};

/// The phases of one batch: everything in one is done before the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Release,
    Hold,
    Announce,
}

/// Jobs that can be carried out phase by phase without changing what any instance sees.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// First of all.
    pub(super) releases: Vec<Job>,
    /// Then these.
    pub(super) holds: Vec<Job>,
    /// Then these.
    pub(super) announcements: Vec<Job>,
    latest: HashMap<InstanceId, Phase>,
}

impl Batch {
    /// Takes a job in, or gives it back if it must wait until this batch is done: the order
    /// within an instance is kept, and everything else comes after all before it.
    pub(super) fn add(&mut self, job: Job) -> Result<(), Job> {
        let (id, phase) = match &job {
            Job::Release(holding) => (holding.id, Phase::Release),
            Job::Hold { holding, .. } => (holding.id, Phase::Hold),
            Job::Announce { holding, .. } => (holding.id, Phase::Announce),
            Job::MakeVmac { .. }
            | Job::RemoveVmac { .. }
            | Job::List
            | Job::Route(_)
            | Job::Sync(_) => return Err(job),
        };
        if self.latest.get(&id).is_some_and(|latest| *latest > phase) {
            return Err(job);
        }
        self.latest.insert(id, phase);
        match phase {
            Phase::Release => self.releases.push(job),
            Phase::Hold => self.holds.push(job),
            Phase::Announce => self.announcements.push(job),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vrrp_net::Interface;

    use super::super::Holding;
    use super::*;

    fn holding(id: u64) -> Holding {
        Holding {
            id: InstanceId(id),
            interface: Interface::new(2, "eth0"),
            addresses: Vec::new(),
        }
    }

    fn hold(id: u64) -> Job {
        Job::Hold {
            holding: holding(id),
            lifetime: None,
            renew: false,
            asked: 0,
        }
    }

    #[test]
    fn jobs_of_many_instances_share_a_batch() {
        let mut batch = Batch::default();
        for id in 0..250 {
            assert!(batch.add(Job::Release(holding(id))).is_ok());
            assert!(batch.add(hold(id)).is_ok());
        }
        assert_eq!((batch.releases.len(), batch.holds.len()), (250, 250));
    }

    #[test]
    fn a_release_after_a_hold_of_the_same_instance_waits() {
        let mut batch = Batch::default();
        assert!(batch.add(hold(1)).is_ok());
        assert!(batch.add(Job::Release(holding(2))).is_ok());
        assert!(matches!(
            batch.add(Job::Release(holding(1))),
            Err(Job::Release(_))
        ));
    }

    #[test]
    fn a_listing_waits_for_all_before_it() {
        let mut batch = Batch::default();
        assert!(matches!(batch.add(Job::List), Err(Job::List)));
    }
}
