//! The exit status (contract, 4.5). That of a setup command and of a missing program stands in `start.rs`.

use super::line::{INT, QUIT, TERM, USR1, USR2, end, got, in_one_wake_up, line, ready};
use super::support::{Folder, Run, send};

#[test]
fn a_clean_stop_is_0_whether_a_process_exits_or_dies_of_the_signal_or_reports_it() {
    for number in [TERM, INT, QUIT] {
        let reported = 128 + number;
        let text = format!(
            "probe wait a {number}=0 ||| probe wait b {number}=die ||| probe wait c {number}={reported} ||| probe idle d"
        );
        let running = line(&text).start();
        for name in ["a", "b", "c", "d"] {
            ready(&running, name);
        }
        running.signal(number);
        running.finish().assert_status(0);
    }
}

#[test]
fn a_clean_stop_by_an_own_stop_signal_is_0() {
    for what in ["0", "die", "138"] {
        let text = format!("--stop-signal USR1 probe wait a USR1={what}");
        let running = line(&text).start();
        ready(&running, "a");
        running.signal(TERM);
        running.finish().assert_status(0);
    }
}

#[test]
fn the_status_of_a_signal_that_was_not_sent_is_no_clean_stop() {
    for (rule, status) in [("TERM=130", 130), ("TERM=128", 128), ("TERM=1", 1)] {
        let text = format!("probe wait a {rule} ||| probe wait b");
        let running = line(&text).start();
        ready(&running, "a");
        ready(&running, "b");
        running.signal(TERM);
        running.finish().assert_status(status);
    }
    let running = line("--stop-signal USR1 probe wait a USR1=143").start();
    ready(&running, "a");
    running.signal(TERM);
    running.finish().assert_status(143);
}

#[test]
fn after_an_outside_stop_the_first_other_status_in_the_order_of_the_line_decides() {
    let text = "probe wait a ||| probe wait b TERM=ignore USR1=4 ||| probe wait c TERM=3";
    let running = line(text).start();
    let [_, b, c] = ["a", "b", "c"].map(|name| ready(&running, name));
    running.signal(TERM);
    super::support::until("the end of the last", || super::support::is_gone(c).then_some(()));
    send(b, USR1);
    running.finish().assert_status(4);
}

#[test]
fn one_that_had_to_be_killed_goes_before_any_other_status() {
    let running = line("--grace 200ms probe wait a TERM=3 ||| probe wait b TERM=ignore").start();
    ready(&running, "a");
    ready(&running, "b");
    running.signal(TERM);
    running.finish().assert_status(137);
}

#[test]
fn processes_that_monofy_ended_never_decide() {
    for others in ["TERM=9", "TERM=die", "TERM=ignore"] {
        for status in [0, 5] {
            let text = format!(
                "--grace 200ms probe wait b {others} ||| probe wait a USR1={status} ||| probe wait c {others}"
            );
            let running = line(&text).start();
            let [a, ..] = ["a", "b", "c"].map(|name| ready(&running, name));
            send(a, USR1);
            running.finish().assert_status(status);
        }
    }
}

#[test]
fn a_signal_during_a_stop_of_monofys_own_does_not_change_the_status() {
    let running = line("probe wait a USR1=5 ||| probe wait b TERM=ignore INT=ignore USR1=9").start();
    let (a, b) = (ready(&running, "a"), ready(&running, "b"));
    send(a, USR1);
    got(&running, "b", TERM);
    running.signal(INT);
    got(&running, "b", INT);
    send(b, USR1);
    running.finish().assert_status(5).assert_reported("because probe exited with status 5");
}

#[test]
fn a_death_counts_before_a_signal_that_is_seen_in_the_same_wake_up() {
    for number in [TERM, INT, QUIT] {
        let running = line("probe wait a USR1=7 ||| probe wait b").start();
        let a = ready(&running, "a");
        ready(&running, "b");
        in_one_wake_up(&running, || {
            running.signal(number);
            end(a, USR1);
        });
        running.finish().assert_status(7).assert_reported("because probe exited with status 7");
    }
}

#[test]
fn a_death_counts_before_a_flood_of_signals() {
    let running = line("probe wait a USR1=7 ||| probe wait b").start();
    let a = ready(&running, "a");
    ready(&running, "b");
    in_one_wake_up(&running, || {
        (1..=64).filter(|n| ![4, 5, 7, 8, 9, 11, 17, 18, 19, 31].contains(n)).for_each(|n| running.signal(n));
        end(a, USR1);
    });
    running.finish().assert_status(7);
}

#[test]
fn of_deaths_in_the_same_wake_up_the_first_in_the_order_of_the_line_decides() {
    let running =
        line("probe wait a ||| probe wait b USR1=4 ||| probe wait c USR1=5 ||| probe wait d USR1=6").start();
    let [_, b, c, d] = ["a", "b", "c", "d"].map(|name| ready(&running, name));
    in_one_wake_up(&running, || [d, c, b].into_iter().for_each(|pid| end(pid, USR1)));
    running.finish().assert_status(4);
}

#[test]
fn a_setup_command_that_succeeds_in_the_wake_up_of_a_signal_is_followed_by_nothing() {
    let running = line("probe wait s USR1=0 && echo process").start();
    let s = ready(&running, "s");
    in_one_wake_up(&running, || {
        running.signal(TERM);
        end(s, USR1);
    });
    let finished = running.finish();
    finished.assert_status(0);
    assert!(!finished.stdout.contains("process"), "{finished:?}");
}

#[test]
fn failures_of_monofys_own_are_125() {
    for text in [
        "--grace soon true",
        "--no-such-option true",
        "true |||",
        "true ||| true && true",
        "-w /no/such/place true",
        "--user=no-such-user true",
        "--stop-signal NOPE true",
    ] {
        line(text).finish().assert_status(125).assert_stdout("");
    }
    super::line::run(&[]).finish().assert_status(125);
}

#[test]
fn an_outside_signal_that_asks_for_no_stop_and_kills_a_process_is_its_first_exit() {
    let running = line("probe idle a ||| probe wait b").start();
    ready(&running, "a");
    ready(&running, "b");
    running.signal(USR2);
    running.finish().assert_status(140);
}

#[test]
fn a_core_dump_is_reported() {
    let folder = Folder::new();
    let crash = "ulimit -c unlimited && kill -SEGV $$";
    let finished = Run::new(["--name=worker", "sh", "-c", crash]).directory(folder.path()).finish();
    finished.assert_status(139).assert_reported("monofy: worker was killed by SIGSEGV (core dumped)");
}
