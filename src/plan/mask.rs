//! Masks the secrets of a plan.

use crate::plan::{ByteString, Check, Plan, Process, RenderedFile, Restart, SecretRanges};

/// A field of a command that may be secret.
enum Field<'p> {
    /// Any bytes, which can be masked in part.
    Bytes(&'p mut ByteString),
    /// A check, which is left out if it makes no sense without the secret.
    Check(&'p Check),
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
        let masked = self.secrets.0.get(field).map(|ranges| value.masked(ranges));
        let text = String::from_utf8_lossy(&masked.as_ref().unwrap_or(value).0).into_owned();
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
    }

    fn mask(&mut self) {
        for (name, ranges) in std::mem::take(&mut self.secrets).0 {
            if let Some(value) = self.field(&name) {
                *value = value.masked(&ranges);
            }
        }
    }
}

impl Process {
    /// The field with this name, if the command has it.
    fn field(&mut self, name: &str) -> Option<Field<'_>> {
        if let Some(index) = name.strip_prefix("argv").and_then(index) {
            return self.argv.get_mut(index).map(Field::Bytes);
        }
        if let Some(variable) = name.strip_prefix("env.") {
            return self.env.get_mut(variable).map(Field::Bytes);
        }
        for (list, checks) in [("wait", &self.wait), ("alive", &self.alive)] {
            if let Some(index) = name.strip_prefix(list).and_then(index) {
                return checks.get(index).map(Field::Check);
            }
        }
        Some(match name {
            "user" => Field::Bytes(self.user.as_mut()?),
            "workdir" => Field::Bytes(self.workdir.as_mut()?),
            "creates" => Field::Bytes(self.creates.as_mut()?),
            "ready" => Field::Check(self.ready.as_ref()?),
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
            Some(Field::Check(check)) => is_ascending(ranges, check.written().0.len()),
            Some(Field::Whole(_)) => ranges.is_empty(),
            None => false,
        });
        self.secrets = secrets;
        is_valid
    }

    /// Replaces the secret bytes.
    fn mask(&mut self) {
        let secrets = std::mem::take(&mut self.secrets);
        self.ready = self.ready.take().and_then(|ready| masked_check(ready, "ready", &secrets));
        for (list, checks) in [("wait", &mut self.wait), ("alive", &mut self.alive)] {
            let masked = |(index, check)| masked_check(check, &format!("{list}[{index}]"), &secrets);
            *checks = std::mem::take(checks).into_iter().enumerate().filter_map(masked).collect();
        }
        for (name, ranges) in secrets.0 {
            match self.field(&name) {
                Some(Field::Bytes(value)) => *value = value.masked(&ranges),
                Some(Field::Whole(reset)) => reset(),
                Some(Field::Check(_)) | None => {}
            }
        }
    }
}

/// A check without its secrets, unless it makes no sense without them.
fn masked_check(check: Check, field: &str, secrets: &SecretRanges) -> Option<Check> {
    match secrets.0.get(field) {
        Some(ranges) => check.masked(ranges),
        None => Some(check),
    }
}

/// The number in `[1]`.
fn index(text: &str) -> Option<usize> {
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn is_ascending(ranges: &[[usize; 2]], length: usize) -> bool {
    let inside = ranges.iter().all(|[start, end]| start < end && *end <= length);
    !ranges.is_empty() && inside && ranges.windows(2).all(|pair| pair[0][1] < pair[1][0])
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
