//! Support for the black-box tests: starts monofy, sends it signals and compares its status and output.
#![allow(dead_code, unreachable_pub, reason = "every test binary uses its own part of this")]

mod dispositions;
pub mod scenario;

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// How long a test waits for anything before it fails. Nothing normally takes nearly as long.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The program under test: monofy, or the file that `MONOFY_UNDER_TEST` names.
pub fn monofy() -> PathBuf {
    std::env::var_os("MONOFY_UNDER_TEST")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_monofy")), PathBuf::from)
}

/// The probe: `tests/probe/main.rs`, which cargo builds as an example beside the tests.
pub fn probe() -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows its own path");
    let profile = tests.ancestors().nth(2).expect("tests are built below the profile's folder");
    profile.join("examples/probe")
}

/// Whether a tool that a test needs is installed. If it is missing, prints that the test is skipped; with
/// `MONOFY_TESTS_REQUIRE_TOOLS` set, as in CI, a missing tool is a failure.
pub fn has_tool(what: &str, is_there: bool) -> bool {
    if !is_there {
        assert!(
            std::env::var_os("MONOFY_TESTS_REQUIRE_TOOLS").is_none(),
            "{what} is missing, and every tool is required"
        );
        // Not by `eprintln`: the test harness captures it and drops it when the test passes.
        let _ = std::io::stderr().write_all(format!("SKIPPED: {what} is missing\n").as_bytes());
    }
    is_there
}

/// Whether a command is in PATH.
pub fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// A run of monofy before its start.
pub struct Run {
    command: Command,
}

impl Run {
    /// monofy with these arguments, an environment of nothing but PATH, and no stdin.
    pub fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::of(monofy(), arguments)
    }

    /// Another program, with the same environment and stdin.
    pub fn of<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = A>) -> Self {
        dispositions::reset_inherited();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        Self { command }
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Its working directory.
    pub fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What it reads from stdin.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    /// Changes its command in any other way.
    pub fn with(mut self, change: impl FnOnce(&mut Command)) -> Self {
        change(&mut self.command);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        let mut child = self.command.spawn().expect("the program under test starts");
        let stdout = child.stdout.take().map(Lines::read);
        let stderr = child.stderr.take().map(Lines::read);
        Running {
            child,
            stdout: stdout.unwrap_or_default(),
            stderr: stderr.unwrap_or_default(),
            status: None,
        }
    }

    /// Starts it and waits for its end.
    pub fn finish(self) -> Finished {
        self.start().finish()
    }
}

/// A run that has started. On drop it is killed with all its descendants.
pub struct Running {
    child: Child,
    /// What it and its processes write to stdout.
    pub stdout: Lines,
    /// What it and its processes write to stderr.
    pub stderr: Lines,
    status: Option<ExitStatus>,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid fits")
    }

    /// Sends it a signal, by number: nix has no real-time signals.
    pub fn signal(&self, number: i32) {
        send(self.pid(), number);
    }

    /// Waits for its end and returns its status and output.
    pub fn finish(mut self) -> Finished {
        let status = self.wait();
        Finished { status: code(status), stdout: self.stdout.all(), stderr: self.stderr.all() }
    }

    /// Waits for the end of monofy itself, even while other processes hold its output.
    pub fn wait(&mut self) -> ExitStatus {
        let status = until("the end of the program under test", || {
            self.child.try_wait().expect("it can be waited for")
        });
        self.status = Some(status);
        status
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.status.is_none() {
            // With its descendants: a failed test may have left processes that ignore the death signal.
            let mut family = vec![self.pid()];
            let mut next = 0;
            while next < family.len() {
                family.extend(children(family[next]));
                next += 1;
            }
            for pid in family {
                let _ = kill(Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            }
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal by number.
pub fn send(pid: i32, number: i32) {
    // nix sends signal 0 and the standard signals; kill(1) takes the numbers of real-time signals.
    if let Ok(signal) = nix::sys::signal::Signal::try_from(number) {
        kill(Pid::from_raw(pid), signal).expect("a signal can be sent");
    } else {
        let status = Command::new("/bin/kill").arg(format!("-{number}")).arg(pid.to_string()).status();
        assert!(status.expect("there is a kill").success(), "signal {number} can be sent");
    }
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Finished {
    /// The exit status, or 128 + the signal that killed it.
    pub status: i32,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

impl Finished {
    /// Compares the status; a failure shows everything.
    pub fn assert_status(&self, expected: i32) -> &Self {
        assert_eq!(self.status, expected, "{self:#?}");
        self
    }

    /// Compares stdout; a failure shows everything.
    pub fn assert_stdout(&self, expected: &str) -> &Self {
        assert_eq!(self.stdout, expected, "{self:#?}");
        self
    }

    /// Asserts that stdout has this line.
    pub fn assert_printed(&self, line: &str) -> &Self {
        assert!(self.stdout.lines().any(|told| told == line), "no line {line:?} in {self:#?}");
        self
    }

    /// Asserts that a line of stderr contains this.
    pub fn assert_reported(&self, part: &str) -> &Self {
        assert!(
            self.stderr.lines().any(|line| line.contains(part)),
            "no line contains {part:?} in {self:#?}"
        );
        self
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The lines that a process writes, read in a thread as they arrive.
#[derive(Clone, Default)]
pub struct Lines {
    shared: Arc<(Mutex<Collected>, Condvar)>,
}

#[derive(Default)]
struct Collected {
    text: String,
    is_done: bool,
}

impl Lines {
    /// Reads a stream in a thread of its own.
    pub fn read(stream: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let shared = Arc::clone(&lines.shared);
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = stream.read_until(b'\n', &mut line).unwrap_or(0);
                let mut collected = shared.0.lock().unwrap();
                collected.text.push_str(&String::from_utf8_lossy(&line));
                collected.is_done = read == 0;
                shared.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        lines
    }

    /// Waits for a line that contains this and returns the first one.
    pub fn wait_for(&self, part: &str) -> String {
        let end = Instant::now() + DEADLINE;
        let mut collected = self.shared.0.lock().unwrap();
        loop {
            if let Some(line) = collected.text.lines().find(|line| line.contains(part)) {
                return line.to_owned();
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !collected.is_done && !left.is_zero(),
                "no line with {part:?} came, only:\n{}",
                collected.text
            );
            collected = self.shared.1.wait_timeout(collected, left).unwrap().0;
        }
    }

    /// Drops the text read so far.
    pub fn forget(&self) {
        self.shared.0.lock().unwrap().text.clear();
    }

    /// The text read so far.
    pub fn so_far(&self) -> String {
        self.shared.0.lock().unwrap().text.clone()
    }

    /// Waits for the end of the stream and returns all of it.
    pub fn all(&self) -> String {
        let end = Instant::now() + DEADLINE;
        let mut collected = self.shared.0.lock().unwrap();
        while !collected.is_done && Arc::strong_count(&self.shared) > 1 {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the stream does not end; so far:\n{}", collected.text);
            collected = self.shared.1.wait_timeout(collected, left).unwrap().0;
        }
        collected.text.clone()
    }
}

/// Polls until `look` returns something. This is no sleep: it ends with a state, and fails at the deadline.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "timed out waiting for {what}");
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// The state letter of a process in /proc, or `None` when it is gone.
pub fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Whether a process is gone or a zombie, which its parent has to reap.
pub fn is_gone(pid: i32) -> bool {
    matches!(state(pid), None | Some('Z' | 'X'))
}

/// `count` lines, each `start` and its number.
pub fn numbered(start: &str, count: usize) -> String {
    let lines: Vec<String> = (1..=count).map(|number| format!("{start}{number}\n")).collect();
    lines.concat()
}

/// The peak memory of a process in KiB, read from its `status` in /proc. The pages of its file do not count: a debug
/// build is ten times as large as the program.
pub fn memory(status: &str) -> u32 {
    let value = |what: &str| {
        let line = status.lines().find(|line| line.starts_with(what)).expect("the kernel reports it");
        line.split_ascii_whitespace().nth(1).and_then(|number| number.parse::<u32>().ok()).expect("a number")
    };
    value("VmHWM") - value("RssFile")
}

/// The parent of a process, or `None` when it is gone.
pub fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// The children of a process, zombies included.
pub fn children(pid: i32) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").expect("/proc is mounted");
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|child| parent(*child) == Some(pid)).collect()
}

/// A temporary directory of one test, removed on drop.
pub struct Folder(PathBuf);

impl Folder {
    /// Creates an empty directory.
    pub fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("monofy-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory can be created");
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and returns its path.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&self.0)).expect("a folder can be made");
        std::fs::write(&path, contents).expect("a file can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Arguments from strings.
pub fn arguments(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
