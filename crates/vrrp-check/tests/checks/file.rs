//! The file probe. The interval is an hour: what is noticed is noticed by event.

use std::path::{Path, PathBuf};

use vrrp_check::{Change, CheckSpec, ErrorKind, FileSpec, ProbeSpec};

use crate::watch::{NEVER, Watched, spec};

fn file(path: PathBuf, present: bool) -> CheckSpec {
    let mut spec = spec(ProbeSpec::File(FileSpec { path, present }));
    (spec.interval, spec.rise) = (NEVER, 1);
    spec
}

fn touch(path: &Path) {
    std::fs::write(path, "").expect("write");
}

#[tokio::test]
async fn a_file_that_should_be_there_is_watched_as_it_comes_and_goes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("healthy");
    let mut check = Watched::start(file(path.clone(), true));
    let down = check.until(Change::Down).await;
    let error = down[0].outcome.clone().expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::FileMissing);
    for _ in 0..3 {
        touch(&path);
        check.until(Change::Up).await;
        std::fs::remove_file(&path).expect("removed");
        check.until(Change::Down).await;
    }
}

#[tokio::test]
async fn a_file_that_should_not_be_there_is_watched_the_other_way_round() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("maintenance");
    let mut check = Watched::start(file(path.clone(), false));
    check.success().await;
    touch(&path);
    let error = check.falls().await;
    assert_eq!(error.to_string(), format!("{} exists", path.display()));
    std::fs::rename(&path, directory.path().join("done")).expect("renamed");
    check.until(Change::Up).await;
}

#[tokio::test]
async fn directories_on_the_way_may_come_and_go_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let (outer, inner) = (directory.path().join("a"), directory.path().join("a/b"));
    let path = inner.join("file");
    let mut check = Watched::start(file(path.clone(), true));
    check.until(Change::Down).await;
    for _ in 0..3 {
        std::fs::create_dir_all(&inner).expect("created");
        touch(&path);
        check.until(Change::Up).await;
        std::fs::remove_dir_all(&outer).expect("removed");
        check.until(Change::Down).await;
    }
}

#[tokio::test]
async fn other_files_in_the_directory_cause_no_probes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("healthy");
    touch(&path);
    let mut check = Watched::start(file(path.clone(), true));
    check.success().await;
    for number in 0..100 {
        touch(&directory.path().join(format!("other-{number}")));
    }
    std::fs::remove_file(&path).expect("removed");
    let next = check.failure().await;
    assert_eq!(next.kind(), ErrorKind::FileMissing);
}
