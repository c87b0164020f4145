//! The program that tests start through monofy: it reports what it inherits and which signals it gets.
//!
//! ```text
//! probe state FILE                    writes its inherited state into FILE
//! probe wait NAME [SIGNAL=WHAT]...    prints every signal that it gets; WHAT is an exit status, `ignore`, `die`, or a
//!                                     report to send (see `report`)
//! probe headless NAME                 as idle, in a thread that goes on after the main thread has exited
//! probe idle NAME                     waits for signals and leaves each to its default action
//! probe comet NAME                    forks and exits again and again, so that its process id changes
//! probe lines NAME COUNT              writes COUNT numbered lines to each of stdout and stderr, and exits
//! probe nameserver ADDRESS HOST...     answers questions about these hosts (see `name_server`)
//! probe report HOW                     sends a report and exits
//! probe with [CHANGE]... -- PROGRAM [ARG...]    changes what is inherited, then executes PROGRAM
//! ```
//!
//! Like monofy it defines the C entry point: the Rust runtime would change the state that it reports.
#![no_main]
#![allow(unsafe_code, reason = "an entry point of C, and system calls on all 64 signals")]

mod lines;
mod name_server;
mod report;
mod sandbox;
mod signals;
mod state;
mod with;

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_long};
use std::io::Write;

use nix::libc;

/// The C library calls this once.
// SAFETY: the binary has no other `main`, as `no_main` says, and the signature is that of C.
#[unsafe(no_mangle)]
extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["state", file] => state::write(file),
        ["wait", name, rules @ ..] => wait(name, rules),
        ["idle", name] => idle(name),
        ["headless", name] => headless(name),
        ["comet", name] => comet(name),
        ["lines", name, count] => lines::write(name, count),
        ["nameserver", address, hosts @ ..] => name_server::serve(address, hosts),
        ["report", how] => {
            report::send(how);
            0
        }
        ["with", rest @ ..] => with::execute(rest),
        _ => {
            say("probe: unknown command");
            125
        }
    }
}

/// Prints a line in one write, and ignores a closed stdout.
fn say(line: &str) {
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}

/// The reaction to a signal.
enum Reaction {
    Exit(i32),
    Ignore,
    Die,
    Report(String),
}

fn wait(name: &str, rules: &[&str]) -> c_int {
    let mut reactions: HashMap<i32, Reaction> =
        ["TERM", "INT", "QUIT"].iter().map(|signal| (signals::number(signal), Reaction::Exit(0))).collect();
    for rule in rules {
        let (signal, what) = rule.split_once('=').expect("SIGNAL=WHAT");
        let reaction = match what {
            "ignore" => Reaction::Ignore,
            "die" => Reaction::Die,
            how if how.contains(':') => Reaction::Report(how.to_owned()),
            status => Reaction::Exit(status.parse().expect("a status")),
        };
        reactions.insert(signals::number(signal), reaction);
    }
    signals::set_mask(!0);
    say(&format!("{name} ready {}", std::process::id()));
    loop {
        let received = signals::wait_for_any();
        let sender =
            if received.is_from_kernel { "the kernel".to_owned() } else { received.sender.to_string() };
        say(&format!("{name} got {} from {sender}", received.number));
        match reactions.get(&received.number) {
            Some(Reaction::Exit(status)) => return *status,
            Some(Reaction::Report(how)) => {
                report::send(how);
                say(&format!("{name} told"));
            }
            Some(Reaction::Die) => signals::die_of(received.number),
            Some(Reaction::Ignore) | None => {}
        }
    }
}

fn idle(name: &str) -> c_int {
    signals::set_mask(0);
    say(&format!("{name} ready {}", std::process::id()));
    loop {
        nix::unistd::pause();
    }
}

/// Ends the main thread. The process is then a zombie in /proc, though another thread goes on.
fn headless(name: &str) -> c_int {
    let name = name.to_owned();
    std::thread::spawn(move || idle(&name));
    // SAFETY: the call ends this thread alone, which holds nothing that another one needs.
    unsafe { libc::syscall(libc::SYS_exit, c_long::from(0_i32)) };
    0
}

/// Blocks signals and replaces itself with a child again and again, so a pid is stale soon after it was read. Each process
/// lives for 50 ms, so that a kill can succeed.
fn comet(name: &str) -> c_int {
    signals::set_mask(!0);
    say(&format!("{name} ready {}", std::process::id()));
    loop {
        // SAFETY: there is one thread, so the child may do anything that its parent may.
        match unsafe { libc::fork() } {
            0 => {
                let _ = nix::poll::poll(&mut [], 50_u8);
            }
            _ => return 0,
        }
    }
}
