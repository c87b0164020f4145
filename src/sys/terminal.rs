//! The terminal that controls the run.

use std::io;

use nix::sys::signal::killpg;
use nix::sys::termios::{InputFlags, LocalFlags, OutputFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use crate::sys::descriptors::is_terminal;
use crate::sys::environment;

/// Whether stdin is a terminal: then the processes stay in monofy's process group (contract, 4.3).
#[must_use]
pub fn stdin_is_terminal() -> bool {
    is_terminal(&io::stdin())
}

/// Whether `NO_COLOR` asks for no colours (no-color.org).
#[must_use]
pub fn refuses_colours() -> bool {
    environment::variable("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The settings of monofy's terminal as they were at the start of the run.
#[derive(Debug)]
pub struct SavedTerminal {
    descriptor: Standard,
    settings: Termios,
}

/// A standard descriptor, which is never closed.
#[derive(Clone, Copy, Debug)]
enum Standard {
    Input,
    Output,
    Error,
}

impl Standard {
    fn settings(self) -> nix::Result<Termios> {
        match self {
            Self::Input => tcgetattr(io::stdin()),
            Self::Output => tcgetattr(io::stdout()),
            Self::Error => tcgetattr(io::stderr()),
        }
    }

    fn set(self, settings: &Termios) -> nix::Result<()> {
        // At once: waiting for the output would wait for a terminal that is stopped.
        match self {
            Self::Input => tcsetattr(io::stdin(), SetArg::TCSANOW, settings),
            Self::Output => tcsetattr(io::stdout(), SetArg::TCSANOW, settings),
            Self::Error => tcsetattr(io::stderr(), SetArg::TCSANOW, settings),
        }
    }

    fn foreground_group(self) -> nix::Result<Pid> {
        match self {
            Self::Input => tcgetpgrp(io::stdin()),
            Self::Output => tcgetpgrp(io::stdout()),
            Self::Error => tcgetpgrp(io::stderr()),
        }
    }
}

impl SavedTerminal {
    /// Saves the settings of stdin, or else of stderr or stdout. `None` if none of them is a terminal.
    #[must_use]
    pub fn save() -> Option<Self> {
        let save =
            |descriptor: Standard| descriptor.settings().ok().map(|settings| Self { descriptor, settings });
        [Standard::Input, Standard::Error, Standard::Output].into_iter().find_map(save)
    }

    /// Restores the settings if a process has left the terminal in raw mode: without echo, lines or keys for signals.
    /// Not while another process group has the terminal.
    pub fn restore_if_raw(&self) {
        let Ok(now) = self.descriptor.settings() else { return };
        let is_raw = LINE_MODE.iter().any(|is_on| is_on(&self.settings) && !is_on(&now));
        if is_raw && !self.belongs_to_others() {
            let _ = self.descriptor.set(&self.settings);
        }
    }

    fn belongs_to_others(&self) -> bool {
        // A process that has made its own group the foreground one may have died of a signal.
        self.descriptor
            .foreground_group()
            .is_ok_and(|group| group != getpgrp() && killpg(group, None) != Err(nix::Error::ESRCH))
    }
}

/// The settings that raw mode turns off.
const LINE_MODE: [fn(&Termios) -> bool; 5] = [
    |settings| settings.local_flags.contains(LocalFlags::ICANON),
    |settings| settings.local_flags.contains(LocalFlags::ECHO),
    |settings| settings.local_flags.contains(LocalFlags::ISIG),
    |settings| settings.input_flags.contains(InputFlags::ICRNL),
    |settings| settings.output_flags.contains(OutputFlags::OPOST),
];
