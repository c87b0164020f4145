//! The addresses and paths of checks.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::plan::{ByteString, CheckKind};

/// The host of `tcp:PORT` and `http:PORT`.
const LOOPBACK: &str = "127.0.0.1";

/// The message for `https:`.
pub(super) const NO_HTTPS: &str = "not a supported check: https: needs TLS; use http:, tcp: or exec:";

/// Parses `[HOST:]PORT`. `kind` is for the error message.
pub(super) fn address(address: &[u8], kind: &str) -> Result<(String, u16), String> {
    let expected = || format!("not an address; use {kind}PORT, {kind}HOST:PORT or {kind}[IPV6]:PORT");
    let address = std::str::from_utf8(address).map_err(|_| expected())?;
    let (host, port) = address.rsplit_once(':').unwrap_or((LOOPBACK, address));
    let port =
        parse_port(port).ok_or_else(|| format!("{}; a port is a number from 1 to 65535", expected()))?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|inner| inner.parse::<Ipv6Addr>().is_ok()),
        None => Some(host).filter(|host| is_host(host)),
    };
    Ok((host.ok_or_else(expected)?.to_owned(), port))
}

fn parse_port(port: &str) -> Option<u16> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|port| digits && *port > 0)
}

/// Whether this is a host name or an IPv4 address. Digits and dots alone have to be an address.
fn is_host(host: &str) -> bool {
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    let is_number = host.bytes().all(|c| c.is_ascii_digit() || c == b'.');
    !host.is_empty() && host.bytes().all(is_name) && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

/// Parses what follows `http:`: `[HOST:]PORT[/PATH]` or `//HOST[:PORT][/PATH]`.
pub(super) fn http(written: &[u8]) -> Result<CheckKind, String> {
    let (is_url, rest) = match written.strip_prefix(b"//") {
        Some(rest) => (true, rest),
        None => (false, written),
    };
    let slash = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    if !path.iter().all(u8::is_ascii_graphic) {
        return Err("not a URL: the path of http: has characters that a URL cannot have".to_owned());
    }
    let path = if path.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(path).into_owned() };
    // The port of a URL is 80 unless it is written: after the last colon, one within brackets aside.
    let has_port =
        authority.iter().rposition(|b| *b == b':').is_some_and(|colon| !authority[colon..].contains(&b']'));
    let with_port = if is_url && !has_port { [authority, b":80"].concat() } else { authority.to_vec() };
    let (host, port) = address(&with_port, if is_url { "http://" } else { "http:" })?;
    let name = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let authority = if port == 80 { name } else { format!("{name}:{port}") };
    Ok(CheckKind::Http { host, port, authority, path })
}

/// Reads an absolute path.
pub(super) fn absolute(path: &[u8]) -> Result<ByteString, String> {
    if path.contains(&0) {
        return Err("not a path: it contains a NUL character".to_owned());
    }
    if path.starts_with(b"/") {
        Ok(ByteString(path.to_vec()))
    } else {
        Err("not an absolute path".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, u16, String, String)> {
        match http(text.as_bytes()) {
            Ok(CheckKind::Http { host, port, authority, path }) => Some((host, port, authority, path)),
            _ => None,
        }
    }

    fn expected(host: &str, port: u16, authority: &str, path: &str) -> (String, u16, String, String) {
        (host.to_owned(), port, authority.to_owned(), path.to_owned())
    }

    #[test]
    fn an_http_check_is_a_port_or_a_url() {
        assert_eq!(parsed("8000/healthz"), Some(expected("127.0.0.1", 8000, "127.0.0.1:8000", "/healthz")));
        assert_eq!(parsed("8000"), Some(expected("127.0.0.1", 8000, "127.0.0.1:8000", "/")));
        assert_eq!(parsed("db:80/a?b=c"), Some(expected("db", 80, "db", "/a?b=c")));
        assert_eq!(parsed("//web"), Some(expected("web", 80, "web", "/")));
        assert_eq!(parsed("//web:8080/x"), Some(expected("web", 8080, "web:8080", "/x")));
        assert_eq!(parsed("//[::1]/x"), Some(expected("::1", 80, "[::1]", "/x")));
        assert_eq!(parsed("[::1]:81/x"), Some(expected("::1", 81, "[::1]:81", "/x")));
        for wrong in [
            "",
            "/x",
            "0/x",
            "65536/",
            "a b:80/",
            "80/a b",
            "80/\u{e4}",
            "//",
            "///x",
            "x/",
            "//:80/",
            "//a:/",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_path_has_to_be_absolute() {
        assert_eq!(absolute(b"/run/x"), Ok(ByteString(b"/run/x".to_vec())));
        for wrong in [&b""[..], b"run/x", b"./x", b"/a\0"] {
            assert!(absolute(wrong).is_err(), "{wrong:?}");
        }
    }
}
