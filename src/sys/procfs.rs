//! The descendants of this process, as /proc shows them, and signals to them.
#![allow(unsafe_code, reason = "pidfd_open(2) and pidfd_send_signal(2) have no safe wrapper")]

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::signal::SignalNumber;
use crate::sys::process::{self, Pid};
use crate::sys::variadic::long;

/// A living descendant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descendant {
    /// Its id.
    pub pid: Pid,
    /// Its name in the kernel, at most 15 bytes (proc(5), `comm`).
    pub name: String,
    parent: i32,
    /// Its process group.
    group: i32,
    /// When it started, in clock ticks since boot. A later process with the same pid has another value.
    started: u64,
}

impl Descendant {
    /// Whether it is the same process.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.pid, self.started) == (other.pid, other.started)
    }

    /// Whether it is in this process group.
    #[must_use]
    pub fn is_in_group(&self, group: Pid) -> bool {
        self.group == group.get()
    }

    /// Whether it was started at this time or later, in clock ticks since boot.
    #[must_use]
    pub fn was_started_since(&self, ticks: u64) -> bool {
        self.started >= ticks
    }

    /// Whether it is the same process, and executes the same program as far as its name tells.
    #[must_use]
    pub fn is_same_program(&self, other: &Self) -> bool {
        (self.pid, self.started, &self.name) == (other.pid, other.started, &other.name)
    }
}

/// All living descendants except `spared` and their descendants. `None` if /proc is not mounted, or shows another pid
/// namespace, in which the numbers mean other processes.
#[must_use]
pub fn living(spared: &[Pid]) -> Option<Vec<Descendant>> {
    living_below(Pid::own(), spared)
}

/// All living descendants in this process group.
#[must_use]
pub fn living_in_group(leader: Pid) -> Option<Vec<Descendant>> {
    let mut found = living(&[])?;
    found.retain(|descendant| descendant.group == leader.get());
    Some(found)
}

/// All living descendants of another process, with the same exceptions.
#[must_use]
pub fn living_below(root: Pid, spared: &[Pid]) -> Option<Vec<Descendant>> {
    own_proc()?;
    Some(below(root, spared, with_descriptors(snapshot).ok()?))
}

/// Reads all processes.
///
/// # Errors
/// If /proc cannot be read, or there is no descriptor left: a part of the processes would be missing.
fn snapshot() -> io::Result<Vec<(Descendant, bool)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(|c: char| c.is_ascii_digit())) else {
            continue;
        };
        match try_read(name) {
            Ok(process) => all.extend(process),
            Err(error) if is_out_of_descriptors(&error) => return Err(error),
            // It has ended.
            Err(_) => {}
        }
    }
    Ok(all)
}

/// Calls again with a higher limit of open files if there is no descriptor left. Two are needed.
fn with_descriptors<T>(call: impl Fn() -> io::Result<T>) -> io::Result<T> {
    const SPARE: libc::rlim_t = 8;
    let result = call();
    if !result.as_ref().is_err_and(is_out_of_descriptors) {
        return result;
    }
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let raised = soft.saturating_add(SPARE);
    // Above the hard limit only with privileges.
    setrlimit(Resource::RLIMIT_NOFILE, raised, hard.max(raised))?;
    let result = call();
    // Only the processes that are started meanwhile would inherit it, and none is.
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    result
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether a process is a descendant of another one. `None` if it is gone, or /proc cannot tell.
#[must_use]
pub fn is_below(pid: Pid, ancestor: Pid) -> Option<bool> {
    let own = own_proc()?;
    let mut next = read(&pid.to_string())?.0.parent;
    // A chain that changes while it is followed could have a loop, but not for so long.
    for _ in 0..10_000 {
        if next == ancestor.get() {
            return Some(true);
        }
        if next <= 1 || next == own.get() {
            break;
        }
        next = read(&next.to_string())?.0.parent;
    }
    Some(false)
}

/// Our pid, if /proc is mounted and shows our pid namespace.
fn own_proc() -> Option<Pid> {
    let own = Pid::own();
    let seen = fs::read_link("/proc/self").ok()?;
    (seen.to_str() == Some(own.to_string().as_str())).then_some(own)
}

/// The descendants of `root` in a snapshot, except `spared` and their descendants. Without a hash map, which would ask
/// the kernel for random numbers and abort if there are none.
fn below(root: Pid, spared: &[Pid], mut all: Vec<(Descendant, bool)>) -> Vec<Descendant> {
    all.sort_by_key(|(one, _)| one.parent);
    let mut is_below = vec![false; all.len()];
    let mut parents = vec![root.get()];
    while let Some(parent) = parents.pop() {
        let first = all.partition_point(|(one, _)| one.parent < parent);
        let children = all[first..].iter().take_while(|(one, _)| one.parent == parent);
        for ((one, _), is_below) in children.zip(&mut is_below[first..]) {
            // A snapshot is not taken in one instant, so it may have a loop; no process is visited twice.
            if !*is_below && !spared.contains(&one.pid) {
                *is_below = true;
                parents.push(one.pid.get());
            }
        }
    }
    let found = all.into_iter().zip(is_below).filter(|((_, is_alive), is_below)| *is_alive && *is_below);
    found.map(|((one, _), _)| one).collect()
}

/// Reads one entry of /proc. The flag is whether the process is alive: a zombie is not, unless other threads go on after
/// its main thread has exited.
fn read(directory: &str) -> Option<(Descendant, bool)> {
    try_read(directory).ok()?
}

fn try_read(directory: &str) -> io::Result<Option<(Descendant, bool)>> {
    let Some(pid) = directory.parse().ok().filter(|pid| *pid > 0) else { return Ok(None) };
    Ok(parse(Pid::new(pid), &fs::read(format!("/proc/{directory}/stat"))?))
}

/// `pid (comm) state ppid …` (proc(5)); comm may hold spaces, parentheses and any bytes, so its end is the
/// last parenthesis. Field 22, the twentieth after comm, is the time of the start.
fn parse(pid: Pid, stat: &[u8]) -> Option<(Descendant, bool)> {
    let open = stat.iter().position(|b| *b == b'(')?;
    let close = stat.iter().rposition(|b| *b == b')')?;
    let name = String::from_utf8_lossy(stat.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(stat.get(close + 2..)?).ok()?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let threads: u32 = fields.nth(14)?.parse().ok()?;
    let started = fields.nth(1)?.parse().ok()?;
    let is_alive = match state {
        // The main thread counts until all others have exited.
        "Z" => threads > 1,
        "X" => false,
        _ => true,
    };
    Some((Descendant { pid, name, parent, group, started }, is_alive))
}

/// Sends SIGKILL to our children except `spared`. Their list is short and quick to read, so this catches a process that
/// forks and exits faster than all of /proc can be read: its child is ours by then.
pub fn kill_children(spared: &[Pid]) {
    let Some(own) = own_proc() else { return };
    // Each thread has a list; there is one thread. Without CONFIG_PROC_CHILDREN there is none.
    let list = fs::read_to_string(format!("/proc/self/task/{own}/children")).unwrap_or_default();
    let children = list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).filter(|pid| *pid > 0);
    for child in children.map(Pid::new).filter(|child| !spared.contains(child)) {
        // Only we reap a child, so the number still means the same process.
        let _ = process::send(child, SignalNumber::KILL);
    }
}

/// Sends a signal to a descendant. Only a child is certain to keep its pid until we reap it; for the others a descriptor
/// is opened first and the start time compared, so that no other process is hit.
///
/// # Errors
/// ESRCH if it is gone, EPERM if it belongs to another user.
pub fn send(descendant: &Descendant, signal: SignalNumber) -> io::Result<()> {
    if descendant.parent == Pid::own().get() {
        return process::send(descendant.pid, signal);
    }
    let handle = open(descendant.pid);
    let is_same = read(&descendant.pid.to_string()).is_some_and(|(now, _)| now.started == descendant.started);
    if !is_same {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    // Neither call exists before Linux 5.3, and a sandbox may refuse either. A real EPERM comes from kill(2) as well.
    handle.and_then(|handle| send_by_handle(&handle, signal)).or_else(|error| {
        if error.raw_os_error() == Some(libc::ESRCH) {
            Err(error)
        } else {
            process::send(descendant.pid, signal)
        }
    })
}

fn open(pid: Pid) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open(2) takes two numbers and touches no memory.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, long(pid.get()), long(0)) };
    let number = libc::c_int::try_from(number).unwrap_or(-1);
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor (close-on-exec, as always), and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

fn send_by_handle(handle: &OwnedFd, signal: SignalNumber) -> io::Result<()> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null pointer asks for the information that kill(2) would send.
    let result = unsafe {
        let (handle, signal) = (long(handle.as_raw_fd()), long(signal.get()));
        libc::syscall(libc::SYS_pidfd_send_signal, handle, signal, no_info, long(0))
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: i32, parent: i32) -> (Descendant, bool) {
        (Descendant { pid: Pid::new(pid), name: "x".into(), parent, group: 7, started: 0 }, true)
    }

    fn pids(mut found: Vec<Descendant>) -> Vec<i32> {
        found.sort_by_key(|descendant| descendant.pid);
        found.into_iter().map(|descendant| descendant.pid.get()).collect()
    }

    #[test]
    fn a_name_may_contain_anything() {
        let stat = b"42 (a) b (c) S 7 41 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 991 1 2 3";
        let (found, is_alive) = parse(Pid::new(42), stat).unwrap();
        assert_eq!((found.name.as_str(), found.parent, found.started, is_alive), ("a) b (c", 7, 991, true));
        assert_eq!(found.group, 41);
    }

    #[test]
    fn a_process_whose_main_thread_has_exited_lives_as_long_as_its_other_threads() {
        let is_alive = |threads: &str| {
            let stat = format!("42 (a) Z 7 41 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 {threads} 0 991 1 2 3");
            parse(Pid::new(42), stat.as_bytes()).unwrap().1
        };
        assert!(is_alive("2"));
        assert!(!is_alive("1"));
    }

    #[test]
    fn a_zombie_is_not_alive_but_its_children_are_found() {
        let mut zombie = entry(2, 1);
        zombie.1 = false;
        assert_eq!(pids(below(Pid::new(1), &[], vec![zombie, entry(3, 2), entry(9, 8)])), [3]);
    }

    #[test]
    fn a_spared_process_is_left_out_with_its_descendants() {
        let all = vec![entry(2, 1), entry(3, 2), entry(4, 1), entry(5, 4), entry(6, 5)];
        assert_eq!(pids(below(Pid::new(1), &[Pid::new(4)], all)), [2, 3]);
    }

    #[test]
    fn a_snapshot_with_a_loop_ends() {
        assert_eq!(pids(below(Pid::new(1), &[], vec![entry(2, 1), entry(3, 4), entry(4, 3)])), [2]);
    }
}
