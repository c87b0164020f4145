//! What becomes of the signals that monofy gets (contract, 4.3), without a terminal.

use super::line::{
    CHLD, CONT, HUP, INT, KILL, QUIT, STOP, TERM, USR1, USR2, all_got, changed, got, got_times,
    in_one_wake_up, line, ready, until_zombie,
};
use super::support::{Running, send, until};

/// Every signal that can be caught but CHLD, those by which the kernel tells of faults, and the three that end
/// the run.
fn passed_on() -> Vec<i32> {
    let others = [INT, QUIT, TERM, KILL, STOP, CHLD, 4, 5, 7, 8, 11, 31];
    (1..=64).filter(|number| !others.contains(number)).collect()
}

fn assert_all_passed_on(running: Running, names: &[&str]) {
    for name in names {
        ready(&running, name);
    }
    for number in passed_on() {
        running.signal(number);
        for name in names {
            let told = got(&running, name, number);
            assert!(told.ends_with(&format!(" from {}", running.pid())), "{told}");
        }
    }
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    let expected: Vec<_> = passed_on().into_iter().chain([TERM]).collect();
    for name in names {
        assert_eq!(all_got(&finished.stdout, name), expected);
    }
}

#[test]
fn every_signal_is_passed_on_to_each_process_once() {
    assert_eq!(passed_on().len(), 52);
    assert_all_passed_on(line("probe wait a ||| probe wait b").start(), &["a", "b"]);
}

#[test]
fn every_signal_is_passed_on_to_the_setup_command_once() {
    assert_all_passed_on(line("probe wait s && touch /no/such/place").start(), &["s"]);
}

#[test]
fn signals_that_were_ignored_and_blocked_at_the_start_are_passed_on_all_the_same() {
    let all = (1..=64).filter(|number| ![KILL, STOP].contains(number));
    let changes: Vec<_> = all.map(|number| format!("ignore={number} block={number}")).collect();
    assert_all_passed_on(changed(&changes.join(" "), "probe wait a").start(), &["a"]);
}

#[test]
fn term_int_and_quit_begin_a_stop() {
    for number in [TERM, INT, QUIT] {
        let running = line("--grace 1h probe wait a ||| probe wait b").start();
        ready(&running, "a");
        ready(&running, "b");
        running.signal(number);
        let finished = running.finish();
        finished.assert_status(0);
        assert_eq!(all_got(&finished.stdout, "a"), [number]);
        assert_eq!(all_got(&finished.stdout, "b"), [number]);
    }
}

#[test]
fn a_signal_that_asks_for_the_end_is_followed_by_cont() {
    for number in [TERM, INT, QUIT] {
        let text = format!("probe wait a {number}=ignore CONT=0");
        let running = line(&text).start();
        ready(&running, "a");
        running.signal(number);
        let finished = running.finish();
        assert_eq!(all_got(&finished.stdout, "a"), [number, CONT]);
    }
}

#[test]
fn a_process_with_a_stop_signal_gets_that_one_instead() {
    for (signal, own) in [("QUIT", QUIT), ("USR1", USR1), ("RTMIN+3", 37), ("64", 64), ("INT", INT)] {
        for number in [TERM, INT, QUIT] {
            let text = format!("--stop-signal {signal} probe wait a {own}=0 ||| probe wait b");
            let running = line(&text).start();
            ready(&running, "a");
            ready(&running, "b");
            running.signal(number);
            let finished = running.finish();
            finished.assert_status(0);
            // A real-time signal is handed out after the CONT that followed it.
            let of_a = all_got(&finished.stdout, "a").into_iter().filter(|number| *number != CONT);
            assert_eq!(of_a.collect::<Vec<_>>(), [own]);
            assert_eq!(all_got(&finished.stdout, "b"), [number]);
        }
    }
}

#[test]
fn a_stop_of_monofys_own_uses_the_stop_signal_as_well() {
    let running = line("--stop-signal QUIT probe wait a ||| probe wait b USR1=4").start();
    ready(&running, "a");
    send(ready(&running, "b"), USR1);
    let finished = running.finish();
    finished.assert_status(4);
    assert_eq!(all_got(&finished.stdout, "a"), [QUIT]);
}

#[test]
fn queued_real_time_signals_are_each_passed_on() {
    let running = line("probe wait a").start();
    ready(&running, "a");
    in_one_wake_up(&running, || {
        for _ in 0..5 {
            running.signal(40);
            running.signal(35);
        }
    });
    let count = |stdout: &str, number| all_got(stdout, "a").iter().filter(|found| **found == number).count();
    // Not TERM before they have arrived: a process takes the lower of two signals first.
    until("the last of them", || (count(&running.stdout.so_far(), 40) == 5).then_some(()));
    running.signal(TERM);
    let stdout = running.finish().stdout;
    assert_eq!((count(&stdout, 35), count(&stdout, 40), count(&stdout, TERM)), (5, 5, 1), "{stdout}");
}

#[test]
fn many_kinds_of_signals_at_once_are_each_passed_on() {
    let running = line("probe wait a ||| probe wait b").start();
    ready(&running, "a");
    ready(&running, "b");
    // CONT, which ends the wait, takes back what stops.
    let several: Vec<_> = passed_on().into_iter().filter(|number| ![20, 21, 22].contains(number)).collect();
    in_one_wake_up(&running, || several.iter().filter(|n| **n != CONT).for_each(|n| running.signal(*n)));
    for name in ["a", "b"] {
        for number in &several {
            got(&running, name, *number);
        }
    }
    running.signal(TERM);
    let finished = running.finish();
    finished.assert_status(0);
    assert_eq!(all_got(&finished.stdout, "a").len(), several.len() + 1);
}

#[test]
fn a_child_signal_from_outside_is_not_passed_on() {
    let running = line("probe wait a").start();
    ready(&running, "a");
    running.signal(CHLD);
    running.signal(USR1);
    got(&running, "a", USR1);
    running.signal(TERM);
    assert_eq!(all_got(&running.finish().stdout, "a"), [USR1, TERM]);
}

#[test]
fn signals_are_still_passed_on_during_a_stop() {
    let running = line(
        "--grace 1h probe wait a TERM=ignore USR2=0 ||| --stop-signal QUIT probe wait b QUIT=ignore USR2=0",
    )
    .start();
    ready(&running, "a");
    ready(&running, "b");
    for round in 1..=2 {
        running.signal(TERM);
        got_times(&running, "a", TERM, round);
        got_times(&running, "b", QUIT, round);
        running.signal(HUP);
        got_times(&running, "a", HUP, round);
        got_times(&running, "b", HUP, round);
    }
    running.signal(USR2);
    let finished = running.finish();
    finished.assert_status(0);
    let of_b = all_got(&finished.stdout, "b");
    assert!(!of_b.contains(&TERM), "{of_b:?}");
}

#[test]
fn int_from_programs_kills_nothing_however_often_it_comes() {
    let running = line("--grace none probe wait a INT=ignore USR1=0").start();
    ready(&running, "a");
    for times in 1..=3 {
        running.signal(INT);
        got_times(&running, "a", INT, times);
    }
    running.signal(USR1);
    running.finish().assert_status(0);
}

#[test]
fn int_and_quit_that_were_inherited_as_ignored_are_passed_on_and_begin_no_stop() {
    let running = changed("ignore=2 ignore=3", "probe wait a INT=ignore QUIT=ignore").start();
    ready(&running, "a");
    for number in [INT, QUIT] {
        running.signal(number);
        got(&running, "a", number);
    }
    assert!(!running.stderr.so_far().contains("stopping"));
    running.signal(TERM);
    running.finish().assert_status(0).assert_reported("because SIGTERM was received");
}

#[test]
fn a_signal_to_monofy_and_its_processes_at_once_asks_for_a_stop_from_outside() {
    for number in [TERM, INT, QUIT] {
        let running = line("probe idle a ||| probe idle b").start();
        let pids = ["a", "b"].map(|name| ready(&running, name));
        // monofy is sent the signal last, and sees the deaths first.
        in_one_wake_up(&running, || {
            send(pids[0], number);
            until_zombie(pids[0]);
        });
        running.stderr.wait_for("stopping");
        running.signal(number);
        running.finish().assert_status(0);
    }
}

#[test]
fn a_run_whose_only_process_died_of_term_is_clean_if_term_comes_to_monofy_too() {
    for status in ["idle a", "wait a TERM=143"] {
        let running = line(&format!("probe {status}")).start();
        send(ready(&running, "a"), TERM);
        running.signal(TERM);
        running.finish().assert_status(0);
    }
}

#[test]
fn a_second_term_kills_nothing() {
    let running = line("probe wait a TERM=ignore USR1=0").start();
    ready(&running, "a");
    for _ in 0..3 {
        running.signal(TERM);
        running.signal(USR2);
        got(&running, "a", USR2);
    }
    running.signal(USR1);
    running.finish().assert_status(0);
}

#[test]
fn a_stop_signal_of_the_terminal_that_a_process_sent_is_only_passed_on() {
    let running = line("probe wait a").start();
    ready(&running, "a");
    for number in [20, 21, 22] {
        running.signal(number);
        got(&running, "a", number);
    }
    running.signal(USR1);
    got(&running, "a", USR1);
    running.signal(TERM);
    running.finish().assert_status(0);
}
