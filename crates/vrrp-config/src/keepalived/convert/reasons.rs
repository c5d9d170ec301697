//! Why a directive has no counterpart, by its keyword.

use crate::keepalived::Effect;
use crate::keepalived::tree::Directive;

/// What becomes of a directive, and why.
type Reason = (Effect, &'static str);

pub(super) const UNKNOWN: &str =
    "it is no directive that this importer knows; look for a typing error";

const SCRIPTS: Reason = (
    Effect::Changed,
    "vrrpd tells one command of an instance's changes (`notify`); for the rest follow `vrrpd events --json` or the metrics",
);
const MAIL: Reason = (
    Effect::Changed,
    "vrrpd sends no mail; alert on its metrics instead",
);
const LATER_ARP: Reason = (
    Effect::Changed,
    "vrrpd announces again at once whenever it has heard another master, with `announce.burst` packets",
);
const ARP_PACE: Reason = (
    Effect::Changed,
    "vrrpd sends the packets of a burst without a pause",
);
const PROCESS: Reason = (
    Effect::None,
    "vrrpd is one process; how it is run stands in its systemd unit, and `realtime` is on where allowed",
);
const SNMP: Reason = (
    Effect::Changed,
    "vrrpd has no SNMP or D-Bus; it has Prometheus metrics and `vrrpd status`",
);
const FIREWALL: Reason = (
    Effect::None,
    "vrrpd needs no firewall rules for its addresses",
);
const STATIC: Reason = (
    Effect::Changed,
    "vrrpd manages virtual addresses only; leave this to the host's network configuration",
);
const ROUTES: Reason = (
    Effect::Changed,
    "vrrpd moves addresses only, no routes and no rules",
);
const RELOAD: Reason = (
    Effect::None,
    "`vrrpd reload` checks the file first and keeps the old configuration if it is bad",
);
const UNICAST: Reason = (
    Effect::None,
    "an instance with `peers` never falls back to multicast and takes adverts from them only",
);
const LISTS: Reason = (
    Effect::None,
    "vrrpd counts and shows a differing address list, and drops nothing for it",
);
const HIGHER_ADVERT: Reason = (
    Effect::Changed,
    "vrrpd gives way to a higher priority without a last advert",
);
const NO_ADVERT: Reason = (
    Effect::Changed,
    "vrrpd answers a lower priority with an advert at once, as RFC 9568 section 6.4.3 wants",
);
const DOWN_TIMER: Reason = (
    Effect::Changed,
    "vrrpd waits three intervals and the skew time, as the RFCs say",
);
const STRICT: Reason = (
    Effect::Changed,
    "vrrpd has no strict mode; it checks received adverts as RFC 9568 says",
);
const TRACKED: Reason = (
    Effect::Changed,
    "vrrpd tracks checks and interfaces; make a check of type exec that looks at this",
);
const SYNCD: Reason = (
    Effect::Changed,
    "vrrpd does not copy connections to other hosts",
);
const LINKBEAT: Reason = (
    Effect::None,
    "vrrpd gets the state of links from the kernel, without polling",
);
const CHECKER: Reason = (
    Effect::Changed,
    "vrrpd has no such setting for checks of backends",
);
const NAMESPACE: Reason = (
    Effect::Changed,
    "vrrpd runs in the network namespace it is started in; use NetworkNamespacePath= in its unit",
);

/// At the top level; `None` for what is converted.
pub(super) fn top_level(keyword: &str) -> Option<Reason> {
    Some(match keyword {
        "global_defs" | "SSL" | "vrrp_instance" | "vrrp_script" | "vrrp_sync_group"
        | "virtual_server" => return None,
        "static_ipaddress" | "static_routes" | "static_rules" => STATIC,
        "track_group" => (
            Effect::Changed,
            "it belongs to static addresses, which vrrpd does not manage",
        ),
        "vrrp_track_process" | "track_process" | "track_file" | "vrrp_track_file" => TRACKED,
        "bfd_instance" => (
            Effect::Changed,
            "vrrpd has no BFD; a shorter `advert_interval`, down to 10 ms, serves as well",
        ),
        "garp_group" => ARP_PACE,
        "interface_up_down_delays" => (Effect::Changed, "vrrpd reacts to a link at once"),
        "linkbeat_interfaces" | "linkbeat_use_polling" => LINKBEAT,
        "virtual_server_group" => (
            Effect::Changed,
            "a load balancer of vrrpd has one address and one port; write one for each",
        ),
        "net_namespace" | "net_namespace_ipvs" | "namespace_with_ipsets" => NAMESPACE,
        "instance" | "use_pid_dir" | "child_wait_time" => PROCESS,
        _ => (Effect::Changed, UNKNOWN),
    })
}

/// In `global_defs`.
pub(super) fn global(directive: &Directive) -> Reason {
    let keyword = directive.keyword();
    match keyword {
        "router_id" => (Effect::None, "nothing of vrrpd needs a name for the host"),
        "notification_email"
        | "notification_email_from"
        | "smtp_server"
        | "smtp_helo_name"
        | "smtp_connect_timeout"
        | "smtp_alert"
        | "smtp_alert_vrrp"
        | "smtp_alert_checker"
        | "no_email_faults"
        | "no_checker_emails" => MAIL,
        "vrrp_mcast_group4" if directive.arg(1) == Some("224.0.0.18") => {
            (Effect::None, "this is the group of RFC 9568")
        }
        "vrrp_mcast_group6" if directive.arg(1) == Some("ff02::12") => {
            (Effect::None, "this is the group of RFC 9568")
        }
        "vrrp_mcast_group4" | "vrrp_mcast_group6" => (
            Effect::Changed,
            "vrrpd sends to the groups of RFC 9568 only; use `peers` to separate groups of hosts",
        ),
        "enable_script_security" => (Effect::None, "vrrpd never runs a check as root"),
        "script_user" => (Effect::Changed, "checks run as the user of vrrpd"),
        "startup_script"
        | "startup_script_timeout"
        | "shutdown_script"
        | "shutdown_script_timeout" => (
            Effect::Changed,
            "use ExecStartPre= and ExecStopPost= in the systemd unit",
        ),
        "vrrp_garp_lower_prio_delay" | "vrrp_garp_lower_prio_repeat" => LATER_ARP,
        "vrrp_garp_interval" | "vrrp_gna_interval" | "vrrp_garp_master_refresh_repeat" => ARP_PACE,
        "vrrp_garp_extra_if" => (
            Effect::Changed,
            "vrrpd announces on the interface of the instance",
        ),
        "vrrp_check_unicast_src" => UNICAST,
        "vrrp_skip_check_adv_addr" => LISTS,
        "vrrp_strict" => STRICT,
        "vrrp_lower_prio_no_advert" => NO_ADVERT,
        "vrrp_higher_prio_send_advert" => HIGHER_ADVERT,
        "vrrp_down_timer_adverts" => DOWN_TIMER,
        "vrrp_startup_delay" => (
            Effect::Changed,
            "vrrpd waits for the link and an address by itself; `preempt_delay` makes it wait longer",
        ),
        "vrrp_notify_fifo"
        | "vrrp_notify_fifo_script"
        | "notify_fifo"
        | "notify_fifo_script"
        | "lvs_notify_fifo"
        | "lvs_notify_fifo_script"
        | "vrrp_notify_priority_changes"
        | "fifo_write_vrrp_states_on_reload" => SCRIPTS,
        "dynamic_interfaces" => (
            Effect::None,
            "vrrpd waits for interfaces and rejoins them by name",
        ),
        "vrrp_iptables" | "vrrp_ipsets" | "nftables" | "nftables_priority"
        | "nftables_counters" | "nftables_ifindex" | "disable_local_igmp" => FIREWALL,
        "nftables_ipvs" | "nftables_ipvs_priority" | "nftables_ipvs_start_fwmark" => (
            Effect::None,
            "vrrpd balances with a table of its own in nftables",
        ),
        "lvs_flush" | "lvs_flush_on_stop" => (
            Effect::None,
            "vrrpd has a table of its own and touches nothing else",
        ),
        "lvs_sync_daemon" => SYNCD,
        "reload_check_config"
        | "reload_time_file"
        | "reload_repeat"
        | "reload_file"
        | "config_save_dir"
        | "tmp_config_directory"
        | "include_check" => RELOAD,
        "log_unknown_vrids" => (
            Effect::None,
            "vrrpd counts them, and `vrrpd doctor` names them",
        ),
        "linkbeat_use_polling" => LINKBEAT,
        "net_namespace" | "net_namespace_ipvs" | "namespace_with_ipsets" => NAMESPACE,
        "checker_log_all_failures" => (
            Effect::None,
            "vrrpd logs changes; the metrics count the rest",
        ),
        "rs_init_notifies" => SCRIPTS,
        "enable_dbus" | "dbus_service_name" | "dbus_no_interface_name" => SNMP,
        "vmac_prefix" | "vmac_addr_prefix" => (Effect::None, "vrrpd names its macvlan itself"),
        "process_names"
        | "process_name"
        | "max_auto_priority"
        | "min_auto_priority_delay"
        | "vrrp_priority"
        | "vrrp_no_swap"
        | "vrrp_rt_priority"
        | "vrrp_rlimit_rttime"
        | "vrrp_cpu_affinity"
        | "umask"
        | "data_use_instance"
        | "random_seed"
        | "instance"
        | "use_pid_dir"
        | "child_wait_time"
        | "vrrp_rx_bufs_policy"
        | "vrrp_rx_bufs_multiplier" => PROCESS,
        _ if keyword.starts_with("snmp_") || keyword.starts_with("enable_snmp") => SNMP,
        _ if [
            "checker_",
            "bfd_",
            "vrrp_rt",
            "process_monitor_",
            "vrrp_netlink_",
            "lvs_netlink_",
        ]
        .iter()
        .any(|prefix| keyword.starts_with(prefix))
            || keyword.ends_with("_process_name") =>
        {
            PROCESS
        }
        _ => (Effect::Changed, UNKNOWN),
    }
}

/// In `vrrp_instance`.
pub(super) fn instance(directive: &Directive) -> Reason {
    match directive.keyword() {
        "preempt" => (Effect::None, "this is the default"),
        "native_ipv6" => (Effect::None, "the addresses tell the family"),
        "virtual_ipaddress_excluded" => (
            Effect::Changed,
            "vrrpd advertises every address it serves; add it to `addresses`, on all hosts at once, or make a second instance",
        ),
        "virtual_routes" | "virtual_rules" => ROUTES,
        "notify_deleted" | "notify_master_rx_lower_pri" | "notify_priority_changes" => SCRIPTS,
        "smtp_alert" => MAIL,
        "track_file" | "track_process" | "track_bfd" => TRACKED,
        "dont_track_primary" => (
            Effect::Changed,
            "an instance whose interface is down is in fault: it can serve nobody",
        ),
        "track_src_ip" => (
            Effect::None,
            "an instance without its source address is in fault",
        ),
        "vmac_xmit_base" => (
            Effect::Changed,
            "with `vmac` the adverts leave with the virtual MAC, as RFC 9568 section 7.2 wants",
        ),
        "use_vmac_addr" | "use_ipvlan" | "vrf" => (
            Effect::Changed,
            "vrrpd knows the interface itself or, with `vmac`, one macvlan on it",
        ),
        "mcast_dst_ip" => (
            Effect::Changed,
            "vrrpd sends to the groups of RFC 9568 only; use `peers` to separate groups of hosts",
        ),
        "unicast_ttl" if directive.arg(1) == Some("255") => {
            (Effect::None, "vrrpd sends with TTL 255")
        }
        "unicast_ttl" => (Effect::Changed, "vrrpd sends with TTL 255"),
        "check_unicast_src" | "unicast_fault_no_peer" => UNICAST,
        "old_unicast_checksum" | "v3_checksum_as_v2" => (
            Effect::None,
            "`checksum: auto` takes both forms and sends the one that the peers send",
        ),
        "garp_lower_prio_delay" | "garp_lower_prio_repeat" => LATER_ARP,
        "garp_master_refresh_repeat" => ARP_PACE,
        "garp_extra_if" => (
            Effect::Changed,
            "vrrpd announces on the interface of the instance",
        ),
        "down_timer_adverts" => DOWN_TIMER,
        "lower_prio_no_advert" => NO_ADVERT,
        "higher_prio_send_advert" => HIGHER_ADVERT,
        "accept" => (
            Effect::None,
            "vrrpd always accepts what is sent to the virtual addresses",
        ),
        "no_accept" => (
            Effect::Changed,
            "vrrpd always accepts what is sent to the virtual addresses",
        ),
        "strict_mode" => STRICT,
        "skip_check_adv_addr" => LISTS,
        "promote_secondaries" => (
            Effect::None,
            "vrrpd deletes exactly the addresses it has added",
        ),
        "lvs_sync_daemon_interface" => SYNCD,
        "debug" | "kernel_rx_buf_size" => PROCESS,
        "linkbeat_use_polling" => LINKBEAT,
        _ => (Effect::Changed, UNKNOWN),
    }
}

/// In `vrrp_sync_group`.
pub(super) fn group(keyword: &str) -> Reason {
    match keyword {
        "notify"
        | "notify_master"
        | "notify_backup"
        | "notify_fault"
        | "notify_stop"
        | "notify_deleted"
        | "notify_priority_changes" => SCRIPTS,
        "smtp_alert" => MAIL,
        "track_file" | "track_process" | "track_bfd" => TRACKED,
        _ => (Effect::Changed, UNKNOWN),
    }
}

/// In `vrrp_script`.
pub(super) fn script(keyword: &str) -> Reason {
    match keyword {
        "user" => (Effect::Changed, "checks run as the user of vrrpd"),
        "init_fail" => (
            Effect::Changed,
            "a check is neither up nor down until its first results",
        ),
        _ => (Effect::Changed, UNKNOWN),
    }
}

/// In `virtual_server`.
pub(super) fn virtual_server(keyword: &str) -> Reason {
    match keyword {
        "quorum_up" | "quorum_down" => SCRIPTS,
        "smtp_alert" => MAIL,
        "quorum" | "hysteresis" => (Effect::Changed, "one healthy backend is enough for vrrpd"),
        "sorry_server" | "sorry_server_inhibit" | "sorry_server_lvs_method" => (
            Effect::Changed,
            "vrrpd has no backend for the time when all others are down",
        ),
        "inhibit_on_failure" => (
            Effect::Changed,
            "connections to a failed backend are not kept",
        ),
        "persistence_granularity" | "persistence_engine" => (
            Effect::Changed,
            "vrrpd keeps each client address to its backend, not networks",
        ),
        "ha_suspend" => (Effect::None, "a host without the address balances nothing"),
        "alpha" | "omega" => (
            Effect::Changed,
            "a backend counts as healthy until its check has failed",
        ),
        "ops" | "flag-1" | "flag-2" | "flag-3" | "sh-port" | "sh-fallback" | "mh-port"
        | "mh-fallback" | "ip_family" | "hashed" => (
            Effect::Changed,
            "it is a setting of IPVS, which vrrpd does not use",
        ),
        "snmp_name" => SNMP,
        "warmup" => (Effect::None, "vrrpd spreads the first checks by itself"),
        _ => (Effect::Changed, UNKNOWN),
    }
}

/// In `real_server`.
pub(super) fn real_server(keyword: &str) -> Reason {
    match keyword {
        "notify_up" | "notify_down" => SCRIPTS,
        "uthreshold" | "lthreshold" => (Effect::Changed, "vrrpd sets no limit of connections"),
        "lb_kind" | "lvs_method" => (
            Effect::Changed,
            "vrrpd translates addresses (NAT) for every backend",
        ),
        other => virtual_server(other),
    }
}

/// In the block of a check of a backend.
pub(super) fn checker(keyword: &str) -> Reason {
    match keyword {
        "bindto" | "bind_if" | "bind_port" | "fwmark" | "connect_ip" | "http_protocol"
        | "delay_before_retry" => CHECKER,
        "fast_recovery" | "log_all_failures" => (
            Effect::None,
            "vrrpd has no such delay and logs changes only",
        ),
        "digest" | "regex" | "regex_no_match" | "regex_options" | "regex_stack"
        | "regex_min_offset" | "regex_max_offset" => (
            Effect::Changed,
            "vrrpd looks for plain text in an answer: set `body` by hand",
        ),
        other => virtual_server(other),
    }
}
