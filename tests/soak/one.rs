//! One random run.

use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::leftovers::{self, MARK};
use crate::model::{Line, STOPPING, Sent};
use crate::random::Random;
use crate::support::{DEADLINE, Folder, Run, Running, probe, until};

/// HUP, USR1, WINCH and CONT are passed on; the others begin a stop.
const SIGNALS: [i32; 8] = [1, 10, 28, 18, 2, 2, 3, 15];

/// What happens to a run from outside.
#[derive(Clone, Copy)]
enum Event {
    /// monofy gets a signal.
    Signal(i32),
    /// monofy gets INT twice, as from `timeout -s INT` and a second `docker stop`.
    IntPair,
    /// monofy and all its descendants get TERM, as from systemd.
    TermToAll,
}

impl Event {
    fn random(random: &mut Random) -> Self {
        match random.below(10) {
            0 => Self::IntPair,
            1 | 2 => Self::TermToAll,
            _ => Self::Signal(random.one_of(&SIGNALS)),
        }
    }

    fn random_stop(random: &mut Random) -> Self {
        match random.below(10) {
            0 | 1 => Self::IntPair,
            2..=4 => Self::TermToAll,
            _ => Self::Signal(random.one_of(&STOPPING)),
        }
    }
}

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
    let sent = disturb(&mut running, &mark, &mut random);
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
        // Only a terminal can interrupt a run again.
        Some(_) if stderr.contains("interrupted again") => Err("a second INT killed the run".to_owned()),
        Some(status) => line.judge(status, &stderr, &sent).and_then(|()| line.judge_lines(&stdout, &stderr)),
    };
    let notices = || stderr.lines().filter(|line| !line.contains(" stderr ")).collect::<Vec<_>>().join("\n");
    judged.map_err(|wrong| format!("{wrong}; {sent:?}, line {:?}\n{}", line.words.join(" "), notices()))
}

/// Lets events happen at random moments; the last one begins a stop. Returns what was sent.
fn disturb(running: &mut Running, mark: &str, random: &mut Random) -> Sent {
    let mut sent = Sent::default();
    let count = random.one_of(&[0, 0, 1, 1, 2, 5]);
    let mut events: Vec<Event> = (0..count).map(|_| Event::random(random)).collect();
    events.push(Event::random_stop(random));
    for event in events {
        let moment = match random.below(3) {
            0 => random.below(3000),
            1 => random.below(30_000),
            _ => random.below(300_000),
        };
        if pass(running, Instant::now() + Duration::from_micros(moment)) {
            break;
        }
        match event {
            Event::Signal(number) => {
                send(running.pid(), number);
                sent.signals.push(number);
            }
            Event::IntPair => {
                send(running.pid(), 2);
                let between = Duration::from_micros(random.below(2000));
                sent.signals.push(2);
                if !pass(running, Instant::now() + between) {
                    send(running.pid(), 2);
                    sent.signals.push(2);
                }
            }
            Event::TermToAll => term_to_all(running, mark, random, &mut sent),
        }
    }
    sent
}

/// Sends TERM to monofy and to all its descendants, in a random order.
fn term_to_all(running: &Running, mark: &str, random: &mut Random, sent: &mut Sent) {
    let mut pids: Vec<i32> = leftovers::marked(mark).into_iter().map(|(pid, _)| pid).collect();
    pids.push(running.pid());
    for index in (1..pids.len()).rev() {
        pids.swap(index, usize::try_from(random.below(index as u64 + 1)).expect("it is an index"));
    }
    let began = Instant::now();
    for pid in pids {
        send(pid, 15);
    }
    let is_first = !sent.signals.iter().any(|signal| STOPPING.contains(signal));
    // monofy waits 50 ms for its own TERM. A busy machine may have taken longer to send it.
    sent.has_term_to_all = true;
    sent.begins_with_term_to_all |= is_first && began.elapsed() < Duration::from_millis(30);
    sent.signals.push(15);
}

/// Sends a signal to a process that may be gone.
fn send(pid: i32, number: i32) {
    let signal = Signal::try_from(number).expect("it is a standard signal");
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(error) => panic!("a signal cannot be sent: {error}"),
    }
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
