//! One random run.

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::leftovers::{self, MARK};
use crate::model::{Line, STOPPING};
use crate::random::Random;
use crate::support::{DEADLINE, Folder, Run, Running, probe, until};

/// HUP, USR1, WINCH and CONT are passed on; the others begin a stop.
const SIGNALS: [i32; 8] = [1, 10, 28, 18, 2, 2, 3, 15];

/// Makes the run of a seed and checks it.
pub(crate) fn run(seed: u64) -> Result<(), String> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut random = Random::new(seed);
    let line = Line::random(&mut random);
    // A working directory for core files.
    let folder = Folder::new();
    let run = Run::new(&line.words).env(MARK, &mark).env("PROBE", probe()).directory(folder.path());
    let mut running = run.start();
    // Before monofy blocks signals, one has its default action, as in every program.
    until("blocked signals", || (!running.is_running() || has_blocked(running.pid())).then_some(()));
    let sent = disturb(&mut running, &mut random);
    let end = Instant::now() + DEADLINE;
    let is_over = pass(&mut running, end);
    let status = is_over.then(|| {
        let status = running.wait();
        status.code().unwrap_or_else(|| 1000 + status.signal().unwrap_or(0))
    });
    let left = leftovers::take(&mark);
    let (stdout, stderr) = (running.stdout.all(), running.stderr.all());
    let judged = match status {
        None => Err("it does not end".to_owned()),
        Some(_) if !left.is_empty() => Err(format!("it left {left:?} behind")),
        Some(status) if status == 125 || status >= 1000 || stderr.contains("panicked") => {
            Err(format!("monofy itself failed, with {status}"))
        }
        Some(status) => line.judge(status, &stderr, &sent).and_then(|()| line.judge_lines(&stdout, &stderr)),
    };
    let notices = || stderr.lines().filter(|line| !line.contains(" stderr ")).collect::<Vec<_>>().join("\n");
    judged
        .map_err(|wrong| format!("{wrong}; signals {sent:?}, line {:?}\n{}", line.words.join(" "), notices()))
}

/// Sends signals at random moments; the last one begins a stop. Returns the signals that were sent.
fn disturb(running: &mut Running, random: &mut Random) -> Vec<i32> {
    let mut sent = Vec::new();
    let count = random.one_of(&[0, 0, 1, 1, 2, 5]);
    let mut signals: Vec<i32> = (0..count).map(|_| random.one_of(&SIGNALS)).collect();
    signals.push(random.one_of(&STOPPING));
    for signal in signals {
        let moment = match random.below(3) {
            0 => random.below(3000),
            1 => random.below(30_000),
            _ => random.below(300_000),
        };
        if pass(running, Instant::now() + Duration::from_micros(moment)) {
            break;
        }
        sent.push(signal);
        let signal = Signal::try_from(signal).expect("it is one of the standard signals");
        kill(Pid::from_raw(running.pid()), signal).expect("it was not waited for yet");
    }
    sent
}

/// Waits until a moment, or until the run ends. Returns whether it ended.
fn pass(running: &mut Running, moment: Instant) -> bool {
    while running.is_running() {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::park_timeout(left.min(Duration::from_millis(2)));
    }
    true
}

/// Whether a process has blocked signals.
fn has_blocked(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    mask.is_some_and(|mask| mask.trim().bytes().any(|digit| digit != b'0'))
}
