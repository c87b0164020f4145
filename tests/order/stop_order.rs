//! The order in which processes are told to stop (contract, 4.4).

use std::time::{Duration, Instant};

use super::line::{HUP, TERM, USR1, all_got, got, line, ready};
use super::support::send;

#[test]
fn a_process_is_told_to_stop_when_those_that_come_after_it_are_gone() {
    let running = line(
        "--name=db probe wait db ||| --name=api --after=db probe wait api TERM=ignore USR1=0 ||| \
         --after=api probe wait web TERM=ignore USR1=0",
    )
    .start();
    let [_, api, web] = ["db", "api", "web"].map(|name| ready(&running, name));
    running.signal(TERM);
    got(&running, "web", TERM);
    running.signal(HUP);
    for name in ["db", "api", "web"] {
        got(&running, name, HUP);
    }
    assert_eq!(all_got(&running.stdout.so_far(), "api"), [HUP], "others are passed on at once");
    running.stderr.wait_for("db is not stopped yet: waiting for api and probe");
    send(web, USR1);
    got(&running, "api", TERM);
    assert_eq!(all_got(&running.stdout.so_far(), "db"), [HUP]);
    send(api, USR1);
    let finished = running.finish();
    finished.assert_status(0).assert_reported("monofy: stopping db");
    assert_eq!(all_got(&finished.stdout, "db"), [HUP, TERM]);
}

#[test]
fn a_process_is_told_to_stop_after_half_of_the_grace_at_the_latest() {
    let running =
        line("--grace=1s --name=db probe wait db ||| --after=db probe wait api TERM=ignore").start();
    ready(&running, "db");
    ready(&running, "api");
    let began = Instant::now();
    running.signal(TERM);
    got(&running, "db", TERM);
    let heard = began.elapsed();
    assert!(heard >= Duration::from_millis(500) && heard < Duration::from_secs(1), "{heard:?}");
    running.finish().assert_status(137);
}
