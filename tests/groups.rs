//! Sync groups: the members are master on the same host, and stay so through faults, leaves and
//! returns.

use std::net::IpAddr;
use std::time::Duration;

use vrrp_lab::{CONFIG_FILE, Daemon, Host, Lab};

type Result = vrrp_lab::Result<()>;

/// Far longer than anything here takes, for machines that are busy with something else.
const BOUND: Duration = Duration::from_secs(30);

const FIRST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 50, 20));
const SECOND: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 50, 21));
/// The second instance is in fault while the host lacks this address.
const EXTRA: [IpAddr; 2] = [
    IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 50, 211)),
    IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 50, 212)),
];

/// Two instances in one group. Left to themselves they would part: each is to be master on
/// another host.
fn config(host: usize, grouped: bool) -> String {
    let priorities = [[200, 100], [150, 180]][host];
    let group = if grouped {
        "groups: [{name: both, members: [first, second]}]\n"
    } else {
        ""
    };
    format!(
        "instances:
  - {{name: first, addresses: [{FIRST}], interface: ens20f0, vrid: 51, priority: {}, advert_interval: 100ms}}
  - {{name: second, addresses: [{SECOND}], interface: ens20f0, vrid: 52, priority: {}, advert_interval: 100ms, source: {}}}
{group}",
        priorities[0], priorities[1], EXTRA[host]
    )
}

fn start(lab: &Lab, grouped: bool) -> vrrp_lab::Result<Vec<Daemon>> {
    let mut daemons = Vec::new();
    for (number, host) in lab.hosts().iter().enumerate() {
        host.add_address(EXTRA[number], 24)?;
        daemons.push(host.start_vrrpd(&config(number, grouped))?);
    }
    Ok(daemons)
}

fn lab() -> vrrp_lab::Result<Lab> {
    Lab::builder().hosts(2).build()
}

fn wait_both_on(lab: &Lab, host: &str) -> Result {
    lab.wait_until(&format!("{host} alone holds both addresses"), BOUND, || {
        [FIRST, SECOND]
            .iter()
            .all(|address| lab.holders(*address).is_ok_and(|holders| holders == [host]))
    })
}

/// What has to stand still for the group to have settled.
#[derive(Debug, PartialEq)]
struct Standing {
    holder: String,
    transitions: u64,
}

/// Waits until one host alone holds both addresses and, while it sends `adverts` more adverts,
/// nothing changes on either host. Returns that host.
///
/// The members may part once or twice while two hosts start; but they soon settle.
fn settled(lab: &Lab, daemons: &[Daemon], adverts: u64) -> vrrp_lab::Result<String> {
    let mut since: Option<(Standing, u64)> = None;
    let mut restless = 0;
    let holder = lab.wait_for(
        "one host holds both addresses and goes on so",
        BOUND,
        || {
            let (first, second) = (lab.holders(FIRST).ok()?, lab.holders(SECOND).ok()?);
            if first.len() != 1 || first != second {
                since = None;
                return None;
            }
            let holder = first[0].clone();
            let instance = daemons[usize::from(holder == "cp2")].instance(Some("first"));
            let sent = instance.ok()?["counters"]["adverts_sent"].as_u64()?;
            let transitions = daemons.iter().map(|daemon| transitions(daemon).ok());
            let transitions = transitions.sum::<Option<u64>>()?;
            let now = Standing {
                holder,
                transitions,
            };
            match &since {
                Some((before, first_sent)) if *before == now => {
                    (sent >= first_sent + adverts).then_some(now.holder)
                }
                _ => {
                    restless += 1;
                    since = Some((now, sent));
                    None
                }
            }
        },
    )?;
    assert!(restless < 10, "{restless} changes\n{}", lab.diagnostics());
    Ok(holder)
}

fn other(host: &str) -> &'static str {
    if host == "cp1" { "cp2" } else { "cp1" }
}

fn transitions(daemon: &Daemon) -> vrrp_lab::Result<u64> {
    let counters = |name| {
        let instance = daemon.instance(Some(name))?;
        Ok(instance["counters"]["transitions"].as_u64().unwrap_or(0))
    };
    Ok(counters("first")? + counters("second")?)
}

#[test]
fn without_a_group_each_instance_goes_its_own_way() -> Result {
    let lab = lab()?;
    let _daemons = start(&lab, false)?;
    lab.wait_only_holder(FIRST, "cp1", BOUND)?;
    lab.wait_only_holder(SECOND, "cp2", BOUND)
}

#[test]
fn members_settle_on_one_host_and_stay_there() -> Result {
    let lab = lab()?;
    let daemons = start(&lab, true)?;
    // Many Master_Down_Intervals.
    settled(&lab, &daemons, 50).map(drop)
}

#[test]
fn a_fault_of_one_member_takes_the_other_along_and_back() -> Result {
    let lab = lab()?;
    let daemons = start(&lab, true)?;
    let master = settled(&lab, &daemons, 10)?;
    let index = usize::from(master == "cp2");
    let host = lab.host(&master)?;
    host.delete_address(EXTRA[index])?;
    wait_both_on(&lab, other(&master))?;
    let first = daemons[index].instance(Some("first"))?;
    assert_eq!(first["state"], "backup", "{first}");
    let reason = first["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("sync group"), "{reason}");
    let second = daemons[index].instance(Some("second"))?;
    assert_eq!(second["state"], "fault", "{second}");

    host.add_address(EXTRA[index], 24)?;
    lab.wait_until("the second instance has left its fault", BOUND, || {
        daemons[index]
            .instance(Some("second"))
            .is_ok_and(|instance| instance["state"] != "fault")
    })?;
    settled(&lab, &daemons, 10).map(drop)
}

#[test]
fn a_stop_hands_over_all_members_together() -> Result {
    let lab = lab()?;
    let daemons = start(&lab, true)?;
    let master = settled(&lab, &daemons, 10)?;
    let index = usize::from(master == "cp2");
    let status = daemons[index].terminate(BOUND)?;
    assert!(status.success(), "{status}");
    wait_both_on(&lab, other(&master))
}

#[test]
fn resigning_one_member_moves_the_group() -> Result {
    let lab = lab()?;
    let daemons = start(&lab, true)?;
    let master = settled(&lab, &daemons, 10)?;
    let index = usize::from(master == "cp2");
    let (code, text) = daemons[index].post("resign?instance=first")?;
    assert_eq!(code, 200, "{text}");
    wait_both_on(&lab, other(&master))
}

fn reload(host: &Host, daemon: &Daemon, text: &str) -> Result {
    host.write_file(CONFIG_FILE, text)?;
    assert_eq!(daemon.post("reload")?.0, 200);
    Ok(())
}

#[test]
fn a_group_that_is_dissolved_while_it_is_held_back_frees_its_members() -> Result {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // The second lacks its source address, and the first is held back for it.
    let daemon = host.start_vrrpd(&config(0, true))?;
    daemon.wait_instance("held back", BOUND, |first| {
        let reason = first["reason"].as_str().unwrap_or_default();
        first["state"] == "backup" && reason.contains("sync group")
    })?;
    reload(host, &daemon, &config(0, false))?;
    lab.wait_only_holder(FIRST, "cp1", BOUND)?;
    // And the other way round.
    reload(host, &daemon, &config(0, true))?;
    daemon.wait_state("backup", BOUND)?;
    lab.wait_until("the first is given up", BOUND, || {
        lab.holders(FIRST).is_ok_and(|holders| holders.is_empty())
    })
}

#[test]
fn a_member_whose_vrid_changes_stays_in_its_group() -> Result {
    let lab = lab()?;
    let daemons = start(&lab, true)?;
    let master = settled(&lab, &daemons, 10)?;
    for (number, host) in lab.hosts().iter().enumerate() {
        let text = config(number, true).replace("vrid: 52", "vrid: 62");
        reload(host, &daemons[number], &text)?;
    }
    let vrid = |daemon: &Daemon| daemon.instance(Some("second")).ok()?["vrid"].as_u64();
    lab.wait_until("the new identifier is in use", BOUND, || {
        daemons.iter().all(|daemon| vrid(daemon) == Some(62))
    })?;
    let now = settled(&lab, &daemons, 20)?;
    // The election may have gone either way; resigning one moves both all the same.
    let (code, text) = daemons[usize::from(now == "cp2")].post("resign?instance=second")?;
    assert_eq!(code, 200, "{text} ({master} before)");
    wait_both_on(&lab, other(&now))
}
