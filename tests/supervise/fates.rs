//! Connected fates and orphans (contract, 4.2).

use super::line::{CONT, STOP, TERM, USR1, USR2, all_got, got, line, ready, run, until_stopped};
use super::support::{children, parent, send, state, until};

#[test]
fn the_first_process_to_exit_ends_the_run_with_whatever_status() {
    for status in [0, 1, 7, 255] {
        for position in 0..3 {
            let names = ["a", "b", "c"];
            let text = format!(
                "probe wait a USR1={status} ||| probe wait b USR1={status} ||| probe wait c USR1={status}"
            );
            let running = line(&text).start();
            let pids = names.map(|name| ready(&running, name));
            send(pids[position], USR1);
            let finished = running.finish();
            finished.assert_status(status);
            for (index, name) in names.into_iter().enumerate() {
                let expected = if index == position { USR1 } else { TERM };
                assert_eq!(all_got(&finished.stdout, name), [expected], "{finished:?}");
            }
        }
    }
}

#[test]
fn a_death_by_a_signal_ends_the_run_as_well() {
    for number in [1, 2, 6, 9, 10, 15, 34, 64] {
        let running = line("probe idle a ||| probe wait b").start();
        let a = ready(&running, "a");
        ready(&running, "b");
        send(a, number);
        let finished = running.finish();
        finished.assert_status(128 + number);
        assert_eq!(all_got(&finished.stdout, "b"), [TERM]);
    }
}

#[test]
fn the_others_get_their_stop_signal_and_then_cont() {
    let line_of_two = line(
        "probe wait a USR1=3 ||| probe wait b TERM=ignore CONT=0 ||| --stop-signal INT probe wait c INT=ignore CONT=0",
    );
    let running = line_of_two.start();
    let a = ready(&running, "a");
    ready(&running, "b");
    ready(&running, "c");
    send(a, USR1);
    let finished = running.finish();
    finished.assert_status(3);
    assert_eq!(all_got(&finished.stdout, "b"), [TERM, CONT]);
    assert_eq!(all_got(&finished.stdout, "c"), [2, CONT]);
}

#[test]
fn a_stopped_process_is_continued_so_that_it_can_end() {
    let running = line("--grace 1h probe wait a USR1=3 ||| probe idle b").start();
    let (a, b) = (ready(&running, "a"), ready(&running, "b"));
    send(b, STOP);
    until_stopped(b);
    send(a, USR1);
    running.finish().assert_status(3).assert_reported("probe.2 ended by SIGTERM");
}

/// A process that leaves an orphan `o` behind and goes on as `a`.
const WITH_ORPHAN: [&str; 3] = ["sh", "-c", "($PROBE wait o USR1=9 &); exec $PROBE wait a"];

#[test]
fn an_orphan_is_adopted_and_reaped_at_once_and_ends_nothing() {
    let running = run(&WITH_ORPHAN).start();
    let (o, a) = (ready(&running, "o"), ready(&running, "a"));
    until("the adoption", || (parent(o) == Some(running.pid())).then_some(()));
    send(o, USR1);
    until("the orphan reaped", || state(o).is_none().then_some(()));
    running.signal(USR2);
    got(&running, "a", USR2);
    assert!(state(a).is_some());
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "a"), [USR2, TERM]);
    assert_eq!(all_got(&finished.stdout, "o"), [USR1]);
}

#[test]
fn an_orphan_that_a_setup_command_leaves_behind_lives_until_the_end_of_the_run() {
    let running = run(&["sh", "-c", "($PROBE wait o &)", "&&", "probe", "wait", "a"]).start();
    let o = ready(&running, "o");
    ready(&running, "a");
    until("the adoption", || (parent(o) == Some(running.pid())).then_some(()));
    running.signal(USR1);
    got(&running, "a", USR1);
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    // Nothing is passed on to it, since it is no process of the line; the stop asks it at last.
    assert_eq!(all_got(&finished.stdout, "o"), [TERM]);
}

#[test]
fn many_orphans_leave_no_zombie() {
    let script = format!("{}exec $PROBE wait a", "(true &); ".repeat(100));
    let running = run(&["-v", "sh", "-c", &script]).start();
    let a = ready(&running, "a");
    until("all orphans reaped", || (children(running.pid()) == [a]).then_some(()));
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(finished.stderr.matches("orphan reaped").count(), 100);
}
