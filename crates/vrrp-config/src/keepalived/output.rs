//! The part of `vrrpd.yaml` that a keepalived.conf can fill, as it is written.

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Output {
    pub(crate) instances: Vec<Instance>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) checks: Vec<Check>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) load_balancers: Vec<LoadBalancer>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interface: Option<String>,
    pub(crate) vrid: u8,
    pub(crate) priority: u8,
    pub(crate) advert_interval: String,
    pub(crate) version: u8,
    pub(crate) preempt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preempt_delay: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_ttl: Option<u8>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) vmac: bool,
    #[serde(skip_serializing_if = "Announce::is_default")]
    pub(crate) announce: Announce,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) track: Vec<Track>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify: Option<Notify>,
}

impl Instance {
    /// Its addresses are all of one family.
    pub(crate) fn is_ipv6(&self) -> bool {
        let first = self.addresses.first();
        first.is_some_and(|address| address.contains(':'))
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Notify {
    pub(crate) exec: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Auth {
    pub(crate) pass: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Announce {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) burst: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh: Option<String>,
}

impl Announce {
    fn is_default(&self) -> bool {
        self.burst.is_none() && self.refresh.is_none()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Track {
    #[serde(flatten)]
    pub(crate) target: Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) penalty: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    Check(String),
    Interface(String),
}

#[derive(Debug, Serialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) probe: Probe,
    #[serde(flatten)]
    pub(crate) timing: Timing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Timing {
    pub(crate) interval: String,
    pub(crate) timeout: String,
    pub(crate) fall: u8,
    pub(crate) rise: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Probe {
    Http(Http),
    Tcp {
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    Exec {
        command: Vec<String>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Http {
    pub(crate) url: String,
    #[serde(skip_serializing_if = "Tls::is_default")]
    pub(crate) tls: Tls,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) status: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Tls {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_name: Option<String>,
    /// `Some(false)`: any certificate will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

impl Tls {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct LoadBalancer {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) backends: Vec<Backend>,
    pub(crate) scheduler: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) persistence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idle_timeout: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check: Option<BackendCheck>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Backend {
    pub(crate) address: String,
    pub(crate) weight: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BackendCheck {
    #[serde(flatten)]
    pub(crate) probe: Probe,
    #[serde(flatten)]
    pub(crate) timing: Timing,
}
