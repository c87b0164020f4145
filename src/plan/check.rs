//! How a process tells that it is ready (contract, 4.7).

mod endpoint;

use regex::bytes::Regex;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use crate::plan::ByteString;
use crate::text::shell;

/// How a process tells that it is ready. In JSON as on the command line, so `tcp:8000` or `notify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    written: ByteString,
    check: Check,
}

/// What has to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `tcp:[HOST:]PORT`: it takes a connection there.
    Tcp {
        /// A number without brackets or a name; this machine if none was written.
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
    /// `log:REGEX`: a line of its output matches. [`log_pattern`] takes it.
    Log(String),
    /// `exec:COMMAND`: this program exits with 0. Its arguments; the program is not empty.
    Exec(Vec<ByteString>),
    /// `notify`: it sends `READY=1`, as `sd_notify(3)` does.
    Notify,
    /// `fd:N`: it writes a newline to this descriptor, above those of stdin, stdout and stderr.
    Fd(i32),
}

/// The lowest descriptor that a program does not use for something else, and the highest that is taken: no limit of
/// open files is larger unless an administrator raised it on purpose.
const DESCRIPTORS: std::ops::RangeInclusive<i32> = 3..=1_048_575;

impl Ready {
    /// Reads the value of `--ready`.
    ///
    /// # Errors
    /// When it is none, in words, without what was written.
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
            return Err("write tcp:[HOST:]PORT, http:[HOST:]PORT/PATH, unix:PATH, file:PATH, log:REGEX, exec:COMMAND, notify or fd:N".to_owned());
        };
        Ok(Self { written: ByteString(written.to_vec()), check })
    }

    /// What has to be looked at.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.check
    }

    /// As it stands on the command line.
    #[must_use]
    pub fn written(&self) -> &ByteString {
        &self.written
    }
}

/// The pattern of `log:REGEX`. It searches, in the bytes of a line.
///
/// # Errors
/// When it is not well formed, in words, without the pattern.
pub fn log_pattern(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
        // Its message shows the pattern, in which a value may stand.
        _ => {
            "this is not a regular expression; look for what is not closed, or stands in front of * + ? or {"
                .to_owned()
        }
    })
}

fn tcp(address: &[u8]) -> Result<Check, String> {
    let (host, port) = endpoint::address(address, "tcp:")?;
    Ok(Check::Tcp { host, port })
}

fn log(pattern: &[u8]) -> Result<Check, String> {
    let pattern =
        std::str::from_utf8(pattern).map_err(|_| "a regular expression has to be UTF-8".to_owned())?;
    if pattern.is_empty() {
        return Err("this expression is empty: every line would match it".to_owned());
    }
    log_pattern(pattern).map(|_| Check::Log(pattern.to_owned()))
}

fn exec(command: &[u8]) -> Result<Check, String> {
    if command.contains(&0) {
        return Err("a NUL character, which no program can be given".to_owned());
    }
    let words = shell::split(command).map_err(|error| error.to_string())?;
    if words.first().is_none_or(Vec::is_empty) {
        return Err("there is no command behind exec:".to_owned());
    }
    Ok(Check::Exec(words.into_iter().map(ByteString).collect()))
}

fn fd(number: &[u8]) -> Result<Check, String> {
    descriptor(number).map(Check::Fd)
}

/// Reads the number of a descriptor above stderr.
///
/// # Errors
/// When it is none.
pub(crate) fn descriptor(number: &[u8]) -> Result<i32, String> {
    let digits = std::str::from_utf8(number).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse().ok()).filter(|number| DESCRIPTORS.contains(number));
    number.ok_or_else(|| "a descriptor is a number from 3 on; 0 to 2 are stdin, stdout and stderr".to_owned())
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
    fn an_address_is_a_port_and_perhaps_a_host() {
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
    fn the_other_forms_are_read() {
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
