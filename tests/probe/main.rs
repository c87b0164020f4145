//! Tells what a process that monofy starts finds, and what reaches it.
//!
//! ```text
//! probe state FILE                    writes what it was started with into FILE
//! probe wait NAME [SIGNAL=WHAT]...    tells every signal that arrives; WHAT is an exit status, `ignore`, `die`, or
//!                                     how to tell somebody something (see `tell`)
//! probe idle NAME                     waits for signals and leaves each to its default
//! probe comet NAME                    again and again forks and exits, each with a new process id
//! probe lines NAME COUNT              writes so many numbered lines to each of stdout and stderr, and exits
//! probe tell HOW                      tells somebody something, and that is all
//! probe with [CHANGE]... -- PROGRAM [ARG...]    changes what is inherited, then executes PROGRAM
//! ```
//!
//! It has an entry point of its own, like monofy: the Rust runtime would change what it is to tell.
#![no_main]
#![allow(unsafe_code, reason = "an entry point of C, and system calls on all 64 signals")]

mod lines;
mod sandbox;
mod signals;
mod state;
mod tell;
mod with;

use std::collections::HashMap;
use std::ffi::{c_char, c_int};
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
        ["comet", name] => comet(name),
        ["lines", name, count] => lines::write(name, count),
        ["tell", how] => {
            tell::tell(how);
            0
        }
        ["with", rest @ ..] => with::execute(rest),
        _ => {
            say("probe: what is that?");
            125
        }
    }
}

/// One line in one write. Nobody may be reading; that is no reason to end.
fn say(line: &str) {
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}

/// What to do about a signal.
enum Answer {
    Exit(i32),
    Ignore,
    Die,
    Tell(String),
}

fn wait(name: &str, rules: &[&str]) -> c_int {
    let mut answers: HashMap<i32, Answer> =
        ["TERM", "INT", "QUIT"].iter().map(|signal| (signals::number(signal), Answer::Exit(0))).collect();
    for rule in rules {
        let (signal, what) = rule.split_once('=').expect("SIGNAL=WHAT");
        let answer = match what {
            "ignore" => Answer::Ignore,
            "die" => Answer::Die,
            how if how.contains(':') => Answer::Tell(how.to_owned()),
            status => Answer::Exit(status.parse().expect("a status")),
        };
        answers.insert(signals::number(signal), answer);
    }
    signals::set_mask(!0);
    say(&format!("{name} ready {}", std::process::id()));
    loop {
        let received = signals::wait_for_any();
        let sender =
            if received.is_from_kernel { "the kernel".to_owned() } else { received.sender.to_string() };
        say(&format!("{name} got {} from {sender}", received.number));
        match answers.get(&received.number) {
            Some(Answer::Exit(status)) => return *status,
            Some(Answer::Tell(how)) => {
                tell::tell(how);
                say(&format!("{name} told"));
            }
            Some(Answer::Die) => signals::die_of(received.number),
            Some(Answer::Ignore) | None => {}
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

/// Signals do not stop it, and whoever looks finds another process already. Each lives for 50 ms, that
/// it can be caught at all.
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
