//! The control server over a real socket: what it answers, and what it does not put up with.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::client::{Client, ClientError};
use super::{Control, ControlSocket, serve, status_document};
use crate::daemon::command::Request;
use crate::events::{EventLog, What};
use crate::http::Limits;
use crate::testing;

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(30);

struct Server {
    directory: TempDir,
    events: Arc<EventLog>,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = ControlSocket::bind(&directory.path().join("s")).expect("a free path");
        let events = Arc::new(EventLog::default());
        let (sender, requests) = mpsc::unbounded_channel();
        let control = Control {
            view: testing::view(),
            events: Arc::clone(&events),
            requests: sender,
        };
        tokio::spawn(serve(socket, control, limits));
        Self {
            directory,
            events,
            requests,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("s")
    }

    fn client(&self) -> Client {
        Client::new(&self.path())
    }

    async fn next_request(&mut self) -> Request {
        timeout(LONG, self.requests.recv())
            .await
            .expect("in time")
            .expect("a request")
    }
}

async fn connect(path: &Path) -> UnixStream {
    UnixStream::connect(path).await.expect("it listens")
}

async fn send(path: &Path, text: &[u8]) -> String {
    let mut stream = connect(path).await;
    // The server may have answered and closed before it read all of an oversized request.
    let _ = stream.write_all(text).await;
    let mut answer = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("an end in time");
    String::from_utf8_lossy(&answer).into_owned()
}

fn error_of(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
    document["error"].as_str().expect("an error").to_owned()
}

#[test]
fn the_status_document_has_every_field_of_the_contract() {
    let mut document = serde_json::to_value(status_document(&testing::view())).expect("JSON");
    document["pid"] = 1.into();
    document["started_at"] = "then".into();
    for check in document["checks"].as_array_mut().expect("a list") {
        check["since"] = "then".into();
    }
    for instance in document["instances"].as_array_mut().expect("a list") {
        if let Some(master) = instance["master"].as_object_mut() {
            let heard = master
                .insert("last_heard_ms".into(), 0.into())
                .expect("it is there");
            assert!(
                heard.as_u64().is_some_and(|millis| millis < 10_000),
                "{heard}"
            );
        }
        for peer in instance["peers"].as_array_mut().expect("a list") {
            if !peer["last_heard_ms"].is_null() {
                peer["last_heard_ms"] = 0.into();
            }
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("JSON"));
}

#[tokio::test]
async fn a_drain_of_a_backend_names_both() {
    let mut server = Server::start(Limits::default());
    let client = server.client();
    let both = [("load_balancer", "apiserver"), ("backend", "10.0.50.12")];
    let drain = tokio::spawn({
        let client = client.clone();
        async move { client.command("backend/drain", &both).await }
    });
    let Request::Backend {
        balancer,
        backend,
        drained,
        reply,
    } = server.next_request().await
    else {
        panic!("another request")
    };
    assert_eq!(
        (&*balancer, &*backend, drained),
        ("apiserver", "10.0.50.12", true)
    );
    reply.send(Ok(())).expect("it waits");
    drain.await.expect("no panic").expect("done");
    let half = client.command("backend/undrain", &both[..1]).await;
    let error = half.expect_err("one is missing").to_string();
    assert!(error.contains("both needed"), "{error}");
}

#[tokio::test]
async fn status_comes_through_the_socket() {
    let server = Server::start(Limits::default());
    let (raw, status) = server.client().status().await.expect("an answer");
    assert_eq!(status.instances[0].name, "control-plane");
    assert_eq!(status.pid, std::process::id());
    assert!(raw.starts_with(b"{"));
}

#[tokio::test]
async fn commands_reach_the_daemon_and_its_answer_comes_back() {
    let mut server = Server::start(Limits::default());
    let client = server.client();

    let drain = tokio::spawn({
        let client = client.clone();
        async move { client.command("drain", &[]).await }
    });
    let Request::Drain(reply) = server.next_request().await else {
        panic!("not a drain")
    };
    reply.send(Ok(())).expect("somebody waits");
    drain.await.expect("no panic").expect("drained");

    let resign = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .command("resign", &[("instance", "say \"v6\"")])
                .await
        }
    });
    let Request::Resign { instance, reply } = server.next_request().await else {
        panic!("not a resign")
    };
    assert_eq!(instance.as_deref(), Some("say \"v6\""));
    reply
        .send(Err("it is not master".into()))
        .expect("somebody waits");
    let error = resign.await.expect("no panic").expect_err("refused");
    assert_eq!(error.to_string(), "it is not master");

    let reload = tokio::spawn(async move { client.command("reload", &[]).await });
    let Request::Reload(reply) = server.next_request().await else {
        panic!("not a reload")
    };
    reply
        .send(Err("vrrpd.yaml:3:5: no".into()))
        .expect("somebody waits");
    let error = reload.await.expect("no panic").expect_err("refused");
    assert!(
        matches!(
            &error,
            ClientError::Refused {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn resigning_an_unknown_instance_names_those_there_are() {
    let server = Server::start(Limits::default());
    let error = server
        .client()
        .command("resign", &[("instance", "x")])
        .await;
    let text = error.expect_err("unknown").to_string();
    assert_eq!(
        text,
        "there is no instance \"x\"; there are: control-plane, say \"v6\""
    );
}

#[tokio::test]
async fn a_daemon_that_does_not_answer_is_reported_as_such() {
    let limits = Limits {
        answer: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let error = server
        .client()
        .command("drain", &[])
        .await
        .expect_err("nobody answers");
    assert!(
        error.to_string().contains("did not answer drain within"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stopping_daemon_says_so() {
    let Server {
        directory,
        requests,
        events: _events,
    } = Server::start(Limits::default());
    drop(requests);
    let client = Client::new(&directory.path().join("s"));
    let error = client
        .command("undrain", &[])
        .await
        .expect_err("nobody takes it");
    assert!(error.to_string().contains("is stopping"), "{error}");
}

#[tokio::test]
async fn wrong_paths_methods_and_parameters_are_told_apart() {
    let server = Server::start(Limits::default());
    for (line, code, words) in [
        ("GET /v1/nothing", "404", "there is no /v1/nothing"),
        ("GET /v1/drain", "405", "takes POST"),
        ("POST /v1/status", "405", "takes GET"),
        (
            "GET /v1/events?since=yesterday",
            "400",
            "how long ago, such as 10m",
        ),
        ("GET /v1/events?follow=perhaps", "400", "true or false"),
        (
            "GET /v1/events?until=0",
            "400",
            "there is only `since` and `follow`",
        ),
        ("POST /v1/resign?name=x", "400", "there is only `instance`"),
    ] {
        let text = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let answer = send(&server.path(), text.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {code}")),
            "{line}: {answer}"
        );
        assert!(error_of(&answer).contains(words), "{line}: {answer}");
    }
}

#[tokio::test]
async fn an_oversized_header_is_refused() {
    let server = Server::start(Limits::default());
    let text = format!(
        "GET /v1/status HTTP/1.1\r\nHost: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    let answer = send(&server.path(), text.as_bytes()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    server.client().status().await.expect("others are served");
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_announced_or_not() {
    let mut server = Server::start(Limits::default());
    let announced = "POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n";
    let answer = send(&server.path(), announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut chunked =
        b"POST /v1/drain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..8 {
        chunked.extend_from_slice(b"400\r\n");
        chunked.extend_from_slice(&[b'x'; 0x400]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let answer = send(&server.path(), &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(server.requests.try_recv().is_err(), "no drain came through");
}

#[tokio::test]
async fn connections_beyond_the_limit_hear_so_and_a_place_that_is_left_is_given_again() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = Server::start(limits);
    let first = connect(&server.path()).await;
    let _second = connect(&server.path()).await;
    let error = server
        .client()
        .status()
        .await
        .expect_err("all places are taken");
    assert!(
        error.to_string().contains("all 2 connections are in use"),
        "{error}"
    );
    drop(first);
    let served = async { while server.client().status().await.is_err() {} };
    timeout(LONG, served).await.expect("a place becomes free");
}

#[tokio::test]
async fn a_client_that_sends_too_slowly_is_cut_off() {
    let limits = Limits {
        connections: 1,
        header_deadline: Duration::from_millis(50),
        deadline: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut silent = connect(&server.path()).await;
    let mut rest = Vec::new();
    timeout(LONG, silent.read_to_end(&mut rest))
        .await
        .expect("cut off")
        .expect("in good order");
    assert!(!rest.starts_with(b"HTTP/1.1 200"));

    let mut body_missing = connect(&server.path()).await;
    let head = b"POST /v1/drain HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123";
    body_missing.write_all(head).await.expect("it reads");
    let mut rest = Vec::new();
    // Closed with the body's beginning unread, which some kernels report as a reset.
    let _ = timeout(LONG, body_missing.read_to_end(&mut rest))
        .await
        .expect("cut off");
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    let served = async { while server.client().status().await.is_err() {} };
    timeout(LONG, served).await.expect("the place becomes free");
}

#[tokio::test]
async fn events_arrive_as_they_happen_past_ones_where_asked_for() {
    let server = Server::start(Limits::default());
    server.events.publish(What::Drain { drained: true });
    let mut new_only = server.client().events(None, true).await.expect("a stream");
    let mut all = server
        .client()
        .events(Some("0"), true)
        .await
        .expect("a stream");
    server.events.publish(What::Drain { drained: false });
    let first = timeout(LONG, new_only.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!((first.id, first.what), (2, What::Drain { drained: false }));
    for id in [1, 2] {
        let event = timeout(LONG, all.next())
            .await
            .expect("in time")
            .expect("an event");
        assert_eq!(event.id, id);
    }
}

#[tokio::test]
async fn what_is_remembered_is_listed_and_ends_where_nobody_wants_to_follow() {
    let server = Server::start(Limits::default());
    for drained in [true, false, true] {
        server.events.publish(What::Drain { drained });
    }
    // By id, by how long ago, by a time, and nothing without a beginning.
    for (since, ids) in [
        (Some("0"), vec![1, 2, 3]),
        (Some("2"), vec![3]),
        (Some("10m"), vec![1, 2, 3]),
        (Some("1000000y"), vec![1, 2, 3]),
        (Some("2026-01-31T12:00:00Z"), vec![1, 2, 3]),
        (Some("2999-01-31T12:00:00Z"), vec![]),
        (None, vec![]),
    ] {
        let mut events = server.client().events(since, false).await.expect("a list");
        let mut listed = Vec::new();
        let end = loop {
            match timeout(LONG, events.next()).await.expect("in time") {
                Ok(event) => listed.push(event.id),
                Err(end) => break end,
            }
        };
        assert_eq!(listed, ids, "{since:?}");
        assert!(matches!(end, ClientError::Ended), "{end}");
    }
}

#[tokio::test]
async fn a_stream_of_events_outlives_the_deadline_of_requests() {
    let limits = Limits {
        deadline: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut events = server.client().events(None, true).await.expect("a stream");
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.events.publish(What::Drain { drained: true });
    let event = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("still open");
    assert_eq!(event.id, 1);
}

#[tokio::test]
async fn a_follower_that_does_not_read_is_cut_off_and_its_place_is_free_again() {
    let limits = Limits {
        connections: 1,
        idle_write: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let mut deaf = connect(&server.path()).await;
    deaf.write_all(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .expect("it reads");
    let message = "x".repeat(16 * 1024);
    let served = async {
        loop {
            for _ in 0..32 {
                let message = message.clone();
                server.events.publish(What::Warning {
                    instance: None,
                    message,
                });
            }
            if server.client().status().await.is_ok() {
                break;
            }
        }
    };
    timeout(LONG, served).await.expect("the place becomes free");
    drop(deaf);
}

#[tokio::test]
async fn a_slow_follower_is_told_how_much_it_missed() {
    let server = Server::start(Limits::default());
    let mut events = server.client().events(None, true).await.expect("a stream");
    // Without a pause in between, the server has no chance to pass any of them on.
    for _ in 0..crate::events::HISTORY + 5 {
        server.events.publish(What::Drain { drained: true });
    }
    let first = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!(first.what, What::Missed { count: 5 });
    let second = timeout(LONG, events.next())
        .await
        .expect("in time")
        .expect("an event");
    assert_eq!(second.id, 6);
}

#[tokio::test]
async fn without_a_daemon_the_client_says_how_to_start_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("absent");
    let error = Client::new(&path).status().await.expect_err("nobody there");
    assert!(error.no_daemon());
    assert!(
        error.to_string().contains("systemctl start vrrpd"),
        "{error}"
    );
}
