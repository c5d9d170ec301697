//! What is not carried over: every directive, with its line, its effect and a reason.

use super::*;

/// Keywords of each place, whose loss matters.
const CHANGED: [(&str, &str); 6] = [
    (
        "global_defs {\n@\n}\n",
        "notification_email_from a@b|smtp_server 127.0.0.1|smtp_alert on|vrrp_strict|script_user root|\
         vrrp_mcast_group4 224.0.0.99|vrrp_mcast_group6 ff02::99|startup_script /x|shutdown_script_timeout 3|\
         vrrp_garp_lower_prio_delay 3|vrrp_garp_interval 0.1|vrrp_gna_interval 0.1|vrrp_garp_extra_if 100|\
         vrrp_lower_prio_no_advert|vrrp_higher_prio_send_advert|vrrp_down_timer_adverts 5|vrrp_startup_delay 5|\
         vrrp_notify_fifo /x|lvs_sync_daemon eth0 VI_1|enable_snmp_vrrp|snmp_socket x|enable_dbus|rs_init_notifies|\
         net_namespace red|garp_master_sleep 3|vrrp_garp_master_refresh_repeat 2",
    ),
    (
        "@\n",
        "static_ipaddress {\n}|static_routes {\n}|static_rules {\n}|track_group g {\n}|vrrp_track_process p {\n}|\
         track_file f {\n}|bfd_instance b {\n}|garp_group {\n}|interface_up_down_delays {\n}|\
         virtual_server_group g {\n}|net_namespace red|bogus",
    ),
    (
        "vrrp_instance VI {\n virtual_router_id 7\n virtual_ipaddress {\n 10.9.9.9\n }\n@\n}\n",
        "notify_deleted /x|notify_master_rx_lower_pri /x|smtp_alert|track_file {\n}|\
         track_process {\n}|track_bfd {\n}|dont_track_primary|vmac_xmit_base|use_ipvlan|use_vmac_addr|vrf red|\
         mcast_dst_ip 224.0.0.99|virtual_routes {\n}|virtual_rules {\n}|virtual_ipaddress_excluded {\n}|no_accept|\
         strict_mode on|down_timer_adverts 5|lower_prio_no_advert|higher_prio_send_advert|garp_lower_prio_delay 3|\
         garp_lower_prio_repeat 3|garp_master_refresh_repeat 3|garp_extra_if 100|lvs_sync_daemon_interface eth0|bogus",
    ),
    (
        "vrrp_sync_group g {\n group {\n VI_1\n VI_2\n }\n@\n}\n",
        "notify /x|notify_master /x|smtp_alert|track_file {\n}|track_process {\n}|track_bfd {\n}|bogus",
    ),
    (
        "vrrp_script s {\n script /bin/true\n@\n}\n",
        "user nobody|init_fail|bogus",
    ),
    (
        "vrrp_instance VI {\n virtual_router_id 7\n virtual_ipaddress {\n 10.9.9.9\n }\n authentication {\n auth_type PASS\n auth_pass x\n@\n}\n}\n",
        "bogus",
    ),
];

/// Keywords that vrrpd needs no words for.
const NONE: [(&str, &str); 3] = [
    (
        "global_defs {\n@\n}\n",
        "router_id x|enable_script_security|vrrp_mcast_group4 224.0.0.18|vrrp_mcast_group6 ff02::12|\
         vrrp_check_unicast_src|vrrp_skip_check_adv_addr|dynamic_interfaces|vrrp_iptables|nftables|\
         nftables_ipvs|lvs_flush|reload_check_config|log_unknown_vrids|linkbeat_use_polling|\
         checker_log_all_failures on|max_auto_priority 99|vrrp_rt_priority 50|checker_priority 3|bfd_no_swap|\
         vrrp_process_name x|process_names|vmac_prefix x|vrrp_netlink_cmd_rcv_bufs 3|vrrp_garp_master_delay 5",
    ),
    (
        "@\n",
        "linkbeat_interfaces {\n}|instance x|use_pid_dir|child_wait_time 5",
    ),
    (
        "vrrp_instance VI {\n virtual_router_id 7\n virtual_ipaddress {\n 10.9.9.9\n }\n@\n}\n",
        "state BACKUP|preempt|native_ipv6|track_src_ip|check_unicast_src|unicast_fault_no_peer|unicast_ttl 255|\
         old_unicast_checksum|v3_checksum_as_v2|accept|skip_check_adv_addr|promote_secondaries|debug 3|\
         kernel_rx_buf_size 3|linkbeat_use_polling|garp_master_delay 5",
    ),
];

fn assert_each(table: &[(&str, &str)], effect: Effect) {
    let base = format!(
        "{}{}",
        instance("track_script {\n s\n }"),
        instance("")
            .replace("VI_1", "VI_2")
            .replace("51", "52")
            .replace("50.20", "50.21")
    );
    let script = "vrrp_script s {\n script /bin/true\n}\n";
    for (place, directives) in table {
        for directive in directives.split('|') {
            let place = place.replace('@', directive);
            let script = if place.starts_with("vrrp_script") {
                ""
            } else {
                script
            };
            let text = format!("{place}{script}{base}");
            let head = directive.split(" {").next().unwrap_or_default();
            let listed: Vec<_> = left_out(&text)
                .into_iter()
                .filter(|(_, directive, _)| !directive.starts_with("vrrp_sync_group"))
                .map(|(_, directive, effect)| (directive, effect))
                .collect();
            assert_eq!(listed, [(head.to_owned(), effect)], "{text}");
        }
    }
}

#[test]
fn directives_whose_loss_matters_are_listed_as_such() {
    assert_each(&CHANGED, Effect::Changed);
}

#[test]
fn directives_that_need_no_words_are_listed_as_such() {
    assert_each(&NONE, Effect::None);
}

#[test]
fn a_block_is_listed_with_everything_in_it() {
    let text = format!(
        "static_routes {{\n 10.0.0.0/8 via 10.1.1.1\n a {{\n b\n }}\n}}\n{}",
        instance("")
    );
    assert_eq!(
        left_out(&text),
        [
            (1, "static_routes".to_owned(), Effect::Changed),
            (2, "10.0.0.0/8 via 10.1.1.1".to_owned(), Effect::Changed),
            (3, "a".to_owned(), Effect::Changed),
            (4, "b".to_owned(), Effect::Changed),
        ]
    );
}

#[test]
fn a_long_directive_is_cut_and_control_characters_are_blanks() {
    let text = format!("bogus \"a\\nb\" {}\n{}", "x".repeat(100), instance(""));
    let (_, directive, _) = left_out(&text).remove(0);
    assert_eq!(directive, format!("bogus a b {}…", "x".repeat(70)));
    let text = format!("bogus {}\n{}", "x".repeat(74), instance(""));
    assert_eq!(left_out(&text)[0].1, format!("bogus {}", "x".repeat(74)));
}

#[test]
fn the_head_of_the_yaml_has_both_lists_and_the_remarks() {
    let text = format!("router_id x\nbogus\n{}", instance("state MASTER"));
    let yaml = imported(&text).yaml;
    let lines: Vec<&str> = yaml.lines().collect();
    assert!(lines[0].starts_with("# Made of /") && lines[0].ends_with("`vrrpd check`."));
    let position = |wanted: &str| lines.iter().position(|line| *line == wanted).expect(wanted);
    let changed = position("# Not carried over; this is not done any more:");
    let none = position("# Left out; nothing changes by that:");
    let to_know = position("# To know:");
    let body = position("instances:");
    assert!(changed < none && none < to_know && to_know < body);
    assert!(
        lines[changed + 2].contains("keepalived.conf:2: bogus: "),
        "{yaml}"
    );
    assert!(
        lines[none + 1].contains("keepalived.conf:6: state MASTER: "),
        "{yaml}"
    );
    assert!(
        lines[to_know + 1].contains("keepalived.conf:3: a MASTER without a priority"),
        "{yaml}"
    );
}

#[test]
fn sections_of_the_head_without_content_are_left_out() {
    let yaml = imported(&instance("")).yaml;
    assert_eq!(
        yaml.lines().filter(|line| line.starts_with('#')).count(),
        1,
        "{yaml}"
    );
}

#[test]
fn the_head_shows_at_most_200_of_a_kind() {
    let with = |count: usize| imported(&format!("~SEQ(N, {count}) bogus${{N}}\n{}", instance("")));
    let whole = with(200);
    assert!(!whole.yaml.contains("more\n"));
    let cut = with(201);
    assert_eq!(cut.not_carried_over.len(), 201);
    assert!(cut.yaml.contains("#   … and 1 more\n"), "{}", cut.yaml);
}

#[test]
fn nothing_in_a_file_can_break_out_of_the_comments() {
    let text = format!("bogus \"a\\ninstances: []\\r\\x85\\n\"\n{}", instance(""));
    let yaml = imported(&text).yaml;
    assert_accepted(&yaml);
    let value: Value = serde_yaml::from_str(&yaml).expect("YAML");
    assert_eq!(value["instances"][0]["name"], "VI_1");
}

#[test]
fn a_finding_names_its_file_line_and_directive() {
    let imported = imported(&format!("bogus 1\n{}", instance("advert_int 1.5")));
    let text = imported.not_carried_over[0].to_string();
    let expected = "keepalived.conf:1: bogus 1: it is no directive that this importer knows; look for a typing error";
    assert!(text.ends_with(expected), "{text}");
    let text = imported.remarks[0].to_string();
    let expected =
        "keepalived.conf:5: version 2 cannot tell this interval; 2s is taken, as in Keepalived";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn control_characters_of_the_file_do_not_reach_the_terminal() {
    let said = error("~LST({A, B}, \u{1b}[2J, 1) x\n");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let all = imported(&instance("bogus \u{9b}2J\r\"\u{1b}]0;x\u{7}\"\u{0}"));
    let shown = format!("{}{:?}", all.yaml, all.not_carried_over);
    assert!(shown.contains("bogus"), "{shown}");
    assert!(
        !all.yaml.contains(|c: char| c.is_control() && c != '\n'),
        "{shown}"
    );
    for item in &all.not_carried_over {
        assert!(!item.to_string().contains(char::is_control), "{item:?}");
    }
}

#[test]
fn a_directive_without_a_letter_is_still_shown() {
    let left_out = left_out(&instance("\"\"\n \" \" {\n}"));
    let shown: Vec<&str> = left_out.iter().map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(shown, ["\"\"", "\"\""]);
}
