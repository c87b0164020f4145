//! What a process finds (contract, 4.1): as if monofy had not been there.

use std::fs::File;

use super::line::{KILL, all_got, changed, got, line, ready};
use super::support::{Folder, Run, has_tool, monofy, probe, until};

/// What differs between the state with monofy and without it.
fn differences(direct: &str, below: &str) -> Vec<String> {
    let expected_to = ["death signal", "arguments", "leads its group", "is in the group of its parent"];
    let is_compared = |line: &&str| !expected_to.iter().any(|start| line.starts_with(start));
    let direct: Vec<_> = direct.lines().filter(is_compared).collect();
    let below: Vec<_> = below.lines().filter(is_compared).collect();
    assert!(direct.len() > 10, "{direct:?}");
    assert_eq!(direct.len(), below.len());
    direct.iter().zip(&below).filter(|(a, b)| a != b).map(|(a, b)| format!("{a} became {b}")).collect()
}

/// Lets the probe tell its state, started by a script that runs `"$@"` and by the probe with these changes:
/// directly, and by monofy. Returns both.
fn both_states(folder: &Folder, script: &str, changes: &str) -> (String, String) {
    let state = |name: &str, by: &[&str]| {
        let (probe, file) = (probe(), folder.path().join(name));
        let mut words = vec!["-c", script, "sh", probe.to_str().unwrap(), "with"];
        words.extend(changes.split_ascii_whitespace());
        words.push("--");
        words.extend(by);
        words.extend([probe.to_str().unwrap(), "state", file.to_str().unwrap()]);
        let out = |name: &str| File::create(folder.path().join(name)).unwrap();
        let (stdout, stderr) = (out("out"), out("err"));
        let run = Run::of("sh", words).directory(folder.path());
        let run = run.with(|command| {
            command.stdout(stdout).stderr(stderr);
        });
        run.finish().assert_status(0);
        std::fs::read_to_string(file).unwrap()
    };
    (state("direct", &[]), state("below", &[monofy().to_str().unwrap()]))
}

fn assert_same(script: &str, changes: &str) {
    let folder = Folder::new();
    let (direct, below) = both_states(&folder, script, changes);
    assert_eq!(differences(&direct, &below), [""; 0], "with {changes:?}");
}

const AS_IT_IS: &str = "exec \"$@\"";

fn every_signal(change: &str) -> String {
    let catchable = (1..=64).filter(|number| ![9, 19].contains(number));
    catchable.map(|number| format!("{change}={number}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn no_signal_is_ignored_or_blocked_that_was_not() {
    assert_same(AS_IT_IS, "");
}

#[test]
fn ignored_signals_stay_ignored() {
    for change in ["ignore=PIPE", "ignore=CHLD", "ignore=HUP ignore=INT", "ignore=32 ignore=33 ignore=64"] {
        assert_same(AS_IT_IS, change);
    }
    assert_same(AS_IT_IS, &every_signal("ignore"));
}

#[test]
fn blocked_signals_stay_blocked() {
    for change in ["block=PIPE block=CHLD", "block=TERM", "block=32 block=33 block=64"] {
        assert_same(AS_IT_IS, change);
    }
    assert_same(AS_IT_IS, &every_signal("block"));
}

#[test]
fn descriptors_umask_and_limits_are_those_that_monofy_had() {
    assert_same("exec 3</etc/passwd 4>opened 9>&3; umask 027; exec \"$@\"", "");
}

#[test]
fn closed_standard_descriptors_stay_closed_and_get_no_notice() {
    for closed in 0..8 {
        let changes: Vec<_> =
            (0..3).filter(|n| closed & (1 << n) != 0).map(|n| format!("close={n}")).collect();
        let changes = changes.join(" ");
        let folder = Folder::new();
        let (direct, below) = both_states(&folder, AS_IT_IS, &changes);
        assert_eq!(differences(&direct, &below), [""; 0], "with {changes:?}");
        let written = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(written("out"), "", "with {changes:?}");
        assert_eq!(written("err").is_empty(), closed & 4 != 0, "with {changes:?}: {}", written("err"));
    }
}

#[test]
fn a_file_that_a_process_opens_as_its_stderr_gets_no_notice() {
    let folder = Folder::new();
    let running = changed("close=2", "-v probe wait a ||| probe wait b").directory(folder.path()).start();
    for name in ["a", "b"] {
        let pid = ready(&running, name);
        assert!(!std::path::Path::new(&format!("/proc/{pid}/fd/2")).exists());
    }
    // Whatever monofy has opened for itself stands above the standard ones, once the start is done.
    let place = format!("/proc/{}/fd/2", running.pid());
    until("stderr to be closed", || (!std::path::Path::new(&place).exists()).then_some(()));
    running.signal(10);
    got(&running, "a", 10);
    running.signal(15);
    let finished = running.finish();
    finished.assert_status(0);
    assert!(!finished.stdout.contains("monofy:"), "{finished:?}");
}

fn told_state(text: &str) -> String {
    let folder = Folder::new();
    line(text).directory(folder.path()).finish().assert_status(0);
    std::fs::read_to_string(folder.path().join("state")).unwrap()
}

fn has_line(state: &str, line: &str) -> bool {
    state.lines().any(|found| found == line)
}

#[test]
fn without_a_terminal_a_process_leads_a_group_of_its_own_in_the_same_session() {
    let state = told_state("probe state state");
    assert!(has_line(&state, "leads its group: true"), "{state}");
    assert!(has_line(&state, "leads its session: false"), "{state}");
}

#[test]
fn the_death_signal_of_a_process_is_its_stop_signal() {
    for (text, number) in [
        ("probe state state", 15),
        ("--stop-signal QUIT probe state state", 3),
        ("--stop-signal=RTMIN+3 probe state state", 37),
        ("probe state state && true", 15),
    ] {
        let state = told_state(text);
        assert!(has_line(&state, &format!("death signal: {number}")), "{text}: {state}");
    }
}

#[test]
fn when_monofy_is_killed_each_process_gets_its_stop_signal() {
    let running = line("probe wait a ||| --stop-signal INT probe wait b").start();
    ready(&running, "a");
    ready(&running, "b");
    running.signal(KILL);
    let finished = running.finish();
    finished.assert_status(137);
    assert_eq!(all_got(&finished.stdout, "a"), [15]);
    assert_eq!(all_got(&finished.stdout, "b"), [2]);
}

#[test]
fn when_monofy_is_killed_during_setup_the_setup_command_gets_its_stop_signal() {
    let running = line("probe wait s && true").start();
    ready(&running, "s");
    running.signal(KILL);
    let finished = running.finish();
    assert_eq!(all_got(&finished.stdout, "s"), [15]);
}

#[test]
fn a_process_runs_as_the_user_that_it_is_given_and_keeps_its_death_signal() {
    if !has_tool("root", nix::unistd::geteuid().is_root()) {
        return;
    }
    let folder = Folder::new();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let copy = folder.path().join("probe");
    std::fs::copy(probe(), &copy).unwrap();
    let run = line("--user 65534:1234 --stop-signal QUIT ./probe state state").directory(folder.path());
    run.finish().assert_status(0);
    let state = std::fs::read_to_string(folder.path().join("state")).unwrap();
    let ids = |name: &str, id: &str| format!("{name}: {id}\t{id}\t{id}\t{id}");
    assert!(has_line(&state, &ids("Uid", "65534")), "{state}");
    assert!(has_line(&state, &ids("Gid", "1234")), "{state}");
    assert!(
        !state.lines().any(|line| line.starts_with("Groups:") && line.split(' ').any(|group| group == "0"))
    );
    assert!(has_line(&state, "death signal: 3"), "{state}");
}
