//! The formats in which the lines of the processes are written.

pub(crate) mod json;
pub(crate) mod json_scan;
pub(crate) mod prefix;

use crate::output::format::json::JsonFormat;
use crate::output::format::prefix::PrefixFormat;
use crate::output::lines::Part;
use crate::output::timestamp::Timestamp;

/// The format of the lines of one stream of one process.
#[derive(Clone, Debug)]
pub enum LineFormat {
    /// Unchanged, and not only in whole lines.
    Verbatim,
    /// With the name of the process in front.
    Prefix(PrefixFormat),
    /// As JSON objects.
    Json(JsonFormat),
}

impl LineFormat {
    /// Writes a line, or a part of a long one.
    pub fn write(&mut self, part: Part<'_>, time: &Timestamp, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim => {
                out.extend_from_slice(part.bytes);
                if part.ends {
                    out.push(b'\n');
                }
            }
            Self::Prefix(prefix) => prefix.write(part, out),
            Self::Json(json) => json.write(part, time, out),
        }
    }

    /// Ends a line whose last part has not come.
    pub fn end_line(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim => out.push(b'\n'),
            Self::Prefix(prefix) => prefix.end_line(out),
            Self::Json(_) => JsonFormat::end_line(out),
        }
    }
}
