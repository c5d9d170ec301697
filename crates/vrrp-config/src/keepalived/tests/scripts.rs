//! Scripts of notify.

use super::*;

#[test]
fn a_script_for_all_states_is_told_what_keepalived_tells_it() {
    let text = instance("notify \"/etc/keepalived/notify.sh --group 'a b'\"");
    assert_eq!(
        first(&text)["notify"]["exec"],
        list(&[
            "/etc/keepalived/notify.sh",
            "--group",
            "a b",
            "INSTANCE",
            "VI_1",
            "{keepalived_state}",
            "{priority}",
        ])
    );
    assert_eq!(left_out(&text), []);
    let remarks = imported(&text).remarks;
    assert!(
        remarks
            .iter()
            .any(|remark| remark.text.contains("without root's rights"))
    );
}

#[test]
fn scripts_of_states_become_one_command_that_tells_them_apart() {
    let text = instance(
        "notify_master \"/x/up 'it is' \\$HOME\"\n notify_backup /x/down\n notify_fault /x/down\n \
         notify_stop \"/x/down\" root\n notify /x/all",
    );
    assert_eq!(
        first(&text)["notify"]["exec"],
        list(&[
            "/bin/sh",
            "-c",
            "case {state} in master) /x/up 'it is' '$HOME' ;; backup) /x/down ;; fault) /x/down ;; \
             init) /x/down ;; esac; /x/all INSTANCE VI_1 {keepalived_state} {priority}",
        ])
    );
    let lost = left_out(&text);
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].1, "root");
}

#[test]
fn a_script_without_its_path_is_listed() {
    let text = instance("notify_master notify.sh");
    assert_eq!(first(&text)["notify"], Value::Null);
    assert_eq!(
        left_out(&text),
        [(4, "notify_master notify.sh".to_owned(), Effect::Changed)]
    );
}
