//! `--output json`: an object a line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::output::format::json_scan::{Object, object};
use crate::output::lines::Part;
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::text::json::escape;

/// How the lines of one stream of one process are written.
#[derive(Clone, Debug)]
pub struct Json {
    /// `"process":"…"`.
    process: Vec<u8>,
    /// `"stream":"…"`.
    stream: Vec<u8>,
    /// All between the time and the message of a line.
    middle: Vec<u8>,
}

impl Json {
    /// For the lines of a process on a stream.
    #[must_use]
    pub fn new(process: &str, stream: Stream) -> Self {
        let mut name = b"\"process\":\"".to_vec();
        escape(process.as_bytes(), &mut name);
        name.push(b'"');
        let stream = format!("\"stream\":\"{stream}\"").into_bytes();
        let middle = [b"\",", &*name, b",", &*stream, b",\"message\":\""].concat();
        Self { process: name, stream, middle }
    }

    /// Writes a line, or a part of a long one. A line that is an object keeps its keys as they are and gains those
    /// that it lacks. The exact bytes of a line that is not UTF-8 follow in `base64`, but not of a long one.
    pub fn write(&self, part: Part<'_>, moment: &Timestamp, out: &mut Vec<u8>) {
        if part.begins && part.ends {
            match Some(part.bytes).filter(|line| may_be_object(line)).and_then(parse) {
                Some(object) => self.complete(object, part.bytes, moment, out),
                None => self.write_text(part.bytes, moment, out),
            }
            return;
        }
        if part.begins {
            self.begin(moment, out);
        }
        escape(part.bytes, out);
        if part.ends {
            Self::end(out);
        }
    }

    /// Ends a line of which parts were written.
    pub fn end(out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"}\n");
    }

    fn begin(&self, moment: &Timestamp, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(moment.as_bytes());
        out.extend_from_slice(&self.middle);
    }

    fn write_text(&self, line: &[u8], moment: &Timestamp, out: &mut Vec<u8>) {
        self.begin(moment, out);
        if escape(line, out) {
            return Self::end(out);
        }
        out.extend_from_slice(b"\",\"base64\":\"");
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        Self::end(out);
    }

    /// An object of the process's own.
    fn complete(&self, object: Object<'_>, line: &[u8], moment: &Timestamp, out: &mut Vec<u8>) {
        let [has_time, has_process, has_stream, has_message] = object.has;
        out.extend_from_slice(object.open);
        let mut separator: &[u8] = if object.is_empty { b"" } else { b"," };
        let mut add = |key: &[u8], value: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(separator);
            out.extend_from_slice(key);
            out.extend_from_slice(value);
            separator = b",";
        };
        if !has_time {
            add(b"\"time\":\"", moment.as_bytes(), out);
            out.push(b'"');
        }
        if !has_process {
            add(b"", &self.process, out);
        }
        if !has_stream {
            add(b"", &self.stream, out);
        }
        match object.msg {
            _ if has_message => {}
            Some(msg) => add(b"\"message\":", msg, out),
            None => {
                add(b"\"message\":\"", b"", out);
                escape(line, out);
                out.push(b'"');
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

fn may_be_object(line: &[u8]) -> bool {
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) == Some(&b'{')
}

fn parse(line: &[u8]) -> Option<Object<'_>> {
    std::str::from_utf8(line).ok()?;
    object(line)
}
