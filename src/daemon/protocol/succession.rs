//! Which running instance a planned one continues. On the wire a virtual router is its VRID,
//! family and interface; its name is known to people alone, and changes without its notice.

use crate::daemon::plan::{InstancePlan, InterfaceChoice};

/// A running instance, as far as that matters here.
pub(super) struct Running<'a> {
    /// What it runs; where it leaves for another, that one's.
    pub(super) plan: &'a InstancePlan,
    /// The interface it runs on.
    pub(super) on: Option<&'a str>,
    /// It is on its way out.
    pub(super) leaving: bool,
}

/// For each planned instance the position of the running one it continues; none is continued
/// twice.
pub(super) fn heirs(running: &[Running<'_>], planned: &[InstancePlan]) -> Vec<Option<usize>> {
    let mut heirs = vec![None; planned.len()];
    for kinship in KINSHIPS {
        for (index, known) in running.iter().enumerate() {
            if heirs.contains(&Some(index)) {
                continue;
            }
            let mut candidates = planned.iter().zip(&mut heirs);
            let heir = candidates.find(|(plan, taken)| taken.is_none() && kinship(known, plan));
            if let Some((_, taken)) = heir {
                *taken = Some(index);
            }
        }
    }
    heirs
}

/// The closest first.
const KINSHIPS: [fn(&Running<'_>, &InstancePlan) -> bool; 4] = [
    |known, plan| {
        !known.leaving
            && known.plan.name == plan.name
            && known.plan.identity() == plan.identity()
            && stays(&known.plan.interface, known.on, &plan.interface)
    },
    |known, plan| !known.leaving && is_renamed(known, plan),
    |known, plan| !known.leaving && known.plan.name == plan.name,
    // It takes over when that one is gone.
    |known, plan| known.plan.name == plan.name || is_renamed(known, plan),
];

/// Another name must not let it leave one interface for another without handing over.
fn is_renamed(known: &Running<'_>, plan: &InstancePlan) -> bool {
    known.plan.identity() == plan.identity()
        && (known.plan.interface == plan.interface || is_on(known.on, &plan.interface))
}

/// Whether an instance of the same name may go on in its place until it is known where `new`
/// leads: the way to another of its addresses is most likely the same.
pub(super) fn stays(old: &InterfaceChoice, on: Option<&str>, new: &InterfaceChoice) -> bool {
    match (old, new) {
        (InterfaceChoice::RouteTo(_), InterfaceChoice::RouteTo(_)) => true,
        _ => old == new || is_on(on, new),
    }
}

fn is_on(on: Option<&str>, choice: &InterfaceChoice) -> bool {
    matches!(choice, InterfaceChoice::Named(name) if on == Some(name))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use vrrp_core::RouterConfig;

    use super::*;

    fn plan(name: &str, vrid: u8, interface: &str) -> InstancePlan {
        let address = IpAddr::from([10, 0, 50, vrid]);
        InstancePlan {
            name: name.to_owned(),
            router: RouterConfig::new(vrid, vec![address]).into(),
            addresses: vec![(address, 32)],
            interface: match interface {
                "" => InterfaceChoice::RouteTo(address),
                name => InterfaceChoice::Named(name.to_owned()),
            },
            min_ttl: 255,
            source: None,
            vmac: false,
            tracks: Vec::new(),
        }
    }

    /// Whom each of `planned` continues, of instances that all run on eth0.
    fn of(running: &[InstancePlan], planned: &[InstancePlan]) -> Vec<Option<usize>> {
        let known = running.iter().map(|plan| Running {
            plan,
            on: Some("eth0"),
            leaving: false,
        });
        heirs(&known.collect::<Vec<_>>(), planned)
    }

    #[test]
    fn a_router_is_continued_under_another_name() {
        let running = [plan("a", 51, "eth0"), plan("b", 52, "eth0")];
        let planned = [plan("b", 52, "eth0"), plan("c", 51, "eth0")];
        assert_eq!(of(&running, &planned), [Some(1), Some(0)]);
    }

    #[test]
    fn names_that_change_places_move_nothing() {
        let running = [plan("a", 51, "eth0"), plan("b", 52, "eth0")];
        let planned = [plan("a", 52, "eth0"), plan("b", 51, "eth0")];
        assert_eq!(of(&running, &planned), [Some(1), Some(0)]);
    }

    #[test]
    fn a_name_goes_on_with_another_router_unless_that_runs_already() {
        let running = [plan("a", 51, "eth0")];
        assert_eq!(of(&running, &[plan("a", 61, "eth0")]), [Some(0)]);
        let split = [plan("a", 61, "eth0"), plan("b", 51, "eth0")];
        assert_eq!(of(&running, &split), [None, Some(0)]);
    }

    #[test]
    fn another_interface_is_another_router_unless_it_is_the_same_in_other_words() {
        let running = [plan("a", 51, "")];
        assert_eq!(of(&running, &[plan("b", 51, "eth1")]), [None]);
        assert_eq!(of(&running, &[plan("b", 51, "eth0")]), [Some(0)]);
        assert_eq!(of(&running, &[plan("b", 51, "")]), [Some(0)]);
        let mut elsewhere = plan("b", 51, "");
        elsewhere.interface = InterfaceChoice::RouteTo(Ipv4Addr::new(10, 9, 9, 9).into());
        assert_eq!(of(&running, std::slice::from_ref(&elsewhere)), [None]);
        elsewhere.name = "a".into();
        assert_eq!(of(&running, &[elsewhere]), [Some(0)]);
    }

    #[test]
    fn one_that_leaves_is_continued_after_all_others() {
        let (old, new) = (plan("a", 51, "eth0"), plan("a", 61, "eth0"));
        let known = |plan, leaving| Running {
            plan,
            on: Some("eth0"),
            leaving,
        };
        let planned = [plan("a", 61, "eth0")];
        assert_eq!(heirs(&[known(&new, true)], &planned), [Some(0)]);
        let both = [known(&old, true), known(&new, false)];
        assert_eq!(heirs(&both, &planned), [Some(1)]);
        assert_eq!(
            heirs(&[known(&old, true)], &[plan("b", 52, "eth0")]),
            [None]
        );
    }
}
