//! What a server answers to an http check, in HTTP/1.1 and HTTP/2: the check ends, with an error
//! that can be shown on one line, and is not up unless the bytes say so.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use vrrp_check::{HttpSpec, ProbeError, TlsSpec, probe_over};

use super::{block_on, pieces};

/// Never reached: whoever has answered hangs up.
const LONG: Duration = Duration::from_secs(30);

/// What the body must contain, where anything.
const WORD: &str = "ok";

/// Two bytes that say how, and what the server sends.
pub fn run(input: &[u8]) {
    let [how, seed, answer @ ..] = input else {
        return;
    };
    let http2 = how & 1 != 0;
    let spec = HttpSpec {
        url: "http://10.0.50.11:6443/healthz".into(),
        tls: TlsSpec::default(),
        status: if how & 2 != 0 {
            vec![200, 401]
        } else {
            Vec::new()
        },
        body: (how & 4 != 0).then(|| WORD.into()),
        headers: Vec::new(),
    };
    let address = SocketAddr::from((Ipv4Addr::new(10, 0, 50, 11), 6443));
    let outcome = block_on(async {
        let (ours, theirs) = duplex(1 << 20);
        let probe = probe_over(&spec, ours, http2, address, LONG);
        let (outcome, ()) = tokio::join!(probe, serve(theirs, answer, *seed));
        outcome.expect("the spec is good")
    });
    match outcome {
        Ok(()) if !http2 => judge_healthy(&spec, answer),
        Ok(()) => {}
        Err(error) => judge_error(&error),
    }
}

/// Says what it has to say, hangs up, and takes what comes.
async fn serve(mut stream: DuplexStream, answer: &[u8], seed: u8) {
    for piece in pieces(answer, seed) {
        if stream.write_all(piece).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fn judge_error(error: &ProbeError) {
    let text = error.to_string();
    assert!(!text.is_empty());
    assert!(text.len() < 2_000, "{} bytes", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
    let late = matches!(error, ProbeError::ResponseTimeout { .. });
    assert!(!late, "waited for a server that has hung up");
}

/// In HTTP/1 a healthy answer has a status line that says so.
fn judge_healthy(spec: &HttpSpec, answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    let statuses: Vec<u16> = text
        .match_indices("HTTP/1.")
        .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok())
        .collect();
    let wanted = |status: &u16| match spec.status.as_slice() {
        [] => (200..300).contains(status),
        listed => listed.contains(status),
    };
    assert!(statuses.iter().any(wanted), "{statuses:?}");
    let chunked = text.to_ascii_lowercase().contains("chunked");
    if let Some(word) = &spec.body
        && !chunked
    {
        assert!(text.contains(word.as_str()), "healthy without its word");
    }
}
