//! TERM at any moment: while a setup command is restarted, while a process waits for readiness or for one that runs once,
//! during a check, in a back-off, between restarts, between the ranks of a stop.

use std::time::{Duration, Instant};

use super::line::{TERM, run};
use super::support::Run;

/// How many moments are tried; `MONOFY_MOMENTS` asks for more of them.
const MOMENTS: u64 = 40;
/// Within so many milliseconds of the start.
const WITHIN: u64 = 1200;

/// Setup commands: one that waits for a check and fails the first time, two that are left out. Then one process that is
/// ready after a while, by a command that takes a while; one that waits for it; one that runs once after it, and one that
/// comes after that; two that fail again and again; one that waits for checks and never is ready.
fn busy() -> Run {
    let script = "trap 'exit 0' TERM; sleep 0.3 & wait; : >$0; sleep 1000 & wait";
    let check_wait = "--wait=exec:sh -c 'sleep 0.05; test -e tried'";
    let check = "exec:sh -c 'sleep 0.05; test -e ready'";
    run(&[
        "--grace=5s",
        "--start-timeout=1m",
        "--wait=exec:sh -c 'sleep 0.02; : >asked'",
        "--restart=on-failure",
        "sh",
        "-c",
        "test -e tried || { : >tried; sleep 0.05; exit 1; }",
        "&&",
        "--if=",
        "false",
        "&&",
        "--creates=tried",
        "false",
        "&&",
        "--name=db",
        "--ready",
        check,
        "sh",
        "-c",
        script,
        "ready",
        "|||",
        "--name=migrate",
        "--once",
        "--after=db",
        "sh",
        "-c",
        "sleep 0.05",
        "|||",
        "--after=migrate",
        "probe",
        "wait",
        "w",
        "|||",
        "--after=db",
        "--restart=always",
        "sh",
        "-c",
        "sleep 0.1; exit 3",
        "|||",
        "--restart=on-failure",
        "--ready=tcp:1",
        "sh",
        "-c",
        "sleep 0.05; exit 1",
        "|||",
        "--ready=tcp:1",
        "--wait=file:/",
        check_wait,
        "probe",
        "wait",
        "x",
        "|||",
        "--ready=notify",
        "--restart=always",
        "sh",
        "-c",
        "sleep 0.02",
    ])
}

#[test]
fn term_at_any_moment_ends_the_run_at_once() {
    let moments =
        std::env::var("MONOFY_MOMENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(MOMENTS);
    // A generator of the test's own: the moments are the same in each run, but for the machine's own noise.
    let mut seed = 7_u64;
    for moment in 0..moments {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after = Duration::from_millis((seed >> 33) % WITHIN);
        let folder = super::support::Folder::new();
        let running = busy().directory(folder.path()).start();
        let began = Instant::now();
        super::support::until("the moment", || (began.elapsed() >= after).then_some(()));
        running.signal(TERM);
        let asked = Instant::now();
        let finished = running.finish();
        assert!(asked.elapsed() < Duration::from_secs(4), "moment {moment}, {after:?}: {finished:#?}");
        // Each ends by the signal or with 0, but for what was about to fail when it came.
        assert!([0, 1, 3].contains(&finished.status), "moment {moment}, {after:?}: {finished:#?}");
    }
}
