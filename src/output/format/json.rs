//! `--output json`: one JSON object for each line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::output::format::json_scan::{ScannedObject, scan_object};
use crate::output::lines::Part;
use crate::output::stream::Stream;
use crate::output::timestamp::Timestamp;
use crate::text::json::escape;

/// The format of the lines of one stream of one process.
#[derive(Clone, Debug)]
pub struct JsonFormat {
    /// `"process":"…"`.
    process: Vec<u8>,
    /// `"stream":"…"`.
    stream: Vec<u8>,
    /// The bytes between the time and the message.
    middle: Vec<u8>,
}

impl JsonFormat {
    /// For the lines of a process on one of its streams.
    #[must_use]
    pub fn new(process: &str, stream: Stream) -> Self {
        let mut name = b"\"process\":\"".to_vec();
        escape(process.as_bytes(), &mut name);
        name.push(b'"');
        let stream = format!("\"stream\":\"{stream}\"").into_bytes();
        let middle = [b"\",", &*name, b",", &*stream, b",\"message\":\""].concat();
        Self { process: name, stream, middle }
    }

    /// Writes a line, or a part of a long one. A line that is an object keeps its keys unchanged and gains the missing
    /// ones. A line that is not UTF-8 gains its exact bytes in `base64`, unless it is longer than one part.
    pub fn write(&self, part: Part<'_>, time: &Timestamp, out: &mut Vec<u8>) {
        if part.begins && part.ends {
            match Some(part.bytes).filter(|line| may_be_object(line)).and_then(scan) {
                Some(object) => self.write_object(object, part.bytes, time, out),
                None => self.write_text(part.bytes, time, out),
            }
            return;
        }
        if part.begins {
            self.begin_line(time, out);
        }
        escape(part.bytes, out);
        if part.ends {
            Self::end_line(out);
        }
    }

    /// Ends a line of which at least one part has been written.
    pub fn end_line(out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"}\n");
    }

    fn begin_line(&self, time: &Timestamp, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(time.as_bytes());
        out.extend_from_slice(&self.middle);
    }

    fn write_text(&self, line: &[u8], time: &Timestamp, out: &mut Vec<u8>) {
        self.begin_line(time, out);
        if escape(line, out) {
            return Self::end_line(out);
        }
        out.extend_from_slice(b"\",\"base64\":\"");
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        Self::end_line(out);
    }

    /// Writes an object of the process itself and adds the missing keys.
    fn write_object(&self, object: ScannedObject<'_>, line: &[u8], time: &Timestamp, out: &mut Vec<u8>) {
        let [has_time, has_process, has_stream, has_message] = object.has;
        out.extend_from_slice(object.prefix);
        let mut separator: &[u8] = if object.is_empty { b"" } else { b"," };
        let mut add = |key: &[u8], value: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(separator);
            out.extend_from_slice(key);
            out.extend_from_slice(value);
            separator = b",";
        };
        if !has_time {
            add(b"\"time\":\"", time.as_bytes(), out);
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

fn scan(line: &[u8]) -> Option<ScannedObject<'_>> {
    std::str::from_utf8(line).ok()?;
    scan_object(line)
}
