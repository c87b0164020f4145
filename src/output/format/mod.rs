//! How what a process writes is passed on.

pub(crate) mod json;
pub(crate) mod json_scan;
pub(crate) mod prefix;

use crate::output::format::json::Json;
use crate::output::format::prefix::Prefix;
use crate::output::lines::Part;
use crate::output::timestamp::Timestamp;

/// The form of the lines of one stream of one process.
#[derive(Clone, Debug)]
pub enum Form {
    /// As they are, also before they are complete.
    Verbatim,
    /// With a name in front.
    Prefix(Prefix),
    /// As objects.
    Json(Json),
}

impl Form {
    /// Writes a line, or a part of a long one.
    pub fn write(&mut self, part: Part<'_>, moment: &Timestamp, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim => {
                out.extend_from_slice(part.bytes);
                if part.ends {
                    out.push(b'\n');
                }
            }
            Self::Prefix(prefix) => prefix.write(part, out),
            Self::Json(json) => json.write(part, moment, out),
        }
    }

    /// Ends a line of which parts were written.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim => out.push(b'\n'),
            Self::Prefix(prefix) => prefix.end(out),
            Self::Json(_) => Json::end(out),
        }
    }
}
