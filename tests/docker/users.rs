//! Users, in images with and without /etc/passwd.

use crate::engine::Images;

/// Prints its user and groups as numbers.
const WHO: &str = "grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr -s '\\t ' ' '";

fn who(uid: u32, gid: u32, groups: &str) -> String {
    format!("Uid: {uid} {uid} {uid} {uid}\nGid: {gid} {gid} {gid} {gid}\nGroups: {groups} \n")
}

#[test]
fn numeric_users_need_no_passwd() {
    let Some(images) = Images::get() else { return };
    let finished = images.finish(&[], &["--user", "1234:5678", "sh", "-c", WHO]);
    finished.assert_status(0).assert_stdout(&who(1234, 5678, "5678"));
    let finished = images.finish(&[], &["--user", "1234", "sh", "-c", WHO]);
    finished.assert_status(0).assert_stdout(&who(1234, 0, "0"));
}

#[test]
fn a_user_name_without_a_passwd_is_an_error_that_names_the_file() {
    let Some(images) = Images::get() else { return };
    let finished = images.finish(&[], &["--user", "web", "sh", "-c", WHO]);
    finished.assert_status(125).assert_stdout("").assert_reported("/etc/passwd");
}

#[test]
fn a_user_of_the_image_gets_its_groups() {
    let Some(images) = Images::get() else { return };
    let finished = images.start_application(&[], &["monofy", "--user", "web", "sh", "-c", WHO]).finish();
    finished.assert_status(0).assert_stdout(&who(1500, 1501, "1501 1600"));
    let finished = images.start_application(&[], &["monofy", "--user", "web:logs", "sh", "-c", WHO]).finish();
    finished.assert_status(0).assert_stdout(&who(1500, 1600, "1600"));
}

#[test]
fn a_user_comes_from_docker_run() {
    let Some(images) = Images::get() else { return };
    let command = ["monofy", "--user=$<APP_USER:-root>", "sh", "-c", WHO];
    let finished = images.start_application(&["-e", "APP_USER=web"], &command).finish();
    finished.assert_status(0).assert_stdout(&who(1500, 1501, "1501 1600"));
}

#[test]
fn without_the_right_to_change_the_user_nothing_starts() {
    let Some(images) = Images::get() else { return };
    let finished = images.finish(&["--user", "1234"], &["--user", "0:0", "sh", "-c", WHO]);
    assert_ne!(finished.status, 0, "{finished:#?}");
    finished.assert_stdout("").assert_reported("sh: cannot run as user 0:0: Operation not permitted");
}

#[test]
fn processes_of_different_users_are_all_stopped() {
    let Some(images) = Images::get() else { return };
    let wait = "echo $0 is ready; exec sleep 100";
    let first = ["--user", "1:1", "sh", "-c", wait, "first", "|||"];
    let container = images.start(&[], &[&first[..], &["--user", "2:2", "sh", "-c", wait, "second"]].concat());
    container.stdout().wait_for("first is ready");
    container.stdout().wait_for("second is ready");
    container.stop();
    container.finish().assert_status(0);
}
