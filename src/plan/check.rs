//! Readiness checks (contract, 4.7).

mod endpoint;

use regex::bytes::Regex;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::plan::ByteString;
use crate::text::shell;

/// A readiness check. In JSON as on the command line: `tcp:8000`, `notify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    written: ByteString,
    check: Check,
}

/// What a readiness check looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `tcp:[HOST:]PORT`: the process accepts a connection there.
    Tcp {
        /// An address without brackets, or a name. The default is the loopback address.
        host: String,
        /// From 1.
        port: u16,
    },
    /// `http:[HOST:]PORT/PATH` or `http://HOST[:PORT]/PATH`: a GET request is answered with status 200 to 399.
    Http {
        /// As for [`Check::Tcp`].
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

/// The lowest descriptor above stderr, and the highest one accepted: the default hard limit of open files.
const DESCRIPTORS: std::ops::RangeInclusive<i32> = 3..=1_048_575;

/// The message for a check of no known kind.
pub(crate) const UNKNOWN_CHECK: &str = "unknown check; use tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, unix:PATH, file:PATH, log:REGEX, exec:COMMAND, notify or fd:N";

impl Ready {
    /// Parses the value of `--ready`.
    ///
    /// # Errors
    /// When it is not a check. The message does not contain the value.
    pub fn read(written: &[u8]) -> Result<Self, String> {
        let rest = |name: &str| written.strip_prefix(name.as_bytes());
        let check = if written == b"notify" {
            Check::Notify
        } else if let Some(address) = rest("tcp:") {
            tcp(address)?
        } else if let Some(address) = rest("http:") {
            endpoint::http(address)?
        } else if rest("https:").is_some() {
            return Err(endpoint::NO_HTTPS.to_owned());
        } else if let Some(path) = rest("unix:") {
            Check::Unix(endpoint::absolute(path)?)
        } else if let Some(path) = rest("file:") {
            Check::File(endpoint::absolute(path)?)
        } else if let Some(pattern) = rest("log:") {
            log(pattern)?
        } else if let Some(command) = rest("exec:") {
            exec(command)?
        } else if let Some(number) = rest("fd:") {
            fd(number)?
        } else {
            return Err(UNKNOWN_CHECK.to_owned());
        };
        Ok(Self { written: ByteString(written.to_vec()), check })
    }

    /// What it looks at.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.check
    }

    /// The check as on the command line.
    #[must_use]
    pub fn written(&self) -> &ByteString {
        &self.written
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

fn tcp(address: &[u8]) -> Result<Check, String> {
    let (host, port) = endpoint::address(address, "tcp:")?;
    Ok(Check::Tcp { host, port })
}

fn log(pattern: &[u8]) -> Result<Check, String> {
    let pattern =
        std::str::from_utf8(pattern).map_err(|_| "not a regular expression: it is not UTF-8".to_owned())?;
    if pattern.is_empty() {
        return Err("an empty regular expression, which every line matches".to_owned());
    }
    log_pattern(pattern).map(|_| Check::Log(pattern.to_owned()))
}

fn exec(command: &[u8]) -> Result<Check, String> {
    if command.contains(&0) {
        return Err("not a command: it contains a NUL character".to_owned());
    }
    let words = shell::split(command).map_err(|error| error.to_string())?;
    if words.first().is_none_or(Vec::is_empty) {
        return Err("not a command: nothing follows exec:".to_owned());
    }
    Ok(Check::Exec(words.into_iter().map(ByteString).collect()))
}

fn fd(number: &[u8]) -> Result<Check, String> {
    descriptor(number).map(Check::Fd)
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

impl Serialize for Ready {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Ready {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&ByteString::deserialize(from)?.0).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Option<Check> {
        Ready::read(text.as_bytes()).ok().map(|ready| ready.check)
    }

    fn tcp(host: &str, port: u16) -> Check {
        Check::Tcp { host: host.to_owned(), port }
    }

    #[test]
    fn an_address_is_a_port_with_an_optional_host() {
        assert_eq!(check("tcp:80"), Some(tcp("127.0.0.1", 80)));
        assert_eq!(check("tcp:10.0.0.1:65535"), Some(tcp("10.0.0.1", 65535)));
        assert_eq!(check("tcp:db-1.local_net:1"), Some(tcp("db-1.local_net", 1)));
        assert_eq!(check("tcp:[::1]:80"), Some(tcp("::1", 80)));
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
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_command_is_split_by_shell_quoting() {
        let words = |words: &[&str]| Some(Check::Exec(words.iter().map(|word| (*word).into()).collect()));
        assert_eq!(check("exec:pg_isready -q"), words(&["pg_isready", "-q"]));
        assert_eq!(check("exec:a 'b c' d\\ e"), words(&["a", "b c", "d e"]));
        for wrong in ["exec:", "exec:  ", "exec:''", "exec:it's", "exec:a\0"] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_other_checks_are_parsed() {
        assert_eq!(check("log:ready: [0-9]+$"), Some(Check::Log("ready: [0-9]+$".into())));
        assert_eq!(check("notify"), Some(Check::Notify));
        assert_eq!(check("fd:3"), Some(Check::Fd(3)));
        for wrong in
            ["", "log:", "log:(", "log:a{9999}{9999}", "notify:", "Notify", "fd:", "fd:2", "fd:-3", "fd:x"]
        {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }
}
