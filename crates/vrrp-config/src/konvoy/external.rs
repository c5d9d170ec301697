//! The files that leave the VIP to somebody else.

use std::fmt;

use crate::diagnostic::Diagnostics;

/// A Konvoy file that asks for no VIP of ours. Displays as the sentence to print before exit 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalLoadBalancer {
    /// The control-plane endpoint as the file or the inventory has it, `host:port`.
    pub endpoint: Option<String>,
    /// Who is in charge.
    pub reason: ExternalReason,
    /// Warnings only.
    pub warnings: Diagnostics,
}

/// Who is in charge of the control-plane endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExternalReason {
    /// No `keepalived` key: a load balancer outside the cluster.
    NoKeepalived,
    /// `spec.aws.elb`: the cloud's load balancer.
    AwsElb {
        /// The port it listens on, `apiServerPort`.
        api_server_port: u16,
        /// Whether it is reachable from within the VPC only, `internal`.
        internal: bool,
    },
}

impl fmt::Display for ExternalLoadBalancer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            ExternalReason::NoKeepalived => {
                f.write_str("an external load balancer is in charge of the control plane")?;
            }
            ExternalReason::AwsElb {
                api_server_port,
                internal,
            } => write!(
                f,
                "the cloud's load balancer is in charge of the control plane (spec.aws.elb: apiServerPort {api_server_port}, internal {internal})"
            )?,
        }
        if let Some(endpoint) = &self.endpoint {
            write!(f, " at {endpoint}")?;
        }
        f.write_str(": nothing to do here")
    }
}
