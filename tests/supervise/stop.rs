//! The stop (contract, 4.4).

use std::time::{Duration, Instant};

use super::line::{CONT, INT, KILL, STOP, TERM, USR1, USR2, all_got, got, line, ready, run, until_stopped};
use super::support::{Run, is_gone, monofy, parent, probe, send, state, until};

/// A process `m` with a descendant `g`, both started by this script.
fn family(options: &[&str], script: &str) -> Run {
    run(&[options, &["sh", "-c", script]].concat())
}

#[test]
fn only_the_processes_themselves_are_told_at_first_and_their_descendants_when_they_are_gone() {
    let running = family(&[], "$PROBE wait g & exec $PROBE wait m TERM=ignore USR1=0").start();
    let (g, m) = (ready(&running, "g"), ready(&running, "m"));
    assert_eq!(parent(g), Some(m));
    running.signal(TERM);
    got(&running, "m", TERM);
    running.signal(USR2);
    got(&running, "m", USR2);
    assert_eq!(all_got(&running.stdout.so_far(), "g"), [0; 0]);
    send(m, USR1);
    let told = got(&running, "g", TERM);
    assert!(told.ends_with(&format!(" from {}", running.pid())), "{told}");
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "g"), [TERM]);
}

#[test]
fn a_stop_of_monofys_own_tells_descendants_last_as_well() {
    let words = [
        "sh",
        "-c",
        "$PROBE wait g & exec $PROBE wait m TERM=ignore USR1=9",
        "|||",
        "probe",
        "wait",
        "a",
        "USR1=5",
    ];
    let running = run(&words).start();
    let m = ready(&running, "m");
    ready(&running, "g");
    send(ready(&running, "a"), USR1);
    got(&running, "m", TERM);
    assert_eq!(all_got(&running.stdout.so_far(), "g"), [0; 0]);
    send(m, USR1);
    let finished = running.finish();
    finished.assert_status(5);
    assert_eq!(all_got(&finished.stdout, "g"), [TERM]);
}

#[test]
fn descendants_are_told_once_and_then_continued() {
    let running = family(&[], "$PROBE wait g TERM=ignore CONT=0 & exec $PROBE wait m").start();
    ready(&running, "g");
    ready(&running, "m");
    running.signal(INT);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "m"), [INT]);
    assert_eq!(all_got(&finished.stdout, "g"), [TERM, CONT]);
}

#[test]
fn descendants_in_sessions_of_their_own_and_far_below_are_told() {
    let script = "setsid sh -c '$PROBE wait deep & exec $PROBE wait g' & (setsid $PROBE wait orphan &); exec $PROBE wait m";
    let running = family(&["--grace", "1h"], script).start();
    for name in ["deep", "g", "orphan", "m"] {
        ready(&running, name);
    }
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    for name in ["deep", "g", "orphan", "m"] {
        assert_eq!(all_got(&finished.stdout, name), [TERM], "{name}");
    }
}

#[test]
fn a_stopped_descendant_is_continued_so_that_it_can_end() {
    let running = family(&["--grace", "1h"], "$PROBE idle g & exec $PROBE wait m").start();
    let g = ready(&running, "g");
    ready(&running, "m");
    send(g, STOP);
    until_stopped(g);
    running.signal(TERM);
    running.finish().assert_status(0);
    assert!(is_gone(g));
}

#[test]
fn descendants_left_when_the_first_process_exits_are_stopped_too() {
    let running = family(&[], "$PROBE wait g & exec $PROBE wait m USR1=6").start();
    ready(&running, "g");
    send(ready(&running, "m"), USR1);
    let finished = running.finish();
    finished.assert_status(6).assert_reported("stopping processes left behind");
    assert_eq!(finished.stderr.matches("left behind").count(), 1, "{finished:?}");
    assert_eq!(all_got(&finished.stdout, "g"), [TERM]);
}

#[test]
fn at_the_deadline_what_is_left_is_killed_and_named() {
    let running =
        line("--grace 300ms --name stubborn probe wait a TERM=ignore ||| --name meek probe wait b").start();
    ready(&running, "a");
    ready(&running, "b");
    let began = Instant::now();
    running.signal(TERM);
    let finished = running.finish();
    assert!(began.elapsed() >= Duration::from_millis(300));
    finished.assert_status(137).assert_reported("killed stubborn");
    assert!(!finished.stderr.contains("killed meek"), "{finished:?}");
}

#[test]
fn the_deadline_holds_for_descendants_too_and_is_one_for_the_whole_stop() {
    let script = "setsid $PROBE wait g TERM=ignore & exec $PROBE wait m TERM=ignore USR1=0";
    let running = family(&["--grace", "2s"], script).start();
    let (g, m) = (ready(&running, "g"), ready(&running, "m"));
    let began = Instant::now();
    running.signal(TERM);
    got(&running, "m", TERM);
    // Half of the time is over when the process goes: its descendants have the other half, not all of it.
    until("half of the time", || (began.elapsed() > Duration::from_secs(1)).then_some(()));
    send(m, USR1);
    got(&running, "g", TERM);
    running.finish();
    assert!(is_gone(g));
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_millis(2900), "{took:?}");
}

#[test]
fn children_of_the_killed_are_killed_with_them() {
    let script = "setsid $PROBE wait g TERM=ignore & (setsid $PROBE wait o TERM=ignore &); exec $PROBE wait m TERM=ignore";
    let running = family(&["--grace=300ms"], script).start();
    let pids = ["g", "o", "m"].map(|name| ready(&running, name));
    running.signal(TERM);
    running.finish().assert_status(137);
    assert!(pids.into_iter().all(is_gone));
}

#[test]
fn what_forks_while_it_is_killed_does_not_get_away() {
    let running = family(&["--grace=300ms"], "setsid $PROBE comet c & exec $PROBE wait m").start();
    ready(&running, "c");
    ready(&running, "m");
    running.signal(TERM);
    // The end of its output is the end of the last one that holds it.
    running.finish();
}

#[test]
fn a_stop_timeout_that_is_shorter_than_the_grace_holds_for_that_process_alone() {
    let text = "--grace 1h --stop-timeout 200ms probe wait a TERM=ignore ||| probe wait b TERM=ignore USR1=0";
    let running = line(text).start();
    let (a, b) = (ready(&running, "a"), ready(&running, "b"));
    running.signal(TERM);
    until("the kill", || is_gone(a).then_some(()));
    running.stderr.wait_for("killed probe");
    assert!(!is_gone(b));
    send(b, USR1);
    running.finish().assert_status(137);
}

#[test]
fn a_stop_timeout_kills_what_is_below_its_process_as_well() {
    let script = "setsid $PROBE wait g TERM=ignore & exec $PROBE wait a TERM=ignore";
    let words = [
        "--grace=1h",
        "--stop-timeout=200ms",
        "sh",
        "-c",
        script,
        "|||",
        "probe",
        "wait",
        "b",
        "TERM=ignore",
        "USR1=0",
    ];
    let running = run(&words).start();
    let [g, a, b] = ["g", "a", "b"].map(|name| ready(&running, name));
    running.signal(TERM);
    until("the kill", || (is_gone(a) && is_gone(g)).then_some(()));
    assert!(!is_gone(b));
    send(b, USR1);
    running.finish().assert_status(137);
}

#[test]
fn a_stop_timeout_that_is_longer_than_the_grace_spares_that_process_and_what_is_below_it() {
    for timeout in ["1h", "none"] {
        let script = "setsid $PROBE wait g & exec $PROBE wait a TERM=ignore USR1=0";
        let timeout = format!("--stop-timeout={timeout}");
        let words =
            ["--grace=200ms", &timeout, "sh", "-c", script, "|||", "probe", "wait", "b", "TERM=ignore"];
        let running = run(&words).start();
        let [g, a, b] = ["g", "a", "b"].map(|name| ready(&running, name));
        running.signal(TERM);
        until("the kill", || is_gone(b).then_some(()));
        running.stderr.wait_for("killed probe");
        running.signal(USR2);
        got(&running, "a", USR2);
        assert!(!is_gone(a) && !is_gone(g));
        send(a, USR1);
        running.finish().assert_status(137);
        assert!(is_gone(g));
    }
}

#[test]
fn a_grace_of_nothing_kills_at_once() {
    let running = line("--grace 0 probe wait a TERM=ignore ||| probe wait b TERM=ignore USR1=2").start();
    ready(&running, "a");
    ready(&running, "b");
    running.signal(TERM);
    running.finish().assert_status(137);
    let running = line("--grace 0 probe wait a TERM=ignore ||| probe wait b TERM=ignore USR1=2").start();
    ready(&running, "a");
    send(ready(&running, "b"), USR1);
    running.finish().assert_status(2);
}

#[test]
fn the_run_ends_as_soon_as_nothing_is_left() {
    let began = Instant::now();
    let running = family(&["--grace", "1h"], "$PROBE wait g & exec $PROBE wait m").start();
    ready(&running, "g");
    ready(&running, "m");
    running.signal(TERM);
    running.finish().assert_status(0);
    line("--grace 1h true ||| sleep 1000").finish().assert_status(0);
    line("true ||| sleep 1000").finish().assert_status(0);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn monofy_ends_after_its_last_descendant_and_not_before() {
    let running =
        family(&["--grace", "1h"], "setsid $PROBE wait g TERM=ignore USR1=0 & exec $PROBE wait m").start();
    let (g, m) = (ready(&running, "g"), ready(&running, "m"));
    running.signal(TERM);
    until("the end of the process", || state(m).is_none().then_some(()));
    got(&running, "g", TERM);
    let mut running = running;
    assert!(running.is_running());
    send(g, USR1);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(finished.stderr.matches("stopping processes left behind").count(), 1, "{finished:?}");
}

#[test]
fn without_being_told_a_limit_a_stop_of_monofys_own_has_ten_seconds() {
    let running = line("probe wait a USR1=3 ||| probe wait b TERM=ignore").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    let began = Instant::now();
    send(a, USR1);
    running.finish().assert_status(3).assert_reported("killed probe.2");
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(13), "{took:?}");
}

#[test]
fn a_stop_that_something_outside_asked_for_has_no_limit_and_tells_after_five_seconds_who_is_there() {
    let running =
        line("--name stubborn probe wait a TERM=ignore USR1=0 ||| --name meek probe wait b").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    let began = Instant::now();
    running.signal(TERM);
    let told = running.stderr.wait_for("still waiting for");
    assert!(began.elapsed() >= Duration::from_secs(5));
    assert!(told.contains("stubborn") && !told.contains("meek"), "{told}");
    assert!(!is_gone(a));
    send(a, USR1);
    running.finish().assert_status(0);
}

#[test]
fn a_process_that_dies_of_another_kill_during_the_stop_was_not_killed_by_monofy() {
    let running = line("--grace 1h probe wait a TERM=ignore ||| probe wait b").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    running.signal(TERM);
    got(&running, "a", TERM);
    send(a, KILL);
    let finished = running.finish();
    finished.assert_status(137);
    assert!(!finished.stderr.contains("monofy: killed"), "{finished:?}");
}

#[test]
fn a_stop_during_setup_has_the_same_deadline() {
    let running = line("--grace 200ms probe wait s TERM=ignore && true").start();
    ready(&running, "s");
    running.signal(TERM);
    running.finish().assert_status(137).assert_reported("killed setup probe");
}

#[test]
fn what_a_failing_setup_command_leaves_behind_is_stopped() {
    let running = run(&["sh", "-c", "$PROBE wait g & exec $PROBE wait s USR1=4", "&&", "true"]).start();
    ready(&running, "g");
    send(ready(&running, "s"), USR1);
    let finished = running.finish();
    finished.assert_status(4);
    assert_eq!(all_got(&finished.stdout, "g"), [TERM]);
}

#[test]
fn descendants_are_found_when_no_descriptor_is_left() {
    // Two descriptors are free when it starts, and a signalfd and a memory file take them.
    let script = "ulimit -Sn 5; exec $MONOFY --grace 1h --quiet sh -c '$PROBE wait g & exec $PROBE wait m'";
    let run = Run::of("sh", ["-c", script]).env("MONOFY", monofy()).env("PROBE", probe());
    let running = run.start();
    ready(&running, "g");
    ready(&running, "m");
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "g"), [TERM]);
}

/// monofy as `$0` with `--grace=1s` and a process that has 6 s to stop and needs 1.5 s. Another one exits once the first
/// has made the file `$1`.
const SLOW_STOP: &str = "export FILE=$1; exec \"$0\" -q -g 1s --stop-timeout=6s sh -c \
    'trap \"sleep 1.5; echo clean; exit 0\" TERM; touch $$FILE; while :; do sleep 0.05; done' '|||' \
    sh -c 'until [ -e $$FILE ]; do sleep 0.01; done; exit 3'";

fn assert_stops_slowly(run: impl FnOnce([String; 2]) -> Run) {
    let folder = super::support::Folder::new();
    let file = folder.path().join("ready").display().to_string();
    let began = Instant::now();
    let finished = run([monofy().display().to_string(), file]).finish();
    finished.assert_status(3).assert_stdout("clean\n");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[test]
fn a_stop_timeout_holds_without_proc() {
    let may = Run::of("unshare", ["--mount", "--pid", "--fork", "true"]).finish().status == 0;
    if !super::support::has_tool("the right to make namespaces", may) {
        return;
    }
    let script = format!("mount -t tmpfs none /proc && {SLOW_STOP}");
    let words = ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", &script].map(str::to_owned);
    assert_stops_slowly(|arguments| Run::of("unshare", words.into_iter().chain(arguments)));
}

#[test]
fn a_stop_timeout_holds_when_descriptors_run_out() {
    // The standard streams, the signals and the status; nothing is left to read /proc with.
    let script = format!("ulimit -n 8 && {SLOW_STOP}");
    let words = ["-c".to_owned(), script];
    assert_stops_slowly(|arguments| Run::of("sh", words.into_iter().chain(arguments)));
}
