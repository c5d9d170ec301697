//! Dashboards: ours, and those that people have for Keepalived's exporters.

use serde_json::Value;
use vrrp_lab::Result;

use crate::prometheus::{Watched, shipped};

/// The queries of the dashboards published for mehdy/keepalived-exporter and
/// gen2brain/keepalived_exporter, without their choice of a host.
const KEEPALIVED: &[&str] = &[
    "keepalived_up",
    "keepalived_vrrp_state",
    "keepalived_vrrp_state{iname=\"control-plane\", intf=\"ens20f0\", vrid=\"51\", ip_address=\"10.0.50.20\"}",
    "keepalived_script_status",
    "keepalived_script_state",
    "increase(keepalived_advertisements_received_total[1m])",
    "increase(keepalived_advertisements_sent_total[1m])",
    "increase(keepalived_become_master_total[1m])",
    "increase(keepalived_release_master_total[1m])",
    "increase(keepalived_packet_length_errors_total[1m])",
    "increase(keepalived_advertisements_interval_errors_total[1m])",
    "increase(keepalived_ip_ttl_errors_total[1m])",
    "increase(keepalived_invalid_type_received_total[1m])",
    "increase(keepalived_address_list_errors_total[1m])",
    "increase(keepalived_authentication_invalid_total[1m])",
    "increase(keepalived_authentication_mismatch_total[1m])",
    "increase(keepalived_authentication_failure_total[1m])",
    "increase(keepalived_priority_zero_received_total[1m])",
    "increase(keepalived_priority_zero_sent_total[1m])",
    "keepalived_gratuitous_arp_delay_total",
    "rate(keepalived_vrrp_advert_rcvd[1m])",
    "rate(keepalived_vrrp_advert_sent[1m])",
    "keepalived_vrrp_become_master{state=\"MASTER\"}",
    "keepalived_vrrp_release_master{name=\"control-plane\", intf=\"ens20f0\", vrid=\"51\"}",
    "keepalived_vrrp_packet_len_err",
    "keepalived_vrrp_advert_interval_err",
    "keepalived_vrrp_ip_ttl_err",
    "keepalived_vrrp_invalid_type_rcvd",
    "keepalived_vrrp_addr_list_err",
    "keepalived_vrrp_invalid_authtype",
    "keepalived_vrrp_authtype_mismatch",
    "keepalived_vrrp_auth_failure",
    "keepalived_vrrp_pri_zero_rcvd",
    "keepalived_vrrp_pri_zero_sent",
];

/// Every query of a dashboard's panels, with its title, and the variables as Grafana fills them.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let panels = dashboard["panels"].as_array().expect("panels");
    panels
        .iter()
        .flat_map(|panel| {
            let title = panel["title"].as_str().expect("a title").to_owned();
            let targets = panel["targets"].as_array().expect("targets");
            targets.iter().map(move |target| {
                let query = target["expr"].as_str().expect("a query");
                let query = query
                    .replace("$__rate_interval", "1m")
                    .replace("$virtual_router", ".*");
                (title.clone(), query)
            })
        })
        .collect()
}

#[test]
fn every_query_of_the_shipped_dashboard_finds_something() -> Result<()> {
    let text = std::fs::read_to_string(shipped("grafana/vrrpd.json")).expect("shipped");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let queries = queries(&dashboard);
    assert!(queries.len() >= 12, "{queries:?}");
    let watched = Watched::start()?;
    for (title, query) in queries {
        let found = watched.wait_any(&query)?;
        let value = found[0]["value"][1].as_str().unwrap_or_default();
        assert!(value.parse::<f64>().is_ok(), "{title}: {found:?}");
    }
    Ok(())
}

#[test]
fn dashboards_made_for_keepalived_exporters_go_on_working() -> Result<()> {
    let watched = Watched::start()?;
    for query in KEEPALIVED {
        watched.wait_any(query)?;
    }
    // The numbers mean what they meant: 2 is master, 1 backup; 1 is a script that succeeds.
    let masters = watched.wait_series("keepalived_vrrp_state == 2", 1)?;
    assert_eq!(masters[0]["metric"]["instance"], "10.0.50.11:9650");
    watched.wait_series("keepalived_vrrp_state == 1", 2)?;
    watched.wait_series("keepalived_script_status{name=\"apiserver\"} == 1", 3)?;
    Ok(())
}
