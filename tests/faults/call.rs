//! System calls as strace prints them, and the errors each can have.

use std::collections::HashMap;

/// One system call of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Its position among the calls of this name, from 1.
    pub(crate) occurrence: usize,
    arguments: String,
}

/// The calls of a trace, from the first start of a process on. A failure before it is an error with status 125.
pub(crate) fn from_the_first_start(trace: &str) -> Vec<Call> {
    let mut counts = HashMap::<String, usize>::new();
    let calls = trace.lines().filter_map(Call::parse).map(|call| {
        let count = counts.entry(call.name.clone()).or_default();
        *count += 1;
        Call { occurrence: *count, ..call }
    });
    calls.skip_while(|call| !call.is_start()).collect()
}

impl Call {
    /// Parses a line of a trace as the first call of its name. Returns `None` for other lines, such as signals.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, arguments) = line.split_once('(')?;
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b));
        is_name.then(|| Self { name: name.to_owned(), occurrence: 1, arguments: arguments.to_owned() })
    }

    fn is_start(&self) -> bool {
        ["clone", "clone3", "fork", "vfork"].contains(&self.name.as_str())
    }

    /// The errors that it can really have and that are worth a run, as strace names them.
    pub(crate) fn errors(&self) -> &'static [&'static str] {
        match self.name.as_str() {
            _ if self.is_start() => &["EAGAIN", "ENOMEM"],
            // A close that fails has closed the descriptor, which strace cannot imitate; the others cannot fail.
            "close" | "exit_group" | "getpid" | "getppid" | "gettid" | "getuid" | "geteuid" | "getgid"
            | "getegid" | "restart_syscall" | "rt_sigaction" | "rt_sigpending" | "rt_sigprocmask"
            | "sched_yield" => &[],
            "wait4" => &["EINTR"],
            // The kernel returns the unchanged break, not an error.
            "brk" => &["retval=0"],
            "mmap" | "mremap" | "munmap" | "madvise" => &["ENOMEM"],
            "kill" | "pidfd_send_signal" => &["EAGAIN", "EPERM", "ESRCH"],
            // A child of std reports a failed exec here; std panics at any other error.
            "recvfrom" if self.arguments.contains(", 8, 0, NULL") => &["EINTR"],
            "socketpair" => &["EMFILE", "ENOMEM"],
            "read" if self.is_on("pipe:") && self.arguments.contains(", 8)") => &["EINTR"],
            "read" if self.is_on("pipe:") || self.is_on("anon_inode:") => &["EINTR", "EAGAIN"],
            "read" => &["EINTR", "ENOMEM", "ESRCH"],
            "pidfd_open" => &["EMFILE", "ENOMEM", "EPERM", "ESRCH"],
            "openat" | "open" => &["EINTR", "EMFILE", "ENOMEM", "EPERM", "ESRCH"],
            "memfd_create" | "pipe2" | "socket" => &["EMFILE", "ENOMEM", "EPERM"],
            "poll" | "ppoll" => &["EINTR", "EAGAIN", "ENOMEM"],
            // ENOENT and the like are no faults: they mean that there is no such file.
            "access" | "statx" => &["EINTR", "ENOMEM"],
            _ => &["EINTR", "EAGAIN", "ENOMEM", "EPERM"],
        }
    }

    /// Whether its first argument is a descriptor of this kind, as `-y` shows it.
    fn is_on(&self, kind: &str) -> bool {
        self.arguments.split_once('<').is_some_and(|(number, rest)| {
            number.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with(kind)
        })
    }
}
