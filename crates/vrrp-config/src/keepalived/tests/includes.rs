//! Files that include others.

use super::*;

#[test]
fn included_files_are_found_from_the_file_that_includes_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file");
        path
    };
    write("more/defs.conf", "$P=7\ninclude deeper/*.cfg\n");
    write("more/deeper/b.cfg", "$Q=8 # the last one counts\n");
    write("more/deeper/a.cfg", "$Q=9\n");
    write("x/one.conf", "$ONE=1\n");
    write("x/two.conf", "$TWO=2\n");
    let path = write(
        "keepalived.conf",
        &format!(
            "include more/defs.conf\nincludea x/{{one,two}}.conf\n{}",
            instance("priority ${P}${Q}\n preempt_delay ${ONE}${TWO}")
        ),
    );
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let value: Value = serde_yaml::from_str(&imported.yaml).expect("YAML");
    let instance = &value["instances"][0];
    assert_eq!(
        (&instance["priority"], &instance["preempt_delay"]),
        (&78.into(), &"12s".into())
    );
}

#[test]
fn what_is_noted_of_an_included_file_has_its_name_and_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    let more = directory.path().join("more.conf");
    std::fs::write(&more, "\nvrrp_garp_lower 1\n").expect("a file");
    std::fs::write(
        &path,
        format!(
            "nonsense\ninclude more.conf\ninclude *.none\n{}",
            instance("")
        ),
    )
    .expect("a file");
    let imported = import(&path, &ImportOptions::default()).expect("an import");
    let places: Vec<_> = imported
        .not_carried_over
        .iter()
        .map(|item| {
            (
                item.file.as_path(),
                item.line,
                item.directive.as_str(),
                item.effect,
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            (path.as_path(), 1, "nonsense", Effect::Changed),
            (path.as_path(), 3, "include *.none", Effect::None),
            (more.as_path(), 2, "vrrp_garp_lower 1", Effect::Changed),
        ]
    );
}

#[test]
fn a_file_that_includes_itself_is_an_error() {
    let text = error("include keepalived.conf\n");
    assert_eq!(
        text,
        ":1: includes are nested more than 32 deep; do they refer to each other?"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_the_kernels_words() {
    let error = import(
        Path::new("/nonexistent/keepalived.conf"),
        &ImportOptions::default(),
    );
    assert_eq!(
        error.expect_err("no file").to_string(),
        "cannot read /nonexistent/keepalived.conf: No such file or directory (os error 2)"
    );
}

#[test]
fn a_file_beyond_all_measure_is_an_error() {
    let text = error(&"# nothing\n".repeat(500_000));
    assert_eq!(
        text,
        " has more than 4194304 bytes; is it a keepalived.conf?"
    );
}

#[test]
fn two_asterisks_of_an_include_are_one_and_walk_no_directories() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(directory.path().join("more/deeper")).expect("a directory");
        std::fs::write(directory.path().join(name), text).expect("a file");
    };
    write("more/deeper/a.conf", "$P=1\n");
    write("more/b.conf", "$P=7\n");
    write(
        "keepalived.conf",
        &format!(
            "include more/**.conf\ninclude **/a.conf\n{}",
            instance("priority $P")
        ),
    );
    let path = directory.path().join("keepalived.conf");
    let imported = import(&path, &ImportOptions::default()).expect("a configuration");
    assert!(imported.yaml.contains("priority: 7"), "{}", imported.yaml);
    let why: Vec<&str> = imported
        .not_carried_over
        .iter()
        .map(|item| item.directive.as_str())
        .collect();
    assert!(why.contains(&"include **/a.conf"), "{why:?}");
}
