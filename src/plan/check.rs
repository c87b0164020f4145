//! Checks: the values of `--ready`, `--wait` and `--alive` (contract, 4.7).

mod endpoint;

use regex::bytes::Regex;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::plan::ByteString;
use crate::text::shell;

/// A check. In JSON as on the command line: `tcp:8000`, `notify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    written: ByteString,
    kind: CheckKind,
}

/// What a check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckKind {
    /// `tcp:[HOST:]PORT`: a connection is accepted there.
    Tcp {
        /// An address without brackets, or a name. The default is the loopback address.
        host: String,
        /// From 1.
        port: u16,
    },
    /// `http:[HOST:]PORT/PATH` or `http://HOST[:PORT]/PATH`: a GET request is answered with status 200 to 399.
    Http {
        /// As for [`CheckKind::Tcp`].
        host: String,
        /// From 1.
        port: u16,
        /// The value of the `Host` header.
        authority: String,
        /// From `/` on, with the query.
        path: String,
    },
    /// `unix:PATH`: a connection to the socket is accepted. An absolute path.
    Unix(ByteString),
    /// `file:PATH`: it exists. An absolute path.
    File(ByteString),
    /// `log:REGEX`: a line of its output matches. [`log_pattern`] compiles it.
    Log(String),
    /// `exec:COMMAND`: the program exits with status 0. Its arguments; the program is not empty.
    Exec(Vec<ByteString>),
    /// `notify`: it sends `READY=1`, as `sd_notify(3)` does.
    Notify,
    /// `fd:N`: it writes a newline to this descriptor, which is above stderr.
    Fd(i32),
}

/// The options that take a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOption {
    /// `--ready`: when the process is ready.
    Ready,
    /// `--wait`: when the command may start.
    Wait,
    /// `--alive`: what `--health` asks each time.
    Alive,
}

/// The lowest descriptor above stderr, and the highest one accepted: the default hard limit of open files.
const DESCRIPTORS: std::ops::RangeInclusive<i32> = 3..=1_048_575;

/// How the message for a check of no known kind begins.
pub(crate) const UNKNOWN_CHECK: &str = "unknown check";
/// The kinds that every option has.
const ASKED: &str = "tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, unix:PATH, file:PATH";

impl CheckOption {
    /// The option as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "--ready",
            Self::Wait => "--wait",
            Self::Alive => "--alive",
        }
    }

    /// What the value of the option can be.
    #[must_use]
    pub fn choices(self) -> String {
        match self {
            Self::Ready => format!("{ASKED}, log:REGEX, exec:COMMAND, notify or fd:N"),
            Self::Wait | Self::Alive => format!("{ASKED} or exec:COMMAND"),
        }
    }
}

impl CheckKind {
    /// Parses a check. `None` is an unknown kind.
    fn parse(written: &[u8]) -> Result<Option<Self>, String> {
        let rest = |name: &str| written.strip_prefix(name.as_bytes());
        let kind = if written == b"notify" {
            Self::Notify
        } else if let Some(address) = rest("tcp:") {
            tcp(address)?
        } else if let Some(address) = rest("http:") {
            endpoint::http(address)?
        } else if rest("https:").is_some() {
            return Err(endpoint::NO_HTTPS.to_owned());
        } else if let Some(path) = rest("unix:") {
            Self::Unix(endpoint::absolute(path)?)
        } else if let Some(path) = rest("file:") {
            Self::File(endpoint::absolute(path)?)
        } else if let Some(pattern) = rest("log:") {
            log(pattern)?
        } else if let Some(command) = rest("exec:") {
            exec(command)?
        } else if let Some(number) = rest("fd:") {
            fd(number)?
        } else {
            return Ok(None);
        };
        Ok(Some(kind))
    }

    /// Why this cannot be the value of an option: a check that the process itself reports cannot be asked.
    #[must_use]
    pub fn conflict(&self, option: CheckOption) -> Option<&'static str> {
        match self {
            Self::Tcp { .. } | Self::Http { .. } | Self::Unix(_) | Self::File(_) | Self::Exec(_) => {
                return None;
            }
            Self::Log(_) | Self::Notify | Self::Fd(_) => {}
        }
        match option {
            CheckOption::Ready => None,
            CheckOption::Wait => Some(
                "not a check for --wait: log:, notify and fd:N are reported by a process of this line; give them to its \
                 --ready, and use --after NAME to wait for it",
            ),
            CheckOption::Alive => Some(
                "not a check for --alive: log:, notify and fd:N are reported once; use tcp:, http:, unix:, file: or exec:, \
                 which can be asked each time",
            ),
        }
    }

    /// The command of `exec:`.
    #[must_use]
    pub fn command(&self) -> Option<&[ByteString]> {
        if let Self::Exec(words) = self { Some(words) } else { None }
    }

    /// The host of `tcp:` and `http:`.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        if let Self::Tcp { host, .. } | Self::Http { host, .. } = self { Some(host) } else { None }
    }

    /// The pattern of `log:`.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        if let Self::Log(pattern) = self { Some(pattern) } else { None }
    }
}

impl Check {
    /// Parses the value of an option.
    ///
    /// # Errors
    /// When it is not a check, or the option cannot have it. The message does not contain the value.
    pub fn read_for(option: CheckOption, written: &[u8]) -> Result<Self, String> {
        let kind =
            CheckKind::parse(written)?.ok_or_else(|| format!("{UNKNOWN_CHECK}; use {}", option.choices()))?;
        let check = Self { written: ByteString(written.to_vec()), kind };
        check.kind.conflict(option).map_or(Ok(check), |message| Err(message.to_owned()))
    }

    /// Parses a check of any kind.
    ///
    /// # Errors
    /// When it is not a check. The message does not contain the value.
    pub fn read(written: &[u8]) -> Result<Self, String> {
        Self::read_for(CheckOption::Ready, written)
    }

    /// What it looks at.
    #[must_use]
    pub fn kind(&self) -> &CheckKind {
        &self.kind
    }

    /// The check as on the command line.
    #[must_use]
    pub fn written(&self) -> &ByteString {
        &self.written
    }

    /// The check without its secret bytes, unless it makes no sense without them.
    pub(crate) fn masked(&self, ranges: &[[usize; 2]]) -> Option<Self> {
        Self::read(&self.written.masked(ranges).0).ok()
    }
}

/// Compiles the pattern of `log:REGEX`, which searches the bytes of a line.
///
/// # Errors
/// When it is malformed. The message does not contain the pattern.
pub fn log_pattern(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
        // The message of the crate shows the pattern, which may contain a secret.
        _ => "not a regular expression; look for an unclosed group or class, or a misplaced * + ? or {"
            .to_owned(),
    })
}

fn tcp(address: &[u8]) -> Result<CheckKind, String> {
    let (host, port) = endpoint::address(address, "tcp:")?;
    Ok(CheckKind::Tcp { host, port })
}

fn log(pattern: &[u8]) -> Result<CheckKind, String> {
    let pattern =
        std::str::from_utf8(pattern).map_err(|_| "not a regular expression: it is not UTF-8".to_owned())?;
    if pattern.is_empty() {
        return Err("an empty regular expression, which every line matches".to_owned());
    }
    log_pattern(pattern).map(|_| CheckKind::Log(pattern.to_owned()))
}

fn exec(command: &[u8]) -> Result<CheckKind, String> {
    if command.contains(&0) {
        return Err("not a command: it contains a NUL character".to_owned());
    }
    let words = shell::split(command).map_err(|error| error.to_string())?;
    if words.first().is_none_or(Vec::is_empty) {
        return Err("not a command: nothing follows exec:".to_owned());
    }
    Ok(CheckKind::Exec(words.into_iter().map(ByteString).collect()))
}

fn fd(number: &[u8]) -> Result<CheckKind, String> {
    descriptor(number).map(CheckKind::Fd)
}

/// Parses the number of a descriptor above stderr.
///
/// # Errors
/// When it is not one.
pub(crate) fn descriptor(number: &[u8]) -> Result<i32, String> {
    let digits = std::str::from_utf8(number).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse().ok()).filter(|number| DESCRIPTORS.contains(number));
    number.ok_or_else(|| {
        "not a descriptor; use a number from 3 on, since 0 to 2 are stdin, stdout and stderr".to_owned()
    })
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Check {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&ByteString::deserialize(from)?.0).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<CheckKind> {
        Check::read(text.as_bytes()).ok().map(|check| check.kind)
    }

    fn tcp(host: &str, port: u16) -> CheckKind {
        CheckKind::Tcp { host: host.to_owned(), port }
    }

    #[test]
    fn an_address_is_a_port_with_an_optional_host() {
        assert_eq!(kind("tcp:80"), Some(tcp("127.0.0.1", 80)));
        assert_eq!(kind("tcp:10.0.0.1:65535"), Some(tcp("10.0.0.1", 65535)));
        assert_eq!(kind("tcp:db-1.local_net:1"), Some(tcp("db-1.local_net", 1)));
        assert_eq!(kind("tcp:[::1]:80"), Some(tcp("::1", 80)));
        for wrong in [
            "tcp:",
            "tcp:0",
            "tcp:65536",
            "tcp:+80",
            "tcp:x",
            "tcp::80",
            "tcp:::1:80",
            "tcp:[::1]",
            "tcp:[x]:80",
            "tcp:1.2.3:80",
            "tcp:a b:80",
            "tcp:a:",
            "tcp:[::1:80",
            "tcp:80 ",
        ] {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_command_is_split_by_shell_quoting() {
        let words = |words: &[&str]| Some(CheckKind::Exec(words.iter().map(|word| (*word).into()).collect()));
        assert_eq!(kind("exec:pg_isready -q"), words(&["pg_isready", "-q"]));
        assert_eq!(kind("exec:a 'b c' d\\ e"), words(&["a", "b c", "d e"]));
        for wrong in ["exec:", "exec:  ", "exec:''", "exec:it's", "exec:a\0"] {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_other_checks_are_parsed() {
        assert_eq!(kind("log:ready: [0-9]+$"), Some(CheckKind::Log("ready: [0-9]+$".into())));
        assert_eq!(kind("notify"), Some(CheckKind::Notify));
        assert_eq!(kind("fd:3"), Some(CheckKind::Fd(3)));
        for wrong in
            ["", "log:", "log:(", "log:a{9999}{9999}", "notify:", "Notify", "fd:", "fd:2", "fd:-3", "fd:x"]
        {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
    }
}
