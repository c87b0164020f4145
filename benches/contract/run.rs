//! Runs programs and reads their cost from /proc.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// The cost of a run.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From just before the start until the end was noticed.
    pub wall: Duration,
    /// The CPU time of the program itself, without its children.
    pub cpu: Duration,
}

/// A command with an environment of PATH only, and no stdin.
pub fn command(line: &[OsString]) -> Command {
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs a line to its end.
pub fn run(line: &[OsString]) -> Cost {
    let mut command = command(line);
    let began = Instant::now();
    finish(command.spawn().unwrap_or_else(|error| panic!("{}: {error}", line[0].display())), began)
}

/// Waits for the end of a child.
pub fn finish(mut child: Child, began: Instant) -> Cost {
    let pid = Pid::from_raw(child.id().cast_signed());
    // As a zombie it still has its complete accounts.
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("a child is waited for");
    let cost = Cost { wall: began.elapsed(), cpu: cpu(child.id()) };
    let _ = child.wait();
    cost
}

/// Runs a line and returns the number that it prints.
pub fn number_printed(line: &[OsString]) -> f64 {
    let [number] = numbers_printed(line);
    number
}

/// Runs a line and returns the numbers that end the last line which it prints of such.
pub fn numbers_printed<const COUNT: usize>(line: &[OsString]) -> [f64; COUNT] {
    let mut command = command(line);
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", line[0].display()));
    let text = String::from_utf8_lossy(&output.stdout);
    // The peers print lines of their own around it.
    let numbers = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let last = words.last_chunk::<COUNT>()?;
        let numbers: Option<Vec<f64>> = last.iter().map(|word| word.parse().ok()).collect();
        numbers?.try_into().ok()
    };
    text.lines().rev().find_map(numbers).unwrap_or_else(|| {
        panic!("{} printed no number: {text}{}", line[0].display(), String::from_utf8_lossy(&output.stderr))
    })
}

/// The CPU time of a process so far (`/proc/PID/schedstat`: "time spent on the cpu", in nanoseconds).
pub fn cpu(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the kernel reports the CPU time of a process"))
}

/// The memory in KiB that a process has written to and shares with no other.
pub fn private_memory(pid: u32) -> f64 {
    number_of(&format!("/proc/{pid}/smaps_rollup"), "Private_Dirty:")
}

/// The most memory in KiB that a process has had.
pub fn peak_memory(pid: u32) -> f64 {
    number_of(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// How often a process went to sleep by itself, and so was woken.
pub fn wake_ups(pid: u32) -> f64 {
    number_of(&format!("/proc/{pid}/status"), "voluntary_ctxt_switches:")
}

fn number_of(file: &str, key: &str) -> f64 {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok());
    value.unwrap_or_else(|| panic!("{file} has no {key}"))
}

/// A running program that gets TERM on drop.
pub struct Running(Child);

impl Running {
    /// Starts a line, and returns when it has this many descendants named `sleep`.
    pub fn start(line: &[OsString], sleeps: usize) -> Self {
        let child = command(line).spawn();
        let running = Self(child.unwrap_or_else(|error| panic!("{}: {error}", line[0].display())));
        let deadline = Instant::now() + Duration::from_secs(30);
        while sleeps_below(&running.id().to_string()) < sleeps {
            assert!(Instant::now() < deadline, "{} did not start {sleeps} processes", line[0].display());
            std::thread::sleep(Duration::from_millis(5));
        }
        running
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// The descendants named `sleep`: some peers start each process through another one.
fn sleeps_below(pid: &str) -> usize {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let is_asleep =
        |child: &str| fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|name| name == "sleep\n");
    list.split_whitespace().map(|child| usize::from(is_asleep(child)) + sleeps_below(child)).sum()
}

/// Binds this process and its children to one CPU until it is dropped.
pub struct OneCpu {
    before: String,
}

impl OneCpu {
    pub fn new() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let before = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let before = before.expect("the kernel lists the CPUs").trim().to_owned();
        let last = before.rsplit([',', '-']).next().unwrap_or("0").to_owned();
        bind(&last);
        Self { before }
    }
}

impl Drop for OneCpu {
    fn drop(&mut self) {
        bind(&self.before);
    }
}

fn bind(cpus: &str) {
    let own = std::process::id().to_string();
    let status = Command::new("taskset").args(["-pc", cpus, &own]).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "taskset cannot bind this process to CPU {cpus}");
}

/// A command line.
pub fn words<A: AsRef<OsStr>>(words: impl IntoIterator<Item = A>) -> Vec<OsString> {
    words.into_iter().map(|word| word.as_ref().to_owned()).collect()
}
