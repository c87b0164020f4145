//! monofy as PID 1 of a pid namespace, without Docker.

use super::line::{CONT, INT, QUIT, TERM, USR1, all_got, ready};
use super::support::{Run, Running, children, has_tool, in_path, monofy, probe, send, state, until};

/// How a pid namespace is made: with a /proc of its own, or with one that shows other processes.
const ENVIRONMENTS: [&[&str]; 2] =
    [&["--pid", "--fork", "--kill-child", "--mount-proc"], &["--pid", "--fork", "--kill-child"]];

fn may_unshare() -> bool {
    let may = || Run::of("unshare", ENVIRONMENTS[0].iter().chain(&["true"])).finish().status == 0;
    has_tool("the right to unshare", in_path("unshare") && may())
}

fn start(environment: &[&str], words: &[&str]) -> Running {
    let (monofy, probe) = (monofy(), probe());
    let words = words.iter().map(|word| if *word == "probe" { probe.to_str().unwrap() } else { word });
    let all = environment.iter().copied().chain([monofy.to_str().unwrap()]).chain(words);
    Run::of("unshare", all).env("PROBE", &probe).start()
}

/// The process id of monofy as it is seen from outside.
fn init(running: &Running) -> i32 {
    until("the child of unshare", || children(running.pid()).first().copied())
}

#[test]
fn it_is_asked_to_stop_and_ends_with_0() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        for number in [TERM, INT, QUIT] {
            let running = start(environment, &["probe", "wait", "a", "|||", "probe", "wait", "b"]);
            ready(&running, "a");
            ready(&running, "b");
            send(init(&running), number);
            let finished = running.finish();
            finished.assert_status(0);
            assert_eq!(all_got(&finished.stdout, "a"), [number]);
            assert_eq!(all_got(&finished.stdout, "b"), [number]);
        }
    }
}

#[test]
fn it_ends_with_the_status_of_the_first_to_exit() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        for (script, status) in [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143)] {
            start(environment, &["sh", "-c", script, "|||", "sleep", "1000"]).finish().assert_status(status);
        }
        start(environment, &["no-such-program"]).finish().assert_status(127);
    }
}

#[test]
fn it_passes_signals_on() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        let running = start(environment, &["probe", "wait", "a", "USR1=4"]);
        ready(&running, "a");
        send(init(&running), USR1);
        running.finish().assert_status(4);
    }
}

#[test]
fn it_reaps_orphans_and_they_end_nothing() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        let script = format!("{}exec $PROBE wait a", "(true &); ".repeat(100));
        let running = start(environment, &["-v", "sh", "-c", &script]);
        ready(&running, "a");
        let init = init(&running);
        until("all orphans reaped", || (children(init).len() == 1).then_some(()));
        send(init, TERM);
        let finished = running.finish();
        finished.assert_status(0);
        assert_eq!(finished.stderr.matches("orphan reaped").count(), 100);
    }
}

#[test]
fn descendants_are_told_when_the_processes_are_gone_even_without_a_proc_of_its_own() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        let script = "setsid $PROBE wait g TERM=ignore CONT=0 & (setsid $PROBE wait o &); exec $PROBE wait m";
        let running = start(environment, &["--grace", "1h", "sh", "-c", script]);
        for name in ["g", "o", "m"] {
            ready(&running, name);
        }
        send(init(&running), INT);
        let finished = running.finish();
        finished.assert_status(0);
        assert_eq!(all_got(&finished.stdout, "m"), [INT]);
        assert_eq!(all_got(&finished.stdout, "g"), [TERM, CONT]);
        assert_eq!(all_got(&finished.stdout, "o"), [TERM]);
    }
}

#[test]
fn at_the_deadline_all_is_killed_even_without_a_proc_of_its_own() {
    if !may_unshare() {
        return;
    }
    for environment in ENVIRONMENTS {
        let script = "setsid $PROBE wait g TERM=ignore & exec $PROBE wait m TERM=ignore";
        let running =
            start(environment, &["--grace", "300ms", "sh", "-c", script, "|||", "probe", "wait", "b"]);
        for name in ["g", "m", "b"] {
            ready(&running, name);
        }
        send(init(&running), TERM);
        running.finish().assert_status(137);
        let running = start(
            environment,
            &["--grace", "300ms", "sh", "-c", script, "|||", "probe", "wait", "b", "USR1=6"],
        );
        for name in ["g", "m", "b"] {
            ready(&running, name);
        }
        // To both processes, by way of monofy; `b` alone ends of it.
        send(init(&running), USR1);
        running.finish().assert_status(6);
    }
}

#[test]
fn a_descendant_whose_main_thread_has_exited_is_told_to_stop() {
    if !may_unshare() {
        return;
    }
    let script = "(setsid $PROBE headless g &); exec $PROBE wait m";
    let running = start(ENVIRONMENTS[0], &["--grace", "1h", "sh", "-c", script]);
    ready(&running, "m");
    ready(&running, "g");
    let init = init(&running);
    let daemon = until("an adopted zombie", || {
        let is_zombie = |pid: &&i32| state(**pid) == Some('Z');
        children(init).iter().find(is_zombie).copied()
    });
    assert_ne!(daemon, init);
    send(init, TERM);
    running.finish().assert_status(0);
}
