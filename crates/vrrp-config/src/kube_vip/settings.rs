//! What becomes of each of kube-vip's variables.

use std::net::IpAddr;

use crate::yaml::{Node, Value};

/// What was found in the variables.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The line of the container.
    pub(super) line: usize,
    /// The virtual address or addresses, with the line.
    pub(super) address: Option<(String, usize)>,
    /// Prefixes, one for each family at most.
    pub(super) prefixes: Vec<u8>,
    pub(super) interface: Option<String>,
    /// The API server's port.
    pub(super) port: Option<u16>,
    /// Whether it is for the control plane; unknown where it does not say.
    pub(super) control_plane: Option<bool>,
}

/// What becomes of one variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in the result.
    CarriedOver,
    /// It is not, and nothing changes by that.
    Needless(&'static str),
    /// It is not, and something is not done any more.
    Lost(&'static str),
}

const ELECTION: &str = "the election is VRRP's own: no lease in the Kubernetes API";
const BGP: &str = "vrrpd speaks no BGP: the address stays within one network segment";
const SERVICES: &str =
    "vrrpd serves no Services: keep a kube-vip with cp_enable=false for them, beside vrrpd";
const BALANCE: &str = "kube-vip finds the servers through the Kubernetes API; vrrpd asks nobody: \
                       write `load_balancers` with the hosts' addresses";

impl Settings {
    /// Takes one variable in.
    pub(super) fn take(&mut self, name: &str, value: &str, line: usize) -> Fate {
        let on = matches!(value, "true" | "True" | "1");
        match name {
            "address" | "vip_address" if !value.is_empty() => {
                self.address = Some((value.to_owned(), line));
                Fate::CarriedOver
            }
            "vip_interface" if !value.is_empty() => {
                self.interface = Some(value.to_owned());
                Fate::CarriedOver
            }
            "vip_cidr" | "vip_subnet" => self.prefix(value),
            "port" => match value.parse() {
                Ok(port) if port > 0 => {
                    self.port = Some(port);
                    Fate::CarriedOver
                }
                _ => Fate::Lost("this is no port; the API server is checked on 6443"),
            },
            "cp_enable" => {
                self.control_plane = Some(on);
                Fate::CarriedOver
            }
            "vip_arp" if on => Fate::Needless("the new master always announces the address"),
            "vip_arp" => Fate::Lost(
                "without ARP the address was announced by a routing protocol; vrrpd announces it by ARP",
            ),
            _ => fate(name, on),
        }
    }

    fn prefix(&mut self, value: &str) -> Fate {
        for part in value.split(',') {
            match part.trim().trim_start_matches('/').parse() {
                Ok(prefix) => self.prefixes.push(prefix),
                Err(_) if part.trim() == "auto" => {}
                Err(_) => {
                    return Fate::Lost("this is no prefix; the address is added as /32 or /128");
                }
            }
        }
        Fate::CarriedOver
    }

    /// The address as the configuration has it; a host's prefix is left out, and so is one of the
    /// other family.
    pub(super) fn with_prefix(&self, address: IpAddr) -> String {
        let (host, place) = if address.is_ipv4() { (32, 0) } else { (128, 1) };
        let prefix = match self.prefixes.as_slice() {
            [only] => Some(only),
            several => several.get(place),
        };
        match prefix {
            // 32 is what manifests have for IPv6 as well, meaning a host's.
            Some(prefix) if (1..host).contains(prefix) && *prefix != 32 => {
                format!("{address}/{prefix}")
            }
            _ => address.to_string(),
        }
    }
}

fn fate(name: &str, on: bool) -> Fate {
    match name {
        "vip_leaderelection"
        | "vip_leasename"
        | "vip_leaseduration"
        | "vip_renewdeadline"
        | "vip_retryperiod"
        | "cp_namespace"
        | "vip_namespace"
        | "plndr_cp_lock"
        | "plndr_svcs_lock"
        | "svc_leasename"
        | "vip_preserve_on_leadership_loss"
        | "vip_startleader"
        | "vip_addpeerstolb"
        | "vip_localpeer"
        | "vip_peers" => Fate::Needless(ELECTION),
        "vip_nodename"
        | "k8s_config_file"
        | "kubernetes_addr"
        | "vip_configmap"
        | "enable_node_labeling"
        | "KUBERNETES_SERVICE_HOST"
        | "KUBERNETES_SERVICE_PORT" => Fate::Needless("vrrpd asks Kubernetes for nothing"),
        "vip_loglevel" => Fate::Needless("logs are under `log`"),
        "vip_arpRate" | "vip_singlenode" | "dns_mode" | "disable_service_updates" => {
            Fate::Needless("vrrpd has no such choice to make")
        }
        "svc_enable"
        | "svc_election"
        | "enableServicesElection"
        | "lb_class_only"
        | "lb_class_name"
        | "lb_class_legacy_handling"
        | "enable_service_security"
        | "enable_endpointslices"
        | "annotations"
        | "egress_clean"
        | "egress_podcidr"
        | "egress_servicecidr"
        | "egress_withnftables"
        | "enableUPNP"
        | "enable_upnp" => {
            if on
                || !matches!(
                    name,
                    "svc_enable" | "svc_election" | "enableServicesElection"
                )
            {
                Fate::Lost(SERVICES)
            } else {
                Fate::Needless("it is off here too")
            }
        }
        "lb_enable" if !on => Fate::Needless("it is off here too"),
        "lb_enable" | "lb_port" | "lb_fwdmethod" | "lb_backendport" | "lb_bindtovip"
        | "lb_name" | "lb_type" => Fate::Lost(BALANCE),
        "bgp_enable" if !on => Fate::Needless("it is off here too"),
        "vip_ddns" if !on => Fate::Needless("it is off here too"),
        "vip_ddns" => Fate::Lost("vrrpd takes fixed addresses only, none from DHCP"),
        "vip_packet" | "vip_packetproject" | "vip_packetprojectid" | "provider_config" => {
            Fate::Lost("vrrpd calls no cloud's API")
        }
        "vip_routingtable"
        | "enableRoutingTable"
        | "vip_routingtableid"
        | "vip_routingtabletype"
        | "vip_routingprotocol"
        | "vip_cleanroutingtable" => Fate::Lost("vrrpd writes no routes"),
        "vip_wireguard" => Fate::Lost("vrrpd makes no tunnels"),
        "prometheus_server" => Fate::Lost("the metrics are at 127.0.0.1:9650, see `metrics`"),
        "health_check_port" => Fate::Lost("/healthz is on the port of the metrics"),
        "backend_health_check_interval"
        | "control_plane_health_check_address"
        | "control_plane_health_check_period_seconds"
        | "control_plane_health_check_timeout_seconds"
        | "control_plane_health_check_failure_threshold"
        | "control_plane_health_check_ca_path" => {
            Fate::Lost("the API server of this host is checked as `checks` says")
        }
        name if name.starts_with("bgp_") => Fate::Lost(BGP),
        "mpbgp_nexthop" | "mpbgp_ipv4" | "mpbgp_ipv6" | "zebra_enable" | "zebra_url" => {
            Fate::Lost(BGP)
        }
        _ => Fate::Lost("not known to this version of vrrpd"),
    }
}

/// The text of a value, whether quoted or not.
pub(super) fn as_text(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        _ => String::new(),
    }
}
