//! Load balancers.

use vrrp_config::Network;

use crate::common::{diagnostics, load};

/// Load balancers are read and judged like everything else.
fn backend_check(check: &str) -> String {
    let text = format!(
        "instances: [{{name: a, addresses: [10.0.50.20]}}]\n\
         load_balancers:\n  - name: lb\n    address: 10.0.50.20\n    port: 6443\n    \
         backends: [\"10.0.50.12:6443\"]\n    check: {check}\n"
    );
    diagnostics(load(&text)).lines()
}

#[test]
fn a_backend_stands_for_address_and_port_right_after_the_scheme() {
    let wrong = "{backend} stands for address and port, right after ://";
    let said = |url: &str| backend_check(&format!("{{http: {{url: \"{url}\"}}}}"));
    assert!(!said("https://{backend}/healthz").contains(wrong));
    for url in [
        "https://{backend}0/healthz",
        "https://lb.{backend}/healthz",
        "https://10.0.50.1/{backend}",
    ] {
        assert!(said(url).contains(wrong), "{url}: {}", said(url));
    }
}

#[test]
fn a_network_holds_what_is_within_it() {
    let network = |text: &str| {
        let (address, prefix) = text.split_once('/').expect("a prefix");
        Network {
            address: address.parse().expect("an address"),
            prefix: prefix.parse().expect("a length"),
        }
    };
    for (wide, narrow, holds) in [
        ("10.0.0.0/8", "10.1.0.0/16", true),
        ("10.0.0.0/8", "10.255.255.255/32", true),
        ("10.0.0.0/8", "11.0.0.0/16", false),
        ("10.1.0.0/16", "10.0.0.0/8", false),
        ("10.0.0.0/16", "10.0.0.0/8", false),
        ("10.1.2.3/32", "10.1.2.3/32", true),
        ("0.0.0.0/0", "192.0.2.0/24", true),
        ("0.0.0.0/0", "2001:db8::/32", false),
        ("::/0", "2001:db8::/32", true),
        ("::/0", "192.0.2.0/24", false),
        ("2001:db8::/32", "2001:db8:1::/48", true),
        ("2001:db8::/32", "2001:db9::/48", false),
        ("2001:db8:1::/48", "2001:db8::/32", false),
        ("2001:db8::1/128", "2001:db8::1/128", true),
    ] {
        assert_eq!(
            network(wide).contains(network(narrow)),
            holds,
            "{narrow} in {wide}"
        );
    }
}
