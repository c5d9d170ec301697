//! What `vrrpd check` says of this host: what it lacks for what the configuration asks for.

use std::path::Path;

use nix::net::if_::if_nametoindex;
use vrrp_balance::MissingKind;
use vrrp_config::{Config, Diagnostic, Diagnostics};

use crate::daemon::balance::{NFT, services};

/// Adds a warning for each thing, where this is a host that the configuration may be for. What
/// the user may not ask for is no lack of the host.
pub(super) fn warn(config: &Config, warnings: &mut Diagnostics) {
    let services = services(config);
    if services.is_empty() || !may_be_for_this_host(config) {
        return;
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let missing = runtime.block_on(vrrp_balance::requirements(&services, Path::new(NFT)));
    for missing in missing {
        if missing.kind != MissingKind::Rights {
            let what = format!("load balancers cannot work on this host: {}", missing.what);
            warnings.push(Diagnostic::warning(what).with_hint(missing.remedy));
        }
    }
}

/// Files are also checked elsewhere, such as in pipelines, where no such interface is.
fn may_be_for_this_host(config: &Config) -> bool {
    config.instances.iter().any(|instance| {
        let interface = instance.interface.as_deref();
        interface.is_none_or(|name| if_nametoindex(name).is_ok())
    })
}
