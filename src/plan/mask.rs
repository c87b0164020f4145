//! Masks the secrets of a plan.

use crate::plan::{ByteString, Plan, Process, Ready, RenderedFile, Restart};

/// What replaces a run of secret bytes.
const MASK: &[u8] = b"***";

/// A field of a command that may be secret.
enum Field<'p> {
    /// Any bytes, which can be masked in part.
    Bytes(&'p mut ByteString),
    /// A readiness check, which is left out if it makes no sense without the secret.
    Ready(&'p mut Option<Ready>),
    /// A value that can only be left out.
    Whole(Box<dyn FnOnce() + 'p>),
}

impl RenderedFile {
    fn field(&mut self, name: &str) -> Option<&mut ByteString> {
        match name {
            "source" => Some(&mut self.source),
            "destination" => Some(&mut self.destination),
            "owner" => self.owner.as_mut(),
            "content" => Some(&mut self.content),
            _ => None,
        }
    }

    /// Whether every secret range lies in its field.
    pub(super) fn has_valid_secrets(&mut self) -> bool {
        let secrets = std::mem::take(&mut self.secrets);
        let is_valid = secrets
            .0
            .iter()
            .all(|(name, ranges)| self.field(name).is_some_and(|value| is_ascending(ranges, value.0.len())));
        self.secrets = secrets;
        is_valid
    }

    /// Where the file goes, for messages: without secrets and control characters.
    #[must_use]
    pub fn shown_destination(&self) -> String {
        self.shown("destination", &self.destination)
    }

    /// The path of the template, for messages: without secrets and control characters.
    #[must_use]
    pub fn shown_source(&self) -> String {
        self.shown("source", &self.source)
    }

    fn shown(&self, field: &str, value: &ByteString) -> String {
        let masked = self.secrets.0.get(field).map(|ranges| masked(value, ranges));
        let text = String::from_utf8_lossy(&masked.as_ref().unwrap_or(value).0).into_owned();
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
    }

    fn mask(&mut self) {
        for (name, ranges) in std::mem::take(&mut self.secrets).0 {
            if let Some(value) = self.field(&name) {
                *value = masked(value, &ranges);
            }
        }
    }
}

impl Process {
    /// The field with this name, if the command has it.
    fn field(&mut self, name: &str) -> Option<Field<'_>> {
        if let Some(index) = name.strip_prefix("argv[").and_then(|rest| rest.strip_suffix(']')) {
            return self.argv.get_mut(index.parse::<usize>().ok()?).map(Field::Bytes);
        }
        if let Some(variable) = name.strip_prefix("env.") {
            return self.env.get_mut(variable).map(Field::Bytes);
        }
        Some(match name {
            "user" => Field::Bytes(self.user.as_mut()?),
            "workdir" => Field::Bytes(self.workdir.as_mut()?),
            "creates" => Field::Bytes(self.creates.as_mut()?),
            "ready" => Field::Ready(&mut self.ready),
            "stop_signal" => Field::Whole(Box::new(|| self.stop_signal = None)),
            "stop_timeout_ms" => Field::Whole(Box::new(|| self.stop_timeout_ms = None)),
            "restart" => Field::Whole(Box::new(|| self.restart = Restart::No)),
            "umask" => Field::Whole(Box::new(|| self.umask = None)),
            "rewrite" => Field::Whole(Box::new(|| self.rewrite.clear())),
            _ => return None,
        })
    }

    /// Whether every secret range lies in its field.
    pub(super) fn has_valid_secrets(&mut self) -> bool {
        let secrets = std::mem::take(&mut self.secrets);
        let is_valid = secrets.0.iter().all(|(name, ranges)| match self.field(name) {
            Some(Field::Bytes(value)) => is_ascending(ranges, value.0.len()),
            Some(Field::Ready(ready)) => {
                ready.as_ref().is_some_and(|ready| is_ascending(ranges, ready.written().0.len()))
            }
            Some(Field::Whole(_)) => ranges.is_empty(),
            None => false,
        });
        self.secrets = secrets;
        is_valid
    }

    /// Replaces the secret bytes.
    fn mask(&mut self) {
        for (name, ranges) in std::mem::take(&mut self.secrets).0 {
            match self.field(&name) {
                Some(Field::Bytes(value)) => *value = masked(value, &ranges),
                Some(Field::Ready(ready)) => {
                    *ready =
                        ready.take().and_then(|ready| Ready::read(&masked(ready.written(), &ranges).0).ok());
                }
                Some(Field::Whole(reset)) => reset(),
                None => {}
            }
        }
    }
}

fn is_ascending(ranges: &[[usize; 2]], length: usize) -> bool {
    let inside = ranges.iter().all(|[start, end]| start < end && *end <= length);
    !ranges.is_empty() && inside && ranges.windows(2).all(|pair| pair[0][1] < pair[1][0])
}

fn masked(value: &ByteString, ranges: &[[usize; 2]]) -> ByteString {
    let mut masked = Vec::with_capacity(value.0.len());
    let mut shown = 0;
    for [start, end] in ranges {
        masked.extend_from_slice(&value.0[shown..*start]);
        masked.extend_from_slice(MASK);
        shown = *end;
    }
    masked.extend_from_slice(&value.0[shown..]);
    ByteString(masked)
}

impl Plan {
    /// The plan without its secrets: what `--plan` would have shown of the line.
    #[must_use]
    pub fn masked(mut self) -> Self {
        for file in &mut self.files {
            self.masked |= !file.secrets.0.is_empty();
            file.mask();
        }
        for process in self.setup.iter_mut().chain(&mut self.processes) {
            self.masked |= !process.secrets.0.is_empty();
            process.mask();
        }
        self
    }
}
