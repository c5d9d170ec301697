//! The part of the status table on load balancers.

use super::table::Page;
use crate::status::{BackendStatus, LoadBalancerStatus};

impl Page {
    /// A line for each load balancer, then one for each of its backends.
    pub(super) fn load_balancers(&self, balancers: &[LoadBalancerStatus]) -> String {
        let header = ["STATE", "LOAD BALANCER", "ADDRESS", "WHY"];
        let rows = balancers.iter().map(|balancer| {
            [
                balancer.state.as_str().to_owned(),
                balancer.name.clone(),
                place(balancer),
                balancer.reason.clone(),
            ]
        });
        let mut out = self.table(header, rows);
        let header = [
            "STATE",
            "BACKEND",
            "OF",
            "FOR",
            "WEIGHT",
            "ACTIVE",
            "TOTAL",
            "LAST ERROR",
        ];
        let rows = balancers.iter().flat_map(|balancer| {
            balancer.backends.iter().map(|backend| {
                [
                    state(backend),
                    backend.address.clone(),
                    balancer.name.clone(),
                    self.age(&backend.since),
                    backend.weight.to_string(),
                    backend.active_connections.to_string(),
                    backend.connections_total.to_string(),
                    backend.last_error.clone().unwrap_or_default(),
                ]
            })
        });
        out.push('\n');
        out.push_str(&self.table(header, rows));
        out
    }
}

fn place(balancer: &LoadBalancerStatus) -> String {
    let (address, port) = (&balancer.address, balancer.port);
    if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    }
}

fn state(backend: &BackendStatus) -> String {
    let state = backend.state.as_str();
    if backend.drained {
        format!("{state} drained")
    } else {
        state.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::status_document;
    use crate::testing;

    #[test]
    fn each_load_balancer_and_each_backend_has_a_line() {
        let now = humantime::parse_rfc3339("2026-01-31T12:01:00Z").expect("a time");
        let page = Page::new(now, 100, false);
        let balancers = status_document(&testing::view()).load_balancers;
        insta::assert_snapshot!(page.load_balancers(&balancers));
    }
}
