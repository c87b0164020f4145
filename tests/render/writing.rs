//! How files are written.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::support::scenario::Scenario;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file exists").mode() & 0o7777
}

#[test]
fn the_mode_is_that_of_the_template_whatever_the_umask() {
    let scenario = Scenario::new().file("in", "1");
    fs::set_permissions(scenario.path().join("in"), fs::Permissions::from_mode(0o751)).expect("it is ours");
    let line = ["-c", "umask 077; exec \"$0\" --render=in:out"].map(str::to_owned).into_iter();
    let monofy = crate::support::monofy().display().to_string();
    let finished = crate::support::Run::of("sh", line.chain([monofy])).directory(scenario.path()).finish();
    finished.assert_status(0);
    assert_eq!(mode(&scenario.path().join("out")), 0o751);
}

#[test]
fn a_file_with_a_secret_is_for_its_owner_alone() {
    let scenario = Scenario::new()
        .file("in", "$<PASSWORD>")
        .file("monofy.toml", "[vars.PASSWORD]\nsecret = true\n")
        .env("PASSWORD", "hunter2");
    assert_eq!(scenario.shown(&["--render=in:out"]), "");
    assert_eq!((scenario.text("out").as_str(), mode(&scenario.path().join("out"))), ("hunter2", 0o600));
}

#[test]
fn a_file_that_would_not_change_is_not_touched() {
    let scenario = Scenario::new().file("in", "1");
    scenario.shown(&["--render=in:out"]);
    let before = fs::metadata(scenario.path().join("out")).expect("it was written");
    scenario.shown(&["--render=in:out"]);
    let after = fs::metadata(scenario.path().join("out")).expect("it is there");
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

#[test]
fn a_changed_file_is_a_new_one_so_that_a_reader_of_the_old_one_keeps_it() {
    let scenario = Scenario::new().file("in", "new").file("out", "old");
    let before = fs::metadata(scenario.path().join("out")).expect("it is there").ino();
    scenario.shown(&["--render=in:out"]);
    assert_ne!(fs::metadata(scenario.path().join("out")).expect("it is there").ino(), before);
    let names: Vec<_> =
        fs::read_dir(scenario.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_signal_ends_a_write_to_a_stdout_that_nobody_reads() {
    let scenario = Scenario::new().file("in", "x\n".repeat(1_000_000));
    let (read, write) = nix::unistd::pipe().expect("a pipe");
    let mut monofy = std::process::Command::new(crate::support::monofy());
    let mut child =
        monofy.arg("--render=in:-").current_dir(scenario.path()).stdout(write).spawn().expect("monofy");
    drop(monofy);
    // The pipe is full when it holds something: the text is larger.
    let mut poll = [nix::poll::PollFd::new(std::os::fd::AsFd::as_fd(&read), nix::poll::PollFlags::POLLIN)];
    let ready = nix::poll::poll(&mut poll, nix::poll::PollTimeout::from(20_000_u16)).expect("a pipe");
    assert_eq!(ready, 1, "nothing was written");
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(128 + 15));
}

#[test]
fn a_name_of_255_bytes_and_a_template_without_a_name_are_written() {
    let long = "x".repeat(255);
    let scenario = Scenario::new().file("t/.template", "1").file(&format!("t/{long}"), "2");
    scenario.shown(&["--render=t:out"]);
    assert_eq!(
        (scenario.text("out/.template"), scenario.text(&format!("out/{long}"))),
        ("1".into(), "2".into())
    );
}
