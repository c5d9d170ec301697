//! Unicast: the peers of an instance, their TTL, and its source.

use super::*;

#[test]
fn peers_make_an_instance_unicast() {
    let text = instance("unicast_src_ip 10.0.50.11\n unicast_peer {\n 10.0.50.12\n 10.0.50.13\n }");
    let instance = first(&text);
    assert_eq!(instance["source"], "10.0.50.11");
    assert_eq!(instance["peers"], list(&["10.0.50.12", "10.0.50.13"]));
    assert_eq!(instance.get("min_ttl"), None);
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn the_source_is_kept_without_peers_too() {
    assert_eq!(
        first(&instance("mcast_src_ip 10.0.50.11"))["source"],
        "10.0.50.11"
    );
    for (given, why_not) in [
        (
            "fd00::1",
            "it is not of the family of the virtual addresses",
        ),
        ("10.0.50.20", "it is a virtual address of the instance"),
        ("224.0.0.18", "it is not the address of a host"),
        ("host", "it is no address"),
    ] {
        let text = instance(&format!("mcast_src_ip {given}"));
        assert_eq!(first(&text).get("source"), None);
        assert_eq!(why(&text), [why_not]);
    }
}

#[test]
fn peers_that_vrrpd_refuses_are_listed() {
    let peers = "10.0.50.12\n 10.0.50.12\n 10.0.50.11\n 10.0.50.20\n fd00::1\n 0.99.0.12\n host";
    let text = instance(&format!(
        "unicast_src_ip 10.0.50.11\n unicast_peer {{\n {peers}\n }}"
    ));
    assert_eq!(first(&text)["peers"], list(&["10.0.50.12"]));
    assert_eq!(
        why(&text),
        [
            "it is given twice",
            "it is this host itself",
            "it is a virtual address of the instance",
            "it is not of the family of the virtual addresses",
            "it is not the address of a host",
            "it is no address",
        ]
    );
    assert_accepted(&imported(&text).yaml);
    let text = instance("unicast_peer {\n }");
    assert_eq!(first(&text).get("peers"), None);
    assert_eq!(
        left_out(&text),
        [(4, "unicast_peer".to_owned(), Effect::Changed)]
    );
}

#[test]
fn the_least_ttl_of_the_peers_is_carried_over() {
    let text = |peers: &str| instance(&format!("unicast_peer {{\n {peers}\n }}"));
    let ttl = |peers: &str| first(&text(peers)).get("min_ttl").cloned();
    assert_eq!(
        ttl("10.0.50.12 min_ttl 254 max_ttl 255\n 10.0.50.13 min_ttl 250"),
        Some(250.into())
    );
    assert_eq!(ttl("10.0.50.12 min_ttl 0"), Some(1.into()));
    assert_eq!(ttl("10.0.50.12 min_ttl 255\n 10.0.50.13"), Some(255.into()));
    let odd = text("10.0.50.12 max_ttl 64 min_ttl x color red");
    assert_eq!(
        left_out(&odd),
        [
            (
                5,
                "10.0.50.12 max_ttl 64 min_ttl x color red".to_owned(),
                Effect::Changed
            ),
            (5, "min_ttl x".to_owned(), Effect::None),
            (5, "color red".to_owned(), Effect::None),
        ]
    );
}

#[test]
fn ipv6_peers_are_heard_at_the_hop_limit_keepalived_sends_with() {
    let text = instance("unicast_peer {\n fd00:50::12\n }").replace("10.0.50.20", "fd00:50::20");
    assert_eq!(first(&text)["min_ttl"], 64, "{}", imported(&text).yaml);
    assert_accepted(&imported(&text).yaml);
}

#[test]
fn peers_behind_routers_are_heard_as_before() {
    let far = instance("unicast_peer {\n 10.0.51.12\n 10.0.50.13\n }");
    assert_eq!(first(&far)["min_ttl"], 1);
    assert_eq!(remarks(&far).len(), 1);
    let far = instance("unicast_src_ip 10.1.50.11\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&far)["min_ttl"], 1);
    let lower = instance("unicast_ttl 200\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&lower)["min_ttl"], 1);
    assert_eq!(
        left_out(&lower),
        [(4, "unicast_ttl 200".to_owned(), Effect::Changed)]
    );
    let usual = instance("unicast_ttl 255\n unicast_peer {\n 10.0.50.12\n }");
    assert_eq!(first(&usual).get("min_ttl"), None);
    assert_eq!(
        left_out(&usual),
        [(4, "unicast_ttl 255".to_owned(), Effect::None)]
    );
    let near = with_addresses("fd00::1").replace(
        "interface",
        "unicast_peer {\n fd00::2\n fd00::9:3\n }\n interface",
    );
    assert_eq!(first(&near)["min_ttl"], 64);
    let far = near.replace("fd00::9:3", "fd00:0:0:1::3");
    assert_eq!(first(&far)["min_ttl"], 1);
}
