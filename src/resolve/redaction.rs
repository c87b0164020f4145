//! Builds the commands of the plan, with secrets masked or marked.

use crate::plan::{ByteString, Check, Process, SecretDisplay, SecretRanges};
use crate::resolve::command::{GivenCheck, ResolvedCommand};
use crate::resolve::secrecy::Secrecy;
use crate::template::TaintedBytes;

/// Masks secrets, or records where they are.
pub(super) struct Redaction {
    display: SecretDisplay,
    has_masked: bool,
}

impl Redaction {
    pub(super) fn new(display: SecretDisplay) -> Self {
        Self { display, has_masked: false }
    }

    /// Whether a secret was masked.
    pub(super) fn has_masked(&self) -> bool {
        self.has_masked
    }
}

/// The redaction of the fields of one command or file.
pub(super) struct FieldRedaction<'r> {
    redaction: &'r mut Redaction,
    secrets: SecretRanges,
}

impl<'r> FieldRedaction<'r> {
    pub(super) fn new(redaction: &'r mut Redaction) -> Self {
        Self { redaction, secrets: SecretRanges::default() }
    }

    /// Where the secrets are that are not masked.
    pub(super) fn into_secrets(self) -> SecretRanges {
        self.secrets
    }

    pub(super) fn bytes(&mut self, field: impl FnOnce() -> String, value: TaintedBytes) -> ByteString {
        if !value.has_secret() {
            return ByteString(value.into_bytes());
        }
        match self.redaction.display {
            SecretDisplay::Mask => {
                self.redaction.has_masked = true;
                ByteString(value.masked())
            }
            SecretDisplay::Show => {
                self.secrets.0.insert(field(), ranges(&value));
                ByteString(value.into_bytes())
            }
        }
    }

    pub(super) fn optional_bytes(&mut self, field: &str, value: Option<TaintedBytes>) -> Option<ByteString> {
        value.map(|value| self.bytes(|| field.to_owned(), value))
    }

    /// A value that is left out if it is secret, since it cannot be masked in part.
    fn whole<T>(&mut self, field: &str, value: Option<(T, Secrecy)>) -> Option<T> {
        match (value?, self.redaction.display) {
            ((value, Secrecy::Public), _) => Some(value),
            ((_, Secrecy::Secret), SecretDisplay::Mask) => {
                self.redaction.has_masked = true;
                None
            }
            ((value, Secrecy::Secret), SecretDisplay::Show) => {
                self.secrets.0.insert(field.to_owned(), Vec::new());
                Some(value)
            }
        }
    }

    /// A check that is left out if it makes no sense without the secret.
    fn check(&mut self, field: impl FnOnce() -> String, given: GivenCheck) -> Option<Check> {
        let GivenCheck { check, value, .. } = given;
        if !value.has_secret() {
            return Some(check);
        }
        match self.redaction.display {
            SecretDisplay::Mask => {
                self.redaction.has_masked = true;
                Check::read(&value.masked()).ok()
            }
            SecretDisplay::Show => {
                self.secrets.0.insert(field(), ranges(&value));
                Some(check)
            }
        }
    }

    /// The checks of one option, and how they were written.
    fn checks(&mut self, field: &str, given: Vec<GivenCheck>) -> (Vec<Check>, Vec<ByteString>) {
        let templates = given.iter().map(|given| given.template.clone()).collect();
        let checks = given.into_iter().enumerate();
        let checks =
            checks.filter_map(|(index, given)| self.check(|| format!("{field}[{index}]"), given)).collect();
        (checks, templates)
    }
}

fn ranges(value: &TaintedBytes) -> Vec<[usize; 2]> {
    value.secret_ranges().iter().map(|range| [range.start, range.end]).collect()
}

impl ResolvedCommand {
    /// The command of the plan.
    pub(super) fn into_process(self, name: String, after: Vec<String>, redaction: &mut Redaction) -> Process {
        let mut redaction = FieldRedaction::new(redaction);
        let argv = self.argv.into_iter().enumerate();
        let argv = argv.map(|(index, value)| redaction.bytes(|| format!("argv[{index}]"), value)).collect();
        let env = self.env.into_iter().map(|(name, value)| {
            let value = redaction.bytes(|| format!("env.{name}"), value);
            (name, value)
        });
        let env = env.collect();
        let (wait, wait_template) = redaction.checks("wait", self.wait);
        let (alive, alive_template) = redaction.checks("alive", self.alive);
        Process {
            name,
            argv,
            template: self.template,
            env,
            stop_signal: redaction.whole("stop_signal", self.stop_signal),
            stop_timeout_ms: redaction.whole("stop_timeout_ms", self.stop_timeout),
            user: redaction.optional_bytes("user", self.user),
            workdir: redaction.optional_bytes("workdir", self.workdir),
            tty: self.tty,
            restart: redaction.whole("restart", self.restart).unwrap_or_default(),
            ready: self.ready.and_then(|ready| redaction.check(|| "ready".to_owned(), ready)),
            ready_template: self.ready_template,
            wait,
            wait_template,
            alive,
            alive_template,
            after,
            once: self.once,
            creates: redaction.optional_bytes("creates", self.creates),
            umask: redaction.whole("umask", self.umask),
            rewrite: redaction.whole("rewrite", self.rewrite).unwrap_or_default(),
            secrets: redaction.into_secrets(),
        }
    }
}
