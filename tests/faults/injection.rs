//! Runs under strace, with an error injected or without.

use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::call::{Call, from_the_first_start};
use super::leftovers::{self, MARK};
use crate::support::{
    DEADLINE, Folder, Run, Running, children, has_tool, in_path, monofy, probe, send, until,
};

/// What happens to a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interference {
    /// Nothing.
    Nothing,
    /// It gets TERM once the probe `a` is ready.
    Term,
}

/// A line, what happens to it, and the statuses it may end with. The first one is that of a run without a fault.
pub(crate) struct Case<'a> {
    pub(crate) words: &'a [&'a str],
    pub(crate) interference: Interference,
    pub(crate) statuses: &'a [i32],
}

/// How many faults of a line are tried by default.
const TRIED: usize = 30;

struct Injected<'a> {
    call: &'a Call,
    error: &'static str,
}

struct Ended {
    /// `None` when it did not end.
    status: Option<i32>,
    stderr: String,
    trace: String,
    left: Vec<(i32, String)>,
}

/// Runs a line once for each of its possible faults, or for a part of them.
pub(crate) fn try_faults(case: &Case<'_>) {
    if !has_tool("strace", in_path("strace")) {
        return;
    }
    let whole = run(case, None);
    assert_eq!(whole.status, Some(case.statuses[0]), "without a fault: {}", whole.stderr);
    assert!(whole.left.is_empty(), "without a fault: {:?}", whole.left);
    let calls = from_the_first_start(&whole.trace);
    let all = calls.iter().flat_map(|call| call.errors().iter().map(move |error| Injected { call, error }));
    let all: Vec<_> = all.collect();
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<usize>().ok());
    let step = if std::env::var_os("MONOFY_FAULTS").is_some() { 1 } else { all.len().div_ceil(TRIED) };
    let from = number("MONOFY_FAULTS_FROM").unwrap_or(0) % step;
    let tried: Vec<_> = all.iter().skip(from).step_by(step).collect();
    let (next, hit, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(injected) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = run(case, Some(injected));
                    match fault_in(&ended.trace, injected.error) {
                        Fault::None => {}
                        // The run made its calls in another order, and this one cannot fail so.
                        Fault::Impossible => continue,
                        Fault::Possible => {
                            hit.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    wrong.lock().unwrap().extend(problem(case, injected, &ended));
                }
            });
        }
    });
    let (hit, wrong) = (hit.into_inner(), wrong.into_inner().unwrap());
    println!("{} of {} faults, from number {from} on; {hit} of them met their call", tried.len(), all.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tried.len(), wrong.join("\n"));
    // How often a run polls varies, so some calls do not happen again.
    assert!(hit * 2 > tried.len(), "only {hit} of {} met their call", tried.len());
}

/// What the injection of a run has met.
enum Fault {
    /// Nothing: the run made fewer calls.
    None,
    /// A call that really has this error.
    Possible,
    /// A call that never has it.
    Impossible,
}

fn fault_in(trace: &str, error: &str) -> Fault {
    let met = trace.lines().find(|line| line.contains("(INJECTED)"));
    match met.map(|line| Call::parse(line).is_some_and(|call| call.errors().contains(&error))) {
        None => Fault::None,
        Some(true) => Fault::Possible,
        Some(false) => Fault::Impossible,
    }
}

fn problem(case: &Case<'_>, injected: &Injected<'_>, ended: &Ended) -> Option<String> {
    let is_right =
        ended.left.is_empty() && ended.status.is_some_and(|status| case.statuses.contains(&status));
    (!is_right).then(|| {
        let Injected { call, error } = injected;
        let Ended { status, stderr, left, .. } = ended;
        format!("{call:?} fails with {error}: status {status:?}, left {left:?}, {stderr}")
    })
}

fn run(case: &Case<'_>, injected: Option<&Injected<'_>>) -> Ended {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = Folder::new();
    let trace = folder.path().join("trace");
    let mut words = vec!["-qq".to_owned(), "-y".to_owned(), "-o".to_owned(), trace.display().to_string()];
    if let Some(Injected { call, error }) = injected {
        let error = if error.starts_with('E') { format!("error={error}") } else { (*error).to_owned() };
        words.extend(["-e".to_owned(), format!("trace={}", call.name)]);
        words.extend(["-e".to_owned(), format!("inject={}:{error}:when={}", call.name, call.occurrence)]);
    }
    words.push(monofy().display().to_string());
    words.extend(case.words.iter().map(|word| match *word {
        "probe" => probe().display().to_string(),
        word => word.to_owned(),
    }));
    let mut running = Run::of("strace", words).env(MARK, &mark).env("PROBE", probe()).start();
    if case.interference == Interference::Term {
        ask_to_stop(&mut running);
    }
    let status = end(&mut running);
    let left = leftovers::take(&mark);
    let stderr = running.stderr.all();
    Ended { status, stderr, trace: std::fs::read_to_string(trace).unwrap_or_default(), left }
}

/// The status of a run, or `None` when it does not end.
fn end(running: &mut Running) -> Option<i32> {
    let end = Instant::now() + DEADLINE;
    while running.is_running() {
        if Instant::now() > end {
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    let status = running.wait();
    Some(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}

/// Sends TERM. A run in which no process could be started ends by itself.
fn ask_to_stop(running: &mut Running) {
    until("a process, or the end", || {
        let is_there = running.stdout.so_far().contains("a ready ");
        (is_there || !running.is_running()).then_some(())
    });
    // The only child of strace; it may be about to end by itself.
    for monofy in children(running.pid()) {
        if !crate::support::is_gone(monofy) {
            send(monofy, 15);
        }
    }
}
