//! Lines of probes, and what is said about them.

use super::support::{Run, Running, probe, send, state, until};

pub(crate) const HUP: i32 = 1;
pub(crate) const INT: i32 = 2;
pub(crate) const QUIT: i32 = 3;
pub(crate) const KILL: i32 = 9;
pub(crate) const USR1: i32 = 10;
pub(crate) const USR2: i32 = 12;
pub(crate) const TERM: i32 = 15;
pub(crate) const CHLD: i32 = 17;
pub(crate) const CONT: i32 = 18;
pub(crate) const STOP: i32 = 19;

/// monofy with these arguments. An argument that is `probe` is the probe, and so is `$PROBE` in a script.
pub(crate) fn run(words: &[&str]) -> Run {
    let probe = probe();
    let is_probe = |word: &&str| *word == "probe";
    let words = words.iter().map(|word| if is_probe(word) { probe.as_os_str() } else { word.as_ref() });
    Run::new(words).env("PROBE", &probe)
}

/// The same, written as one string and split at its blanks.
pub(crate) fn line(text: &str) -> Run {
    run(&text.split(' ').collect::<Vec<_>>())
}

/// The same, started by the probe with something about it changed.
pub(crate) fn changed(changes: &str, text: &str) -> Run {
    let (probe, monofy) = (probe(), super::support::monofy());
    let text = format!("with {changes} -- {} {text}", monofy.display());
    let words = text.split_ascii_whitespace();
    let words = words.map(|word| if word == "probe" { probe.as_os_str() } else { word.as_ref() });
    Run::of(&probe, words).env("PROBE", &probe)
}

/// Waits until a probe of this name is ready, and returns its process id.
pub(crate) fn ready(running: &Running, name: &str) -> i32 {
    let line = running.stdout.wait_for(&format!("{name} ready "));
    line.rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("a pid at the end of the line")
}

/// Waits until a probe of this name got a signal.
pub(crate) fn got(running: &Running, name: &str, number: i32) -> String {
    running.stdout.wait_for(&format!("{name} got {number} "))
}

/// Waits until a probe of this name got a signal so many times.
pub(crate) fn got_times(running: &Running, name: &str, number: i32, times: usize) {
    let count = || all_got(&running.stdout.so_far(), name).iter().filter(|found| **found == number).count();
    until("a signal several times", || (count() >= times).then_some(()));
    assert_eq!(count(), times, "{}", running.stdout.so_far());
}

/// The signals that a probe of this name tells of, in their order.
pub(crate) fn all_got(stdout: &str, name: &str) -> Vec<i32> {
    let start = format!("{name} got ");
    let numbers =
        stdout.lines().filter_map(|line| line.strip_prefix(&start)?.split(' ').next()?.parse().ok());
    numbers.collect()
}

/// Waits until a process is a zombie.
pub(crate) fn until_zombie(pid: i32) {
    until("a zombie", || (state(pid) == Some('Z')).then_some(()));
}

/// Waits until a process is stopped.
pub(crate) fn until_stopped(pid: i32) {
    until("a stopped process", || (state(pid) == Some('T')).then_some(()));
}

/// Holds monofy still, so that what happens meanwhile is seen by it in one wake-up.
pub(crate) fn in_one_wake_up(running: &Running, happen: impl FnOnce()) {
    running.signal(STOP);
    until_stopped(running.pid());
    happen();
    running.signal(CONT);
}

/// Ends a probe by a signal for which it has a status, and waits until it is a zombie: for use while monofy is
/// held still.
pub(crate) fn end(pid: i32, number: i32) {
    send(pid, number);
    until_zombie(pid);
}
