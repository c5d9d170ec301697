//! `vrrpd import`: another product's configuration as vrrpd.yaml.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use vrrp_config::keepalived::{self, ImportOptions};
use vrrp_config::{
    Diagnostics, Effect, HostFacts, Imported, Text, import_konvoy, import_kube_vip, is_konvoy_file,
    is_kube_vip, parse_str,
};

use super::{exit, output, terminal};
use crate::host;

/// Arguments of `vrrpd import`.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A keepalived.conf, a Konvoy cluster.yaml, or a manifest of kube-vip
    file: PathBuf,
    /// The inventory that belongs to a Konvoy cluster.yaml
    #[arg(short, long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// With an inventory: balance connections over its control-plane hosts
    #[arg(long, requires = "inventory")]
    load_balance: bool,
    /// Where to write the result; `-` prints it. An existing file is never overwritten
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Which `@name` lines of the file apply, as with keepalived's own option; by default the
    /// first part of the host's name
    #[arg(long, value_name = "NAME")]
    config_id: Option<String>,
}

pub(super) fn import(args: &ImportArgs) -> ExitCode {
    let imported = match read(args) {
        Ok(imported) => imported,
        Err(error) => return exit::fail(exit::BAD_CONFIG, &error.trim_end()),
    };
    if let Err(error) = output::write(&args.output, imported.yaml.as_bytes()) {
        return exit::fail(exit::FAILED, &error);
    }
    eprint!("{}", summary(&imported));
    judge(&imported.yaml, &args.output)
}

/// Tells the three kinds of file apart by what is in them.
fn read(args: &ImportArgs) -> Result<Imported, String> {
    // What cannot be read as text, or is none of the others, is keepalived's to complain about.
    let text = fs::read_to_string(&args.file).unwrap_or_default();
    let name = args.file.display().to_string();
    let file = Text {
        name: &name,
        text: &text,
    };
    if is_konvoy_file(&text) {
        return konvoy(args, file);
    }
    if args.inventory.is_some() {
        return Err(format!(
            "--inventory goes with a Konvoy cluster.yaml, which {name} is not"
        ));
    }
    if is_kube_vip(&text) {
        return import_kube_vip(file).map_err(|said| shown(&said));
    }
    let config_id = args.config_id.clone().or_else(host::short_name);
    let options = ImportOptions {
        config_id: config_id.as_deref(),
    };
    keepalived::import(&args.file, &options).map_err(|error| error.to_string())
}

fn konvoy(args: &ImportArgs, cluster: Text<'_>) -> Result<Imported, String> {
    let facts =
        HostFacts::of_this_host(host::local_addresses().map_err(|error| error.to_string())?);
    let inventory = match &args.inventory {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            Some((path.display().to_string(), text))
        }
    };
    let inventory = inventory.as_ref().map(|(name, text)| Text { name, text });
    import_konvoy(cluster, inventory, args.load_balance, &facts).map_err(|said| shown(&said))
}

fn shown(diagnostics: &Diagnostics) -> String {
    format!(
        "this cannot be imported:\n{}",
        terminal::rendered(diagnostics)
    )
}

/// What a person has to look at, worst first.
fn summary(imported: &Imported) -> String {
    let of = |effect| {
        let lines = imported.not_carried_over.iter();
        lines
            .filter(move |line| line.effect == effect)
            .map(ToString::to_string)
            .collect()
    };
    let sections: [(&str, Vec<String>); 3] = [
        (
            "not carried over; this is not done any more",
            of(Effect::Changed),
        ),
        ("left out; nothing changes by that", of(Effect::None)),
        (
            "to know",
            imported.remarks.iter().map(ToString::to_string).collect(),
        ),
    ];
    let mut text = String::new();
    for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        text.push_str(&format!("{title}:\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// Says whether the result can be run as it is.
fn judge(yaml: &str, output: &Path) -> ExitCode {
    let facts = HostFacts::of_this_host(host::local_addresses().unwrap_or_default());
    let name = output.display().to_string();
    let text = Text {
        name: &name,
        text: yaml,
    };
    match parse_str(text, None, false, &facts) {
        Ok(_) => ExitCode::SUCCESS,
        Err(diagnostics) => {
            terminal::show(&diagnostics);
            eprintln!("vrrpd: the result cannot be run as it is; mend what is named above");
            ExitCode::from(exit::BAD_CONFIG)
        }
    }
}
