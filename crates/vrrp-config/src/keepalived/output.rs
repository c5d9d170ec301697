//! The part of `vrrpd.yaml` that a keepalived.conf can fill, as it is written.

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(super) struct Output {
    pub(super) instances: Vec<Instance>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) checks: Vec<Check>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) load_balancers: Vec<LoadBalancer>,
}

#[derive(Debug, Serialize)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interface: Option<String>,
    pub(super) vrid: u8,
    pub(super) priority: u8,
    pub(super) advert_interval: String,
    pub(super) version: u8,
    pub(super) preempt: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preempt_delay: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_ttl: Option<u8>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) vmac: bool,
    #[serde(skip_serializing_if = "Announce::is_default")]
    pub(super) announce: Announce,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) track: Vec<Track>,
}

#[derive(Debug, Serialize)]
pub(super) struct Auth {
    pub(super) pass: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Announce {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) burst: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh: Option<String>,
}

impl Announce {
    fn is_default(&self) -> bool {
        self.burst.is_none() && self.refresh.is_none()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Track {
    #[serde(flatten)]
    pub(super) target: Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) penalty: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    Check(String),
    Interface(String),
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) members: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) probe: Probe,
    #[serde(flatten)]
    pub(super) timing: Timing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Timing {
    pub(super) interval: String,
    pub(super) timeout: String,
    pub(super) fall: u8,
    pub(super) rise: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Probe {
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
pub(super) struct Http {
    pub(super) url: String,
    #[serde(skip_serializing_if = "Tls::is_default")]
    pub(super) tls: Tls,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) status: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tls {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ca: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server_name: Option<String>,
    /// `Some(false)`: any certificate will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
}

impl Tls {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct LoadBalancer {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) backends: Vec<Backend>,
    pub(super) scheduler: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) persistence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) idle_timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) check: Option<BackendCheck>,
}

#[derive(Debug, Serialize)]
pub(super) struct Backend {
    pub(super) address: String,
    pub(super) weight: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct BackendCheck {
    #[serde(flatten)]
    pub(super) probe: Probe,
    #[serde(flatten)]
    pub(super) timing: Timing,
}
