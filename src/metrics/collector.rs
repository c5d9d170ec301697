//! Every metric of the daemon, read from its view at the moment of the scrape.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use vrrp_check::ErrorKind;
use vrrp_wire::{ChecksumForm, DropReason, Family, Version};

use super::families::{Families, Labels};
use super::server::Names;
use super::{balancers, keepalived, process};
use crate::status::{CheckState, InstanceState};
use crate::view::{CheckView, DaemonView, InstanceView, Live};

/// Reads the view when asked.
#[derive(Debug)]
pub(super) struct ViewCollector {
    pub(super) view: Arc<DaemonView>,
    pub(super) names: Names,
}

/// One instance at the moment of the scrape, with its identity labels.
pub(super) struct Scraped {
    pub(super) view: Arc<InstanceView>,
    pub(super) live: Live,
    identity: Labels,
}

impl Scraped {
    fn new(view: &Arc<InstanceView>) -> Self {
        let live = view.live().clone();
        let identity = vec![
            ("instance", live.name.clone()),
            ("interface", live.interface.clone()),
            ("vrid", view.vrid.to_string()),
        ];
        Self {
            view: Arc::clone(view),
            live,
            identity,
        }
    }

    fn with(&self, key: &'static str, value: impl Into<String>) -> Labels {
        let mut labels = self.identity.clone();
        labels.push((key, value.into()));
        labels
    }
}

impl Collector for ViewCollector {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let running = self.view.running();
        let instances: Vec<_> = running.instances.iter().map(Scraped::new).collect();
        let mut families = Families(encoder);
        state(&mut families, &instances)?;
        adverts(&mut families, &instances, &self.view)?;
        addresses(&mut families, &instances)?;
        checks(&mut families, &running.checks)?;
        balancers::encode(&mut families, &running.load_balancers)?;
        daemon(&mut families, &self.view)?;
        if self.names == Names::AndKeepalived {
            keepalived::encode(&mut families, &instances, &running.checks)?;
        }
        process::encode(&mut families, self.view.started_at)
    }
}

fn state(families: &mut Families<'_>, instances: &[Scraped]) -> fmt::Result {
    let each = |value: fn(&Live) -> u32| {
        instances
            .iter()
            .map(move |one| (one.identity.clone(), value(&one.live)))
    };
    families.gauges(
        "vrrpd_instance_state",
        "State of the virtual router: 0 init, 1 backup, 2 master, 3 fault.",
        each(|live| live.state.number().into()),
    )?;
    families.gauges(
        "vrrpd_priority",
        "Configured priority.",
        each(|live| live.priority.into()),
    )?;
    families.gauges(
        "vrrpd_effective_priority",
        "Priority after tracked checks and interfaces.",
        each(|live| live.effective_priority.into()),
    )?;
    families.gauges(
        "vrrpd_advert_interval_seconds",
        "Time between two adverts of the master, as configured or learned.",
        instances
            .iter()
            .map(|one| (one.identity.clone(), one.live.advert_interval.as_secs_f64())),
    )?;
    const STATES: [InstanceState; 4] = [
        InstanceState::Init,
        InstanceState::Backup,
        InstanceState::Master,
        InstanceState::Fault,
    ];
    families.counters(
        "vrrpd_transitions",
        "Changes of state, by the new state.",
        instances.iter().flat_map(|one| {
            STATES.map(|to| {
                let count = one.view.counters.transitions[usize::from(to.number())].get();
                (one.with("to", to.as_str()), count)
            })
        }),
    )?;
    families.gauges(
        "vrrpd_last_transition_timestamp_seconds",
        "Unix time of the last change of state.",
        instances
            .iter()
            .map(|one| (one.identity.clone(), unix_seconds(one.live.since))),
    )?;
    families.counters(
        "vrrpd_master_conflicts",
        "Times another master was heard while this host was master.",
        instances.iter().map(|one| {
            (
                one.identity.clone(),
                one.view.counters.master_conflicts.get(),
            )
        }),
    )
}

fn adverts(families: &mut Families<'_>, instances: &[Scraped], daemon: &DaemonView) -> fmt::Result {
    families.counters(
        "vrrpd_adverts_sent",
        "Adverts sent, priority 0 included.",
        instances
            .iter()
            .map(|one| (one.identity.clone(), one.view.counters.adverts_sent.get())),
    )?;
    families.counters(
        "vrrpd_adverts_received",
        "Adverts accepted.",
        instances.iter().map(|one| {
            (
                one.identity.clone(),
                one.view.counters.adverts_received.get(),
            )
        }),
    )?;
    let dropped = instances.iter().flat_map(|one| {
        let reasons = DropReason::ALL
            .into_iter()
            .filter(|r| *r != DropReason::UnknownVrid);
        reasons.map(|reason| {
            let count = one.view.counters.dropped(reason);
            (one.with("reason", reason.as_str()), count)
        })
    });
    // No instance here has that VRID, so there is no identity to label it with.
    let unknown = vec![("reason", DropReason::UnknownVrid.as_str().to_owned())];
    families.counters(
        "vrrpd_adverts_dropped",
        "Packets dropped, by the first reason that was found.",
        dropped.chain([(unknown, daemon.unknown_vrid.get())]),
    )?;
    const FORMS: [(ChecksumForm, &str); 2] = [
        (ChecksumForm::Rfc9568, "rfc9568"),
        (ChecksumForm::Rfc5798, "rfc5798"),
    ];
    families.counters(
        "vrrpd_checksum_form_received",
        "Adverts of version 3 over IPv4 accepted, by the form of their checksum.",
        instances
            .iter()
            .filter(|one| one.view.version == Version::V3 && one.view.family == Family::V4)
            .flat_map(|one| {
                FORMS.map(|(form, name)| {
                    (one.with("form", name), one.view.counters.form(form).get())
                })
            }),
    )?;
    families.histograms(
        "vrrpd_advert_lateness_seconds",
        "How late adverts left, against the time they were due.",
        instances
            .iter()
            .map(|one| (one.identity.clone(), one.view.lateness.clone())),
    )?;
    let now = SystemTime::now();
    families.gauges(
        "vrrpd_peer_last_heard_timestamp_seconds",
        "Unix time of the last advert accepted from each peer; absent for a peer never heard.",
        instances.iter().flat_map(|one| {
            let peers = one.view.peers();
            let heard = peers.iter().filter_map(|(address, heard)| {
                let at = now.checked_sub(heard.age()?)?;
                Some((one.with("peer", address.to_string()), unix_seconds(at)))
            });
            heard.collect::<Vec<_>>()
        }),
    )
}

fn addresses(families: &mut Families<'_>, instances: &[Scraped]) -> fmt::Result {
    families.gauges(
        "vrrpd_addresses_present",
        "Virtual addresses on the interface now.",
        instances.iter().map(|one| {
            let present = one.view.addresses_present.load(Ordering::Relaxed);
            (
                one.identity.clone(),
                u64::try_from(present).unwrap_or(u64::MAX),
            )
        }),
    )?;
    families.counters(
        "vrrpd_announcements_sent",
        "Announcements of the virtual addresses sent, by kind.",
        instances.iter().map(|one| match one.view.family {
            Family::V4 => (
                one.with("kind", "gratuitous_arp"),
                one.view.counters.gratuitous_arps.get(),
            ),
            Family::V6 => (
                one.with("kind", "unsolicited_na"),
                one.view.counters.unsolicited_nas.get(),
            ),
        }),
    )?;
    families.counters(
        "vrrpd_lease_renewals",
        "Times the kernel lifetime of the virtual addresses was renewed.",
        instances
            .iter()
            .map(|one| (one.identity.clone(), one.view.counters.lease_renewals.get())),
    )?;
    families.counters(
        "vrrpd_notify",
        "Commands of `notify` that ended: with code 0 (ok), or otherwise (error).",
        instances.iter().flat_map(|one| {
            let [ok, error] = &one.view.counters.notify;
            [
                (one.with("result", "ok"), ok.get()),
                (one.with("result", "error"), error.get()),
            ]
        }),
    )
}

fn checks(families: &mut Families<'_>, checks: &[Arc<CheckView>]) -> fmt::Result {
    let labels = |check: &CheckView| vec![("check", check.name.clone())];
    families.gauges(
        "vrrpd_check_up",
        "Whether the check is up; absent until enough probes have run to tell.",
        checks.iter().filter_map(|check| {
            let up = match check.live().state {
                CheckState::Up => 1_u32,
                CheckState::Down => 0,
                CheckState::Unknown => return None,
            };
            Some((labels(check), up))
        }),
    )?;
    families.counters(
        "vrrpd_check_failures",
        "Probes that failed, by kind.",
        checks.iter().flat_map(|check| {
            ErrorKind::ALL.map(|kind| {
                let mut labels = labels(check);
                labels.push(("kind", kind.as_str().to_owned()));
                (labels, check.failures[kind.index()].get())
            })
        }),
    )?;
    families.gauges(
        "vrrpd_check_last_error",
        "1 with the kind of the last probe's failure; absent while the last probe succeeded.",
        checks.iter().filter_map(|check| {
            let (kind, _) = check.live().last_error.clone()?;
            let mut labels = labels(check);
            labels.push(("kind", kind.as_str().to_owned()));
            Some((labels, 1_u32))
        }),
    )?;
    families.histograms(
        "vrrpd_check_duration_seconds",
        "How long probes took.",
        checks
            .iter()
            .map(|check| (labels(check), check.duration.clone())),
    )
}

fn daemon(families: &mut Families<'_>, view: &DaemonView) -> fmt::Result {
    let result = |result: &str| vec![("result", result.to_owned())];
    families.counters(
        "vrrpd_config_reloads",
        "Reloads of the configuration: applied (ok) or refused (error).",
        [
            (result("ok"), view.reloads_ok.get()),
            (result("error"), view.reloads_failed.get()),
        ],
    )?;
    families.gauges(
        "vrrpd_drained",
        "Whether this host was drained and stays backup until undrained.",
        [(
            Labels::new(),
            u32::from(view.drained.load(Ordering::Relaxed)),
        )],
    )?;
    families.gauges(
        "vrrpd_build_info",
        "Version of the daemon; the value is always 1.",
        [(
            vec![("version", env!("CARGO_PKG_VERSION").to_owned())],
            1_u32,
        )],
    )
}

/// Unix time in seconds; times before 1970 count as 1970.
pub(super) fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs_f64()
}
