//! The way from a file to a validated [`Config`].

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics, Location};
use crate::konvoy::{self, ExternalLoadBalancer, KUBERNETES_CA, Konvoy, Wish};
use crate::read::Draft;
use crate::report::Report;
use crate::yaml::Parsed;
use crate::{file, rules};

/// What goes with a configuration file on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// `--inventory`: the Ansible inventory that belongs to a Konvoy `cluster.yaml`.
    pub inventory: Option<PathBuf>,
    /// `--load-balance`: balance over the control-plane hosts of the inventory.
    pub load_balance: bool,
}

/// What a configuration needs to know of the host it is loaded on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// Every address on an interface of this host, loopback included or not.
    pub local_addresses: Vec<IpAddr>,
    /// Those that the host has for itself, whoever is master: neither added by vrrpd nor by
    /// another VRRP daemon. Empty where that is not known.
    pub own_addresses: Vec<IpAddr>,
    /// The certificate authority of the local Kubernetes API server, where there is one.
    pub kubernetes_ca: Option<PathBuf>,
}

impl HostFacts {
    /// The facts of this host: its addresses as given, the rest looked up.
    #[must_use]
    pub fn of_this_host(local_addresses: Vec<IpAddr>) -> Self {
        let ca = Path::new(KUBERNETES_CA);
        HostFacts {
            local_addresses,
            own_addresses: Vec::new(),
            kubernetes_ca: ca.is_file().then(|| ca.to_path_buf()),
        }
    }
}

/// What a file turned out to ask for.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// Run these virtual routers.
    Config(LoadedConfig),
    /// Somebody else balances the load: say so and do nothing.
    ExternalLoadBalancer(ExternalLoadBalancer),
}

/// A usable configuration with what was noticed about it.
#[derive(Debug, Clone)]
pub struct LoadedConfig {
    /// The configuration.
    pub config: Config,
    /// Warnings only; empty for most files.
    pub warnings: Diagnostics,
    /// Where the keys are, for what turns out only on the host.
    pub places: Places,
}

/// The places of the keys in the file that a configuration was read from.
#[derive(Debug, Clone)]
pub struct Places {
    parsed: Parsed,
}

impl Places {
    /// The place of the value under a key such as `instances[0].interface`, or of the nearest
    /// value around it; `None` where the file has nothing of the kind, as a Konvoy file.
    #[must_use]
    pub fn locate(&self, key: &str) -> Option<Location> {
        self.parsed.place_of(key)
    }
}

/// A file's content under the name that messages show.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The file's text.
    pub text: &'a str,
}

/// Reads and checks the configuration at `path`: a `vrrpd.yaml` or a Konvoy `cluster.yaml`, told
/// apart by its `kind` and `apiVersion` keys.
///
/// # Errors
/// Everything that is wrong, errors and warnings, in the order of the file. The caller exits
/// with 2.
pub fn load(path: &Path, options: &LoadOptions, host: &HostFacts) -> Result<Loaded, Diagnostics> {
    let config = file::read(path);
    let inventory = options
        .inventory
        .as_deref()
        .map(|path| (path, file::read(path)));
    let (config, inventory) = match (config, inventory) {
        (Ok(config), None) => (config, None),
        (Ok(config), Some((path, Ok(inventory)))) => (config, Some((path, inventory))),
        (config, inventory) => {
            let inventory = inventory.and_then(|(_, inventory)| inventory.err());
            return Err(all([config.err(), inventory]));
        }
    };
    let (name, inventory_name) = (
        path.display().to_string(),
        inventory
            .as_ref()
            .map(|(path, _)| path.display().to_string()),
    );
    let config = Text {
        name: &name,
        text: &config,
    };
    let inventory = inventory
        .as_ref()
        .zip(inventory_name.as_deref())
        .map(|((_, text), name)| Text { name, text });
    parse_str(config, inventory, options.load_balance, host)
}

/// The same for texts in memory.
///
/// # Errors
/// As [`load`].
pub fn parse_str(
    config: Text<'_>,
    inventory: Option<Text<'_>>,
    load_balance: bool,
    host: &HostFacts,
) -> Result<Loaded, Diagnostics> {
    let wish = Wish {
        load_balance,
        replace_cloud: false,
    };
    parse(config, inventory, wish, host)
}

/// As [`parse_str`], for any wish.
pub(crate) fn parse(
    config: Text<'_>,
    inventory: Option<Text<'_>>,
    wish: Wish,
    host: &HostFacts,
) -> Result<Loaded, Diagnostics> {
    let parsed = Parsed::new(config.name, config.text, 0);
    let inventory = inventory
        .map(|text| Parsed::new(text.name, text.text, 1))
        .transpose();
    let (parsed, inventory) = match (parsed, inventory) {
        (Ok(parsed), Ok(inventory)) => (parsed, inventory),
        (parsed, inventory) => {
            return Err(all([parsed.err(), inventory.err()]));
        }
    };
    empty(
        &parsed,
        "a configuration needs at least `instances`, each with a `name` and `addresses`",
    )?;
    if let Some(inventory) = &inventory {
        empty(
            inventory,
            "an inventory needs at least `control-plane.hosts`",
        )?;
    }
    let files: Vec<&Parsed> = std::iter::once(&parsed).chain(&inventory).collect();
    let mut report = Report::default();
    for document in files.iter().flat_map(|file| &file.documents) {
        rules::once_each(document, &mut report);
    }
    let loaded = if konvoy::is_konvoy(&parsed) {
        konvoy::read(&parsed, inventory.as_ref(), wish, host, &mut report)
    } else {
        only_with_konvoy(inventory.is_some(), wish.load_balance, &mut report);
        own(&parsed, host, &mut report).map(|config| Konvoy::Config(Box::new(config)))
    };
    let usable = report.is_usable();
    let diagnostics = report.finish(&files);
    match loaded {
        Some(Konvoy::Config(config)) if usable => Ok(Loaded::Config(LoadedConfig {
            config: *config,
            warnings: diagnostics,
            places: Places { parsed },
        })),
        Some(Konvoy::External { endpoint, reason }) if usable => {
            let warnings = diagnostics;
            Ok(Loaded::ExternalLoadBalancer(ExternalLoadBalancer {
                endpoint,
                reason,
                warnings,
            }))
        }
        _ => Err(diagnostics),
    }
}

/// What is wrong with each of the files.
fn all(files: [Option<Diagnostics>; 2]) -> Diagnostics {
    files.into_iter().flatten().flatten().collect()
}

/// Refuses a file without any content.
fn empty(parsed: &Parsed, hint: &str) -> Result<(), Diagnostics> {
    if !parsed.documents.is_empty() {
        return Ok(());
    }
    let name = parsed.start().file().to_owned();
    Err(Diagnostic::error(format!("{name} is empty"))
        .with_location(parsed.start())
        .with_hint(hint)
        .into())
}

/// Options that mean nothing beside a `vrrpd.yaml`.
fn only_with_konvoy(inventory: bool, load_balance: bool, report: &mut Report) {
    for (option, given, hint) in [
        (
            "--inventory",
            inventory,
            "a vrrpd.yaml says itself which priority this host has",
        ),
        (
            "--load-balance",
            load_balance,
            "a vrrpd.yaml has `load_balancers` instead",
        ),
    ] {
        if given {
            report
                .error_without_place(format!("`{option}` goes with a Konvoy cluster.yaml only"))
                .hint(hint);
        }
    }
}

/// Reads a `vrrpd.yaml`.
fn own(parsed: &Parsed, host: &HostFacts, report: &mut Report) -> Option<Config> {
    let root = parsed.documents.first()?;
    if let Some((key, kind)) = root.entry("kind") {
        report
            .error(
                key,
                format!("a file of kind {} is not known", kind.describe()),
            )
            .hint("give a vrrpd.yaml, or a Konvoy cluster.yaml with a ClusterConfiguration");
        return None;
    }
    if let Some(second) = parsed.documents.get(1) {
        report
            .error(second, "a second document begins here")
            .hint("a vrrpd.yaml is one document: remove the line `---`");
    }
    let mut draft = Draft::read(root, report)?;
    rules::check(&draft, root, report);
    rules::own_virtual_addresses(&draft, host, report);
    rules::drop_own_peers(&mut draft, &host.local_addresses, report);
    Some(draft.into_config())
}
