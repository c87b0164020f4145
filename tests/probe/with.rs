//! Executes a program with changes to its inherited state that std's `Command` cannot make or would undo.
//!
//! ```text
//! ignore=SIGNAL default=SIGNAL    its disposition; signals that are not named are set to their default first
//! block=SIGNAL                    added to a mask that is empty otherwise
//! pending=SIGNAL                  blocked, and sent by another process, so that it waits for the program
//! close=FD                        closes a descriptor
//! nonblock=FD                     sets `O_NONBLOCK` on its open file description
//! deny=CALL missing=CALL          a sandbox (seccomp(2)) refuses the system call with EPERM or ENOSYS
//! session                         leads a session of its own
//! terminal                        and stdin is the terminal that controls it
//! ```

use std::ffi::CString;

use nix::libc;
use nix::unistd::{execvp, setsid};

use crate::{sandbox, signals};

pub(crate) fn execute(words: &[&str]) -> i32 {
    let end = words.iter().position(|word| *word == "--").expect("-- in front of the program");
    let (changes, command) = (&words[..end], &words[end + 1..]);
    (1..=64).for_each(|number| signals::set_disposition(number, libc::SIG_DFL));
    let mut mask = 0;
    let mut refused = Vec::new();
    for change in changes {
        match change.split_once('=') {
            Some(("ignore", signal)) => signals::set_disposition(signals::number(signal), libc::SIG_IGN),
            Some(("block", signal)) => mask |= 1 << (signals::number(signal) - 1),
            Some(("pending", signal)) => {
                mask |= 1 << (signals::number(signal) - 1);
                signals::set_mask(mask);
                let own = std::process::id().to_string();
                let status = std::process::Command::new("/bin/kill").args(["-s", signal, &own]).status();
                assert!(status.is_ok_and(|status| status.success()), "the signal is sent");
            }
            Some(("close", number)) => {
                // SAFETY: nobody here uses a descriptor from now on.
                unsafe { libc::close(number.parse().expect("a descriptor")) };
            }
            Some(("deny", call)) => refused.push((call, libc::EPERM)),
            Some(("missing", call)) => refused.push((call, libc::ENOSYS)),
            Some(("nonblock", number)) => {
                // SAFETY: a call on numbers.
                let result = unsafe {
                    let number = number.parse().expect("a descriptor");
                    let flags = libc::fcntl(number, libc::F_GETFL);
                    libc::fcntl(number, libc::F_SETFL, flags | libc::O_NONBLOCK)
                };
                assert_eq!(result, 0, "the flag can be set");
            }
            None if *change == "session" => {
                setsid().expect("a session can be made");
            }
            None if *change == "terminal" => {
                // SAFETY: the request takes a number.
                let result = unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
                assert_eq!(result, 0, "stdin can be the controlling terminal");
            }
            Some(_) | None => panic!("no such change: {change}"),
        }
    }
    signals::set_mask(mask);
    let command: Vec<CString> =
        command.iter().map(|word| CString::new(*word).expect("no NUL in an argument")).collect();
    if !refused.is_empty() {
        sandbox::refuse(&refused);
    }
    match execvp(&command[0], &command) {
        Ok(never) => match never {},
        Err(_) => 127,
    }
}
