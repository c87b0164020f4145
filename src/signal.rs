//! Signals by number, 1 to 64, real-time signals included.
//!
//! `nix::sys::signal::Signal` has neither real-time signals nor the names that people write (`TERM`, `SIGTERM`, `15`,
//! `RTMIN+3`), so this type is the number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The lowest real-time signal for programs. The kernel starts at 32, but C libraries reserve two, and `kill -l`,
/// Docker and systemd count from 34.
const RTMIN: u8 = 34;
/// The highest signal number of Linux.
const MAX: u8 = 64;

/// The names of the standard signals by number, from 1 (signal(7), x86 and ARM).
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Synonyms (signal(7)).
const ALIASES: [(&str, u8); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];

/// A signal's number, from 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalNumber(u8);

impl SignalNumber {
    /// Hang-up.
    pub const HUP: Self = Self(1);
    /// Interrupt, what Ctrl-C sends.
    pub const INT: Self = Self(2);
    /// Quit, what Ctrl-\ sends.
    pub const QUIT: Self = Self(3);
    /// SIGKILL: cannot be caught or ignored.
    pub const KILL: Self = Self(9);
    /// A write to a pipe without readers.
    pub const PIPE: Self = Self(13);
    /// The request to terminate.
    pub const TERM: Self = Self(15);
    /// A child ended, stopped or continued.
    pub const CHLD: Self = Self(17);
    /// Continue after a stop.
    pub const CONT: Self = Self(18);
    /// SIGSTOP: cannot be caught or ignored.
    pub const STOP: Self = Self(19);
    /// Stop, what Ctrl-Z sends.
    pub const TSTP: Self = Self(20);
    /// A background process read from the terminal.
    pub const TTIN: Self = Self(21);
    /// A background process wrote to the terminal.
    pub const TTOU: Self = Self(22);
    /// A write beyond the limit of file sizes.
    pub const XFSZ: Self = Self(25);
    /// The terminal was resized.
    pub const WINCH: Self = Self(28);

    /// The signal with this number.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        u8::try_from(number).ok().filter(|n| (1..=MAX).contains(n)).map(Self)
    }

    /// Every signal, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=MAX).map(Self)
    }

    /// The number for kill(2).
    #[must_use]
    pub fn get(self) -> i32 {
        i32::from(self.0)
    }

    /// The exit status of a shell for a death by this signal: 128 and the number.
    #[must_use]
    pub fn shell_status(self) -> u8 {
        128 + self.0
    }

    /// Whether the kernel sends it for a fault of the program itself. Such a signal is neither blocked nor passed on:
    /// to block it and then cause it is undefined (sigprocmask(2)).
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self.short_name(), Some("ILL" | "TRAP" | "BUS" | "FPE" | "SEGV" | "SYS"))
    }

    /// Whether it begins a stop of the run.
    #[must_use]
    pub fn asks_for_stop(self) -> bool {
        matches!(self, Self::TERM | Self::INT | Self::QUIT)
    }

    /// Whether a terminal sends it to stop a job.
    #[must_use]
    pub fn stops_job(self) -> bool {
        matches!(self, Self::TSTP | Self::TTIN | Self::TTOU)
    }

    /// Whether terminals send it to their foreground process group (termios(3), `credentials(7)`).
    #[must_use]
    pub fn comes_from_terminals(self) -> bool {
        self.stops_job() || matches!(self, Self::HUP | Self::INT | Self::QUIT | Self::CONT | Self::WINCH)
    }

    fn short_name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0) - 1).copied()
    }

    /// The name without `SIG`, as in a plan: `TERM`, `RTMIN+3`. 32 and 33 have only their number.
    #[must_use]
    pub fn name(self) -> String {
        match self.short_name() {
            Some(name) => name.to_owned(),
            None if self.0 == RTMIN => "RTMIN".to_owned(),
            None if self.0 > RTMIN => format!("RTMIN+{}", self.0 - RTMIN),
            None => self.0.to_string(),
        }
    }
}

impl From<SignalNumber> for u32 {
    fn from(signal: SignalNumber) -> Self {
        Self::from(signal.0)
    }
}

impl fmt::Display for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            name if name.starts_with(|c: char| c.is_ascii_digit()) => write!(f, "signal {name}"),
            name => write!(f, "SIG{name}"),
        }
    }
}

impl fmt::Debug for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Serializes the name, such as `TERM`.
impl Serialize for SignalNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.name())
    }
}

/// Deserializes any spelling of the name.
impl<'de> Deserialize<'de> for SignalNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// The text is not a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSignal;

impl fmt::Display for UnknownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a signal; use TERM, SIGTERM, 15 or RTMIN+3")
    }
}

impl FromStr for SignalNumber {
    type Err = UnknownSignal;

    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(number) = digits(text) {
            return Self::new(number).ok_or(UnknownSignal);
        }
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            return u32::try_from(index + 1).ok().and_then(Self::new).ok_or(UnknownSignal);
        }
        if let Some((_, number)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
            return Ok(Self(*number));
        }
        real_time(name).ok_or(UnknownSignal)
    }
}

/// `RTMIN`, `RTMIN+n`, `RTMAX`, `RTMAX-n`.
fn real_time(name: &str) -> Option<SignalNumber> {
    let number = if let Some(rest) = name.strip_prefix("RTMIN") {
        let above = if rest.is_empty() { 0 } else { digits(rest.strip_prefix('+')?)? };
        u32::from(RTMIN).checked_add(above)?
    } else {
        let rest = name.strip_prefix("RTMAX")?;
        let below = if rest.is_empty() { 0 } else { digits(rest.strip_prefix('-')?)? };
        u32::from(MAX).checked_sub(below)?
    };
    SignalNumber::new(number).filter(|signal| signal.0 >= RTMIN)
}

/// Parses digits only: `u32::from_str` accepts a sign, too.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A set of signals in the format of the kernel: bit n-1 is signal n.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SignalSet(u64);

impl SignalSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set with these bits.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Adds a signal.
    pub fn insert(&mut self, signal: SignalNumber) {
        self.0 |= 1 << (signal.0 - 1);
    }

    /// Whether the set contains a signal.
    #[must_use]
    pub fn contains(self, signal: SignalNumber) -> bool {
        self.0 & (1 << (signal.0 - 1)) != 0
    }

    /// The signals of the set, by number.
    pub fn iter(self) -> impl Iterator<Item = SignalNumber> {
        SignalNumber::all().filter(move |signal| self.contains(*signal))
    }
}

impl FromIterator<SignalNumber> for SignalSet {
    fn from_iter<I: IntoIterator<Item = SignalNumber>>(signals: I) -> Self {
        let mut set = Self::EMPTY;
        signals.into_iter().for_each(|signal| set.insert(signal));
        set
    }
}

impl fmt::Debug for SignalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_signal_is_parsed() {
        for spelling in ["TERM", "SIGTERM", "15", "term", "SigTerm"] {
            assert_eq!(spelling.parse(), Ok(SignalNumber::TERM), "{spelling}");
        }
        assert_eq!("RTMIN+3".parse::<SignalNumber>().map(SignalNumber::get), Ok(37));
        assert_eq!("SIGRTMAX-1".parse::<SignalNumber>().map(SignalNumber::get), Ok(63));
    }

    #[test]
    fn other_text_is_refused() {
        for wrong in
            ["", "SIG", "0", "65", "-1", "+9", "TERMINATE", "RTMIN+31", "RTMAX-31", "RTMIN+", "9999999999"]
        {
            assert_eq!(wrong.parse::<SignalNumber>(), Err(UnknownSignal), "{wrong}");
        }
    }

    #[test]
    fn every_name_is_parsed_to_its_signal() {
        for signal in SignalNumber::all() {
            assert_eq!(signal.name().parse(), Ok(signal));
        }
    }
}
