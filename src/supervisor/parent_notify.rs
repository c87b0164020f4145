//! Notifies the service manager that started monofy: systemd, s6, another monofy.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::plan::OPTION_VARIABLES;
use crate::supervisor::machine::action::Announcement;
use crate::sys::environment;
use crate::sys::nonblocking_writer::{NonblockingWriter, WriteOutcome};
use crate::sys::process::Pid;
use crate::sys::{notify, passed_fd};

/// The variable with the address for notifications. It is addressed to monofy, so the processes do not get it.
pub(super) const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
/// The variables of systemd's watchdog (`sd_watchdog_enabled(3)`): its time limit, and the process that it watches.
const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// The variables of monofy's environment that are addressed to monofy, not to its processes.
pub(super) fn variables_for_monofy() -> Vec<&'static str> {
    let mut variables: Vec<&str> = environment::variables()
        .filter_map(|(name, _)| OPTION_VARIABLES.into_iter().chain([NOTIFY_SOCKET]).find(|own| name == *own))
        .collect();
    if environment::variable(WATCHDOG_USEC).is_some() && watches_monofy() {
        variables.extend([WATCHDOG_USEC, WATCHDOG_PID]);
    }
    variables
}

/// Whether the watchdog watches this process.
fn watches_monofy() -> bool {
    let watched = environment::variable(WATCHDOG_PID).and_then(OsStr::to_str);
    watched.is_none_or(|pid| pid == Pid::own().to_string())
}

/// The service manager's channels.
pub(super) struct ParentNotifier {
    socket: Option<&'static OsStr>,
    /// Gets a newline once and is closed then, as s6 expects it.
    descriptor: Option<OwnedFd>,
    watchdog: Option<Watchdog>,
    /// The status that was sent last.
    status: String,
}

/// The watchdog of systemd: it restarts a service that has been silent for too long.
struct Watchdog {
    /// Half of its time limit, as `sd_watchdog_enabled(3)` recommends.
    interval: Duration,
    next: Instant,
}

impl ParentNotifier {
    /// For this descriptor, which monofy was started with, and the socket of `NOTIFY_SOCKET`.
    pub(super) fn new(ready_fd: Option<i32>) -> io::Result<Self> {
        let socket = environment::variable(NOTIFY_SOCKET).filter(|socket| !socket.is_empty());
        let watchdog = socket.as_ref().and_then(|_| Watchdog::from_environment());
        Ok(Self {
            socket,
            descriptor: ready_fd.map(passed_fd::adopt).transpose()?,
            watchdog,
            status: String::new(),
        })
    }

    /// Sends an announcement, without waiting for a receiver.
    pub(super) fn announce(&mut self, what: Announcement) -> io::Result<()> {
        let message: &[u8] = match what {
            Announcement::Ready => b"READY=1",
            Announcement::Stopping => b"STOPPING=1",
        };
        let sent = self.send(message);
        if what == Announcement::Ready
            && let Some(descriptor) = self.descriptor.take()
        {
            write_newline(&descriptor)?;
        }
        sent
    }

    /// Whether there is a receiver of messages.
    pub(super) fn has_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// Sends what the run waits for, if that has changed; empty is nothing. It is lost without a receiver.
    pub(super) fn notify_status(&mut self, status: &str) {
        if self.status != status {
            status.clone_into(&mut self.status);
            let shown = if status.is_empty() { "every process is ready" } else { status };
            // A line of a message is a variable of its own, such as READY=1.
            let shown = shown.replace(char::is_control, " ");
            let _ = self.send(format!("STATUS={shown}").as_bytes());
        }
    }

    fn send(&self, message: &[u8]) -> io::Result<()> {
        self.socket.map_or(Ok(()), |socket| notify::send(socket, message))
    }

    /// When the watchdog has to be answered next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.watchdog.as_ref().map(|watchdog| watchdog.next)
    }

    /// Answers the watchdog if that is due. Its messages are lost only with its socket, and then it is gone.
    pub(super) fn answer_watchdog(&mut self, now: impl FnOnce() -> Instant) {
        let Some(watchdog) = &mut self.watchdog else { return };
        let now = now();
        if now >= watchdog.next {
            watchdog.next = now + watchdog.interval;
            let _ = self.send(b"WATCHDOG=1");
        }
    }
}

impl Watchdog {
    fn from_environment() -> Option<Self> {
        let limit = environment::variable(WATCHDOG_USEC).filter(|_| watches_monofy())?.to_str()?;
        let limit: u64 = limit.parse().ok().filter(|limit| *limit > 0 && *limit != u64::MAX)?;
        let interval = Duration::from_micros(limit / 2).max(Duration::from_millis(1));
        Some(Self { interval, next: Instant::now().checked_add(interval)? })
    }
}

/// Writes the newline without waiting: its reader may be gone, or may have stopped.
fn write_newline(descriptor: &OwnedFd) -> io::Result<()> {
    let writer = NonblockingWriter::new(descriptor.as_fd());
    match writer.map(|mut writer| writer.write(b"\n")) {
        Some(WriteOutcome::Written(1..)) => Ok(()),
        Some(WriteOutcome::Written(0)) => Err(io::ErrorKind::WouldBlock.into()),
        Some(WriteOutcome::NoReader) => Err(io::ErrorKind::BrokenPipe.into()),
        Some(WriteOutcome::Failed(error)) => Err(error),
        None => Err(io::Error::from_raw_os_error(nix::libc::EBADF)),
    }
}
