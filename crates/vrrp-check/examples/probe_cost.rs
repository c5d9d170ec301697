//! CPU time of one probe beside one run of curl from a shell: `probe_cost URL CA SERVER_NAME [PROBES]`.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tokio::runtime::Handle;
use vrrp_check::{Check, CheckSpec, HttpSpec, ProbeSpec, TlsSpec};

fn cpu(who: UsageWho) -> nix::Result<i64> {
    let usage = getrusage(who)?;
    Ok(usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, ca, name, rest @ ..] = arguments.as_slice() else {
        return Err("usage: probe_cost URL CA SERVER_NAME [PROBES]".into());
    };
    let probes: usize = rest.first().map_or(Ok(1000), |count| count.parse())?;
    let tls = TlsSpec {
        ca: Some(PathBuf::from(ca)),
        server_name: Some(name.clone()),
        ..TlsSpec::default()
    };
    let spec = CheckSpec {
        name: "cost".into(),
        probe: ProbeSpec::Http(HttpSpec {
            url: url.clone(),
            tls,
            status: Vec::new(),
            body: None,
            headers: Vec::new(),
        }),
        interval: Duration::from_millis(5),
        timeout: Duration::from_secs(5),
        fall: 1,
        rise: 1,
        hold_down: None,
    };
    let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let before = cpu(UsageWho::RUSAGE_SELF)?;
    let check = Check::spawn(spec, &Handle::current(), move |report| {
        let _ = sender.send((report.duration, report.outcome.clone()));
    })?;
    let mut times = Vec::with_capacity(probes);
    while times.len() < probes {
        let (took, outcome) = reports.recv().await.ok_or("the check ended")?;
        outcome?;
        times.push(took);
    }
    check.stop().await;
    let own = cpu(UsageWho::RUSAGE_SELF)? - before;
    times.sort_unstable();
    let count = i64::try_from(probes)?;
    println!(
        "in process: {} us CPU per probe, median duration {:?}",
        own / count,
        times[probes / 2]
    );

    let address = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split('/').next())
        .ok_or("not an https URL")?;
    let (host, port) = address.rsplit_once(':').ok_or("the URL needs a port")?;
    let script = format!(
        "i=0; while [ $i -lt {probes} ]; do curl -sf -o /dev/null --max-time 5 --cacert '{ca}' \
         --connect-to '{name}:{port}:{host}:{port}' 'https://{name}:{port}{path}' || exit 1; i=$((i+1)); done",
        path = url.split_once(address).map_or("/", |(_, path)| path),
    );
    let before = cpu(UsageWho::RUSAGE_CHILDREN)?;
    if !Command::new("sh").args(["-c", &script]).status()?.success() {
        return Err("curl failed".into());
    }
    println!(
        "curl script: {} us CPU per probe",
        (cpu(UsageWho::RUSAGE_CHILDREN)? - before) / count
    );
    Ok(())
}
