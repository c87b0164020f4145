//! The termination log, from which Kubernetes reads why a container ended.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::engine::Images;
use crate::support::Folder;

const LAST: &str = "monofy: ended with status 7, because sh exited with status 7";

#[test]
fn the_last_notice_goes_to_the_termination_log_even_when_quiet() {
    let Some(images) = Images::get() else { return };
    let folder = Folder::new();
    let log = folder.file("log", "");
    let volume = format!("{}:/dev/termination-log", log.display());
    let options = ["--volume", &volume, "--read-only"];
    images.finish(&options, &["sh", "-c", "exit 7"]).assert_status(7).assert_reported(LAST);
    assert_eq!(fs::read_to_string(&log).unwrap().trim_end(), LAST);
    // It is appended to: a process may have written its own message.
    images.finish(&options, &["--quiet", "true"]).assert_status(0);
    let whole = fs::read_to_string(&log).unwrap();
    assert!(whole.starts_with(LAST) && whole.contains("ended with status 0"), "{whole}");
}

#[test]
fn errors_before_the_start_go_to_the_termination_log_and_those_of_plan_and_status_do_not() {
    let Some(images) = Images::get() else { return };
    let folder = Folder::new();
    let log = folder.file("log", "");
    let volume = format!("{}:/dev/termination-log", log.display());
    let options = ["--volume", &volume, "--read-only"];
    for shown in [&["--plan", "sh", "${PORT:?which port?}"][..], &["--status"]] {
        images.finish(&options, shown).assert_status(125);
        assert_eq!(fs::read_to_string(&log).unwrap(), "", "{shown:?}");
    }
    images.finish(&options, &["sh", "${PORT:?which port?}"]).assert_status(125);
    assert_eq!(
        fs::read_to_string(&log).unwrap(),
        "monofy: argument 2: PORT: which port?\n    ${PORT:?which port?}\n    ^^^^^^^^^^^^^^^^^^^^\n"
    );
}

#[test]
fn a_termination_log_that_cannot_be_written_is_ignored() {
    let Some(images) = Images::get() else { return };
    let folder = Folder::new();
    let log = folder.file("log", "");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
    let read_only = format!("{}:/dev/termination-log:ro", log.display());
    let directory = format!("{}:/dev/termination-log", folder.path().display());
    let foreign = format!("{}:/dev/termination-log", log.display());
    for options in
        [&["--volume", &read_only][..], &["--volume", &directory], &["--user", "1234", "--volume", &foreign]]
    {
        images.finish(options, &["sh", "-c", "exit 7"]).assert_status(7).assert_reported(LAST);
    }
    assert_eq!(fs::read_to_string(&log).unwrap(), "");
}
