//! The start (contract, 4.1): what runs, in which order, and what is found to be missing when.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::line::{HUP, INT, QUIT, TERM, USR1, all_got, changed, got, line, ready, run};
use super::support::{Folder, Run, children, probe, send};

fn make_executable(file: &Path) {
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
}

fn script(folder: &Folder, name: &str, text: &str) -> PathBuf {
    let file = folder.file(name, text);
    make_executable(&file);
    file
}

#[test]
fn setup_commands_run_one_after_another_and_the_processes_after_them() {
    let running = line("probe wait one && probe wait two && probe wait p ||| probe wait q").start();
    for name in ["one", "two"] {
        let setup = ready(&running, name);
        assert_eq!(children(running.pid()), [setup]);
        send(setup, TERM);
    }
    ready(&running, "p");
    ready(&running, "q");
    running.signal(TERM);
    running.finish().assert_status(0);
}

#[test]
fn a_failing_setup_command_ends_the_run_with_its_status_and_nothing_later_starts() {
    let folder = Folder::new();
    for (setup, status) in [("exit 3", 3), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -USR1 $$", 138)]
    {
        let words = ["true", "&&", "sh", "-c", setup, "&&", "touch", "later", "&&", "touch", "process"];
        run(&words).directory(folder.path()).finish().assert_status(status).assert_reported("setup sh");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{setup}");
    }
}

#[test]
fn a_stop_signal_reaches_the_setup_command_and_nothing_else_is_started() {
    for number in [TERM, INT, QUIT] {
        let folder = Folder::new();
        let running = line("probe wait s && touch later && touch process").directory(folder.path()).start();
        ready(&running, "s");
        running.signal(number);
        let finished = running.finish();
        finished.assert_status(0);
        assert_eq!(all_got(&finished.stdout, "s"), [number]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_setup_command_that_fails_at_a_stop_decides_the_status() {
    let running = line("probe wait s TERM=7 && true").start();
    ready(&running, "s");
    running.signal(TERM);
    running.finish().assert_status(7);
}

#[test]
fn other_signals_are_passed_on_to_the_setup_command_and_end_nothing() {
    let running = line("probe wait s USR1=0 && echo process").start();
    ready(&running, "s");
    running.signal(HUP);
    got(&running, "s", HUP);
    running.signal(USR1);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("ended with status 0");
    assert!(finished.stdout.ends_with("process\n"), "{finished:?}");
}

#[test]
fn a_signal_that_was_pending_at_the_start_ends_the_run_before_anything_starts() {
    let folder = Folder::new();
    let run = changed("pending=TERM", "touch later && touch process").directory(folder.path());
    run.finish().assert_status(0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn all_missing_programs_are_reported_before_any_process_starts() {
    let folder = Folder::new();
    let finished = line("touch process ||| no-such-one ||| no-such-two").directory(folder.path()).finish();
    finished.assert_status(127).assert_reported("no-such-one").assert_reported("no-such-two");
    assert!(!folder.path().join("process").exists());
}

#[test]
fn programs_are_looked_up_after_the_setup_which_may_have_installed_them() {
    let folder = Folder::new();
    line("cp /bin/true ./installed && ./installed").directory(folder.path()).finish().assert_status(0);
    line("touch setup && ./no-such").directory(folder.path()).finish().assert_status(127);
    assert!(folder.path().join("setup").exists());
}

#[test]
fn a_missing_setup_program_ends_the_run_and_nothing_later_starts() {
    let folder = Folder::new();
    line("no-such && touch process")
        .directory(folder.path())
        .finish()
        .assert_status(127)
        .assert_reported("no-such");
    assert!(!folder.path().join("process").exists());
}

#[test]
fn what_cannot_be_executed_is_126_and_what_is_not_there_is_127() {
    let folder = Folder::new();
    folder.file("plain", "#!/bin/sh\n");
    std::fs::create_dir(folder.path().join("directory")).unwrap();
    script(&folder, "orphan", "#!/no/such/interpreter\n");
    for (program, status) in [
        ("./plain", 126),
        ("./directory", 126),
        ("./orphan", 127),
        ("./nothing", 127),
        ("./plain/below", 127),
        ("nothing", 127),
    ] {
        for words in [vec![program], vec![program, "&&", "true"]] {
            let finished = run(&words).directory(folder.path()).finish();
            assert_eq!(finished.status, status, "{words:?} {finished:?}");
            finished.assert_reported(program);
        }
    }
}

#[test]
fn the_first_missing_program_of_the_line_decides_the_status() {
    let folder = Folder::new();
    folder.file("plain", "");
    line("./plain ||| ./nothing").directory(folder.path()).finish().assert_status(126);
    line("./nothing ||| ./plain").directory(folder.path()).finish().assert_status(127);
}

#[test]
fn a_file_in_path_that_cannot_be_executed_does_not_hide_one_that_can() {
    let folder = Folder::new();
    for directory in ["first", "second"] {
        std::fs::create_dir(folder.path().join(directory)).unwrap();
    }
    folder.file("first/program", "");
    script(&folder, "second/program", "#!/bin/sh\necho second\n");
    let both = format!("PATH={0}/first:{0}/second", folder.path().display());
    run(&[&both, "program"]).finish().assert_status(0).assert_stdout("second\n");
    let first = format!("PATH={}/first", folder.path().display());
    run(&[&first, "program"]).finish().assert_status(126);
}

#[test]
fn a_program_that_fails_to_start_stops_the_processes_that_run() {
    let folder = Folder::new();
    script(&folder, "orphan", "#!/no/such/interpreter\n");
    let finished = line("sleep 1000 ||| ./orphan ||| touch later").directory(folder.path()).finish();
    finished.assert_status(127).assert_reported("./orphan").assert_reported("SIGTERM");
    assert!(!folder.path().join("later").exists());
}

#[test]
fn a_program_is_looked_up_in_the_path_of_its_own_environment() {
    let folder = Folder::new();
    script(&folder, "program", "#!/bin/sh\necho found $0\n");
    let path = format!("PATH={}", folder.path().display());
    run(&[&path, "program"]).finish().assert_status(0);
    line("program").finish().assert_status(127);
    run(&[&path, "program", "|||", "program"]).finish().assert_status(127);
}

#[test]
fn a_working_directory_is_where_relative_programs_and_paths_are_looked_up() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("place/bin")).unwrap();
    script(&folder, "place/here", "#!/bin/sh\npwd -P\n");
    script(&folder, "place/bin/there", "#!/bin/sh\npwd -P\n");
    let place = folder.path().join("place").canonicalize().unwrap();
    let told = format!("{}\n", place.display());
    for text in [
        "-w place ./here",
        "--workdir=place bin/there",
        "-w place PATH=bin:/bin there",
        "-w place PATH=:/bin here",
    ] {
        line(text).directory(folder.path()).finish().assert_status(0).assert_stdout(&told);
    }
    line("-w place pwd -P").directory(folder.path()).finish().assert_status(0).assert_stdout(&told);
    line("-w place ./bin").directory(folder.path()).finish().assert_status(126);
    line("-w place place/here").directory(folder.path()).finish().assert_status(127);
}

#[test]
fn a_missing_working_directory_is_reported_before_any_process_starts() {
    let folder = Folder::new();
    let finished = line("touch process ||| -w nowhere true").directory(folder.path()).finish();
    finished.assert_status(125).assert_reported("working directory");
    assert!(!folder.path().join("process").exists());
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let folder = Folder::new();
    script(&folder, "script", "echo \"it says $*\"\n");
    line("./script a b").directory(folder.path()).finish().assert_status(0).assert_stdout("it says a b\n");
    line("./script a b && true").directory(folder.path()).finish().assert_stdout("it says a b\n");
}

#[test]
fn the_name_that_a_program_sees_is_the_one_that_was_written() {
    let folder = Folder::new();
    symlink(probe(), folder.path().join("other-name")).unwrap();
    let path = format!("PATH={}", folder.path().display());
    run(&[&path, "other-name", "state", "state"]).directory(folder.path()).finish().assert_status(0);
    let told = std::fs::read_to_string(folder.path().join("state")).unwrap();
    assert!(told.contains("\narguments: other-name state state\n"), "{told}");
}

#[test]
fn it_starts_with_every_signal_inherited_as_ignored_and_blocked() {
    let all = (1..=64).filter(|number| ![9, 19].contains(number));
    let changes: Vec<_> = all.map(|number| format!("ignore={number} block={number}")).collect();
    let running = changed(&changes.join(" "), "probe wait s USR1=0 && probe wait a").start();
    send(ready(&running, "s"), USR1);
    ready(&running, "a");
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "a"), [TERM]);
}

/// Under qemu vfork(2) copies the memory, so the parent sees nothing that the child writes there.
#[test]
fn a_failed_execution_is_reported_where_vfork_copies_the_memory() {
    let emulator = format!("qemu-{}", std::env::consts::ARCH);
    if !super::support::has_tool(&emulator, super::support::in_path(&emulator)) {
        return;
    }
    let folder = super::support::Folder::new();
    let script = script(&folder, "script", "#!/nowhere/interpreter\n");
    let finished = Run::of(&emulator, [super::support::monofy(), script]).finish();
    finished.assert_status(127).assert_stdout("");
    finished.assert_reported("its interpreter or dynamic loader does not exist");
}
