//! Programs that manage the interface and may remove what they did not add.

use std::fs;

use super::Findings;
use super::scene::Scene;

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    let mut told: Vec<u32> = Vec::new();
    for link in scene.sites.iter().filter_map(|site| site.link.as_ref()) {
        if told.contains(&link.index) {
            continue;
        }
        told.push(link.index);
        let name = &link.name;
        let state = |directory: &str| {
            fs::read_to_string(format!("{directory}/{}", link.index)).unwrap_or_default()
        };
        let networkd = state("/run/systemd/netif/links");
        let network_manager = state("/run/NetworkManager/devices");
        if networkd
            .lines()
            .any(|line| line == "ADMIN_STATE=configured" || line == "ADMIN_STATE=configuring")
        {
            findings.warning(
                format!(
                    "systemd-networkd manages {name}: when it configures it anew it removes addresses \
                     that are not its own; vrrpd puts them back at once"
                ),
                "KeepConfiguration=yes under [Network] of the interface's .network file",
            );
        } else if network_manager
            .lines()
            .any(|line| matches!(line, "managed=true" | "managed=full" | "managed=1"))
        {
            findings.warning(
                format!(
                    "NetworkManager manages {name}: when a connection is activated anew it removes \
                     addresses that are not its own; vrrpd puts them back at once"
                ),
                format!(
                    "nothing where that is rare; else `unmanaged-devices=interface-name:{name}` under \
                     [keyfile] of NetworkManager.conf"
                ),
            );
        } else {
            findings.ok(format!(
                "neither systemd-networkd nor NetworkManager manages {name}"
            ));
        }
    }
}
