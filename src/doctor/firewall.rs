//! Rules of nftables (and of iptables, where that stands on nftables) that drop VRRP.

use std::process::Command;

use serde_json::Value;

use super::Findings;
use super::scene::Scene;

/// VRRP's number among the protocols of IP.
const VRRP: u64 = 112;

const REMEDY: &str = "let VRRP in, before the rule that drops it: `nft insert rule FAMILY TABLE CHAIN \
                      meta l4proto 112 accept`";

pub(super) fn examine(scene: &Scene, findings: &mut Findings<'_>) {
    if scene.sites.is_empty() {
        return;
    }
    let output = Command::new("nft").args(["-j", "list", "ruleset"]).output();
    let ruleset = match output {
        Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout).ok(),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            findings.warning(
                format!("the firewall's rules cannot be listed: {said}"),
                "run this as root",
            );
            return;
        }
        Err(error) => {
            findings.ok(format!("the firewall is not examined: nft: {error}"));
            return;
        }
    };
    let ruleset: Value = ruleset.unwrap_or_default();
    let before = findings.list.len();
    judge(&ruleset, findings);
    if findings.list.len() == before {
        findings.ok("no rule of nftables drops protocol 112");
    }
}

/// Where packets for this host pass, and where its own leave.
const HOOKS: [&str; 4] = ["ingress", "prerouting", "input", "output"];

fn judge(ruleset: &Value, findings: &mut Findings<'_>) {
    let parts = ruleset["nftables"].as_array();
    let of = |kind: &'static str| {
        let parts = parts.map(Vec::as_slice).unwrap_or_default();
        parts
            .iter()
            .map(move |part| &part[kind])
            .filter(|part| part.is_object())
    };
    let mut accepted: Vec<[&str; 3]> = Vec::new();
    for rule in of("rule") {
        let chain = place(rule, "chain");
        let expressions = rule["expr"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let verdict = |name: &str| expressions.iter().any(|part| part.get(name).is_some());
        let vrrp = expressions.iter().any(names_vrrp);
        let matches = expressions.iter().any(|part| part.get("match").is_some());
        if verdict("accept") && (vrrp || !matches) {
            accepted.push(chain);
        }
        if vrrp && (verdict("drop") || verdict("reject")) && !accepted.contains(&chain) {
            let [family, table, chain] = chain;
            findings.problem(
                format!("a rule in {family} {table} {chain} drops VRRP"),
                format!("delete it: `nft -a list chain {family} {table} {chain}` shows its handle"),
            );
        }
    }
    for chain in of("chain") {
        let hook = chain["hook"].as_str().unwrap_or_default();
        let here = place(chain, "name");
        if HOOKS.contains(&hook) && chain["policy"] == "drop" && !accepted.contains(&here) {
            let [family, table, name] = here;
            findings.warning(
                format!("{family} {table} {name} drops what no rule accepts, and no rule of it names VRRP"),
                REMEDY,
            );
        }
    }
}

fn place<'a>(part: &'a Value, chain: &str) -> [&'a str; 3] {
    ["family", "table", chain].map(|key| part[key].as_str().unwrap_or_default())
}

/// Whether an expression matches protocol 112 or VRRP's groups.
fn names_vrrp(expression: &Value) -> bool {
    let one = &expression["match"];
    if one["op"] == "!=" {
        return false;
    }
    let left = &one["left"];
    let protocol = left["meta"]["key"] == "l4proto"
        || left["payload"]["field"] == "protocol"
        || left["payload"]["field"] == "nexthdr";
    let group = left["payload"]["field"] == "daddr";
    let right = &one["right"];
    let values = right["set"]
        .as_array()
        .map_or(std::slice::from_ref(right), Vec::as_slice);
    values.iter().any(|value| {
        protocol && (value.as_u64() == Some(VRRP) || value == "vrrp")
            || group && (value == "224.0.0.18" || value == "ff02::12")
    })
}
