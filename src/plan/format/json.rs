//! A plan as JSON.

use crate::plan::format::json_writer::JsonWriter;
use crate::plan::{
    Output, Plan, Process, ProcessKind, Rewrite, Settings, Skipped, Timeout, Variable, Verbosity,
};

impl Plan {
    pub(in crate::plan) fn write(&self, page: &mut JsonWriter<'_>) {
        page.object(|page| {
            page.key("version").number(self.version);
            page.key("masked").flag(self.masked);
            page.key("setup").list(&self.setup, process);
            page.key("processes").list(&self.processes, process);
            page.key("settings").object(|page| settings(page, self.settings));
            page.key("variables").list(&self.variables, variable);
            page.key("warnings").list(&self.warnings, |page, warning| page.text(warning));
            page.key("skipped").list(&self.skipped, skipped);
            page.key("problems").list(&self.problems, |page, problem| page.text(problem));
        });
    }
}

fn process(page: &mut JsonWriter<'_>, process: &Process) {
    page.object(|page| {
        page.key("name").text(&process.name);
        page.key("argv").list(&process.argv, JsonWriter::bytes);
        if !process.template.is_empty() {
            page.key("template").list(&process.template, JsonWriter::bytes);
        }
        page.key("env").object(|page| {
            for (name, value) in &process.env {
                page.entry(name).bytes(value);
            }
        });
        page.key("stop_signal").maybe(process.stop_signal, |page, signal| page.word(&signal.name()));
        page.key("stop_timeout_ms").maybe(process.stop_timeout_ms, limit);
        page.key("user").maybe(process.user.as_ref(), JsonWriter::bytes);
        page.key("workdir").maybe(process.workdir.as_ref(), JsonWriter::bytes);
        page.key("tty").flag(process.tty);
        page.key("restart").word(&process.restart.to_string());
        page.key("ready").maybe(process.ready.as_ref(), |page, ready| page.bytes(ready.written()));
        page.key("ready_template").maybe(process.ready_template.as_ref(), JsonWriter::bytes);
        page.key("after").list(&process.after, |page, name| page.text(name));
        page.key("once").flag(process.once);
        page.key("creates").maybe(process.creates.as_ref(), JsonWriter::bytes);
        page.key("umask").maybe(process.umask, JsonWriter::number);
        page.key("rewrite").list(&process.rewrite, |page, pair| rewrite(page, *pair));
        page.key("secrets").object(|page| {
            for (field, ranges) in &process.secrets.0 {
                page.entry(field).list(ranges, |page, range| page.list(range, |page, at| page.count(*at)));
            }
        });
    });
}

fn rewrite(page: &mut JsonWriter<'_>, rewrite: Rewrite) {
    page.object(|page| {
        page.key("from").word(&rewrite.from.name());
        page.key("to").maybe(rewrite.to, |page, signal| page.word(&signal.name()));
    });
}

fn skipped(page: &mut JsonWriter<'_>, skipped: &Skipped) {
    page.object(|page| {
        page.key("name").text(&skipped.name);
        page.key("kind").word(match skipped.kind {
            ProcessKind::Setup => "setup",
            ProcessKind::Process => "process",
        });
        page.key("reason").text(&skipped.reason);
    });
}

fn settings(page: &mut JsonWriter<'_>, settings: Settings) {
    page.key("grace_ms").maybe(settings.grace_ms, limit);
    page.key("output").word(match settings.output {
        Output::Raw => "raw",
        Output::Prefix => "prefix",
        Output::Json => "json",
    });
    page.key("strict").flag(settings.strict);
    page.key("verbosity").word(match settings.verbosity {
        Verbosity::Quiet => "quiet",
        Verbosity::Normal => "normal",
        Verbosity::Verbose => "verbose",
    });
    page.key("ready_fd").maybe(settings.ready_fd, JsonWriter::number);
}

/// Of these there may be thousands, always in the same place: in a few pieces, laid out by hand.
fn variable(page: &mut JsonWriter<'_>, variable: &Variable) {
    page.raw("{\n      \"name\": ");
    page.text(&variable.name);
    page.raw(",\n      \"source\": \"");
    page.raw(variable.source.name());
    page.raw(if variable.secret {
        "\",\n      \"secret\": true\n    }"
    } else {
        "\",\n      \"secret\": false\n    }"
    });
}

fn limit(page: &mut JsonWriter<'_>, limit: Timeout) {
    match limit {
        Timeout::After(duration) => page.number(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        Timeout::Never => page.word("none"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::plan::{ByteString, Ready, Restart, SecretRanges, VERSION, VariableSource};
    use crate::signal::SignalNumber;

    const BYTES: [&[u8]; 5] =
        [b"plain", b"", "zw\u{f6}lf \"\\\n\x01\x7f".as_bytes(), b"\xff\x00a", b"a\xffb\"cdefgh"];

    fn bytes() -> Vec<ByteString> {
        BYTES.iter().map(|bytes| ByteString(bytes.to_vec())).collect()
    }

    fn bare() -> Process {
        Process {
            name: "b\"a".to_owned(),
            argv: bytes(),
            template: Vec::new(),
            env: BTreeMap::new(),
            stop_signal: None,
            stop_timeout_ms: None,
            user: None,
            workdir: None,
            tty: false,
            restart: Restart::No,
            ready: None,
            ready_template: None,
            after: Vec::new(),
            once: false,
            creates: None,
            umask: None,
            rewrite: Vec::new(),
            secrets: SecretRanges::default(),
        }
    }

    fn full() -> Process {
        let env = bytes().into_iter().enumerate().map(|(index, value)| (format!("N{index}"), value));
        Process {
            name: "f\u{fc}ll\t".to_owned(),
            template: bytes(),
            env: env.collect(),
            stop_signal: "RTMIN+3".parse().ok(),
            stop_timeout_ms: Some(Timeout::Never),
            user: Some("me\u{1}".into()),
            workdir: Some(ByteString(b"\xfe".to_vec())),
            tty: true,
            restart: Restart::OnFailure(NonZeroU32::new(3)),
            ready: Ready::read(b"exec:a \"b\"").ok(),
            ready_template: Some("exec:$A".into()),
            after: vec!["b\"a".to_owned(), "c".to_owned()],
            once: true,
            creates: Some(ByteString(b"/a\xff".to_vec())),
            umask: Some(0o27),
            rewrite: vec![
                Rewrite { from: SignalNumber::HUP, to: None },
                Rewrite { from: SignalNumber::INT, to: Some(SignalNumber::TERM) },
            ],
            secrets: SecretRanges(
                [("argv[1]".to_owned(), vec![[0, 3], [5, 9]]), ("stop_signal".to_owned(), Vec::new())].into(),
            ),
            ..bare()
        }
    }

    /// One with everything in it.
    fn plan(output: Output, verbosity: Verbosity, grace_ms: Option<Timeout>) -> Plan {
        let sources = [
            VariableSource::Set,
            VariableSource::Environment,
            VariableSource::EnvFile,
            VariableSource::NameFile,
            VariableSource::Defaults,
            VariableSource::Line,
            VariableSource::Unset,
        ];
        let variable =
            |source| Variable { name: "A".to_owned(), source, secret: source == VariableSource::Set };
        Plan {
            version: VERSION,
            masked: true,
            setup: vec![bare()],
            processes: vec![full(), bare()],
            settings: Settings { grace_ms, output, strict: true, verbosity, ready_fd: Some(-7) },
            variables: sources.into_iter().map(variable).collect(),
            warnings: vec!["a\n  ^".to_owned()],
            skipped: vec![
                Skipped { name: "a\"".to_owned(), kind: ProcessKind::Setup, reason: "--if".to_owned() },
                Skipped { name: "b".to_owned(), kind: ProcessKind::Process, reason: "--only".to_owned() },
            ],
            problems: Vec::new(),
        }
    }

    fn written(plan: &Plan) -> String {
        let mut json = Vec::new();
        plan.write_json(&mut json).unwrap();
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn it_is_what_serde_json_makes_of_it() {
        let longest = Timeout::After(Duration::MAX);
        for plan in [
            plan(Output::Raw, Verbosity::Quiet, None),
            plan(Output::Prefix, Verbosity::Normal, Some(Timeout::After(Duration::from_millis(1500)))),
            plan(Output::Json, Verbosity::Verbose, Some(longest)),
            Plan { setup: Vec::new(), variables: Vec::new(), ..plan(Output::Raw, Verbosity::Quiet, None) },
        ] {
            assert_eq!(written(&plan), serde_json::to_string_pretty(&plan).unwrap() + "\n");
        }
    }

    #[test]
    fn one_that_is_longer_than_what_is_written_at_once_is_whole() {
        let mut plan = plan(Output::Raw, Verbosity::Quiet, None);
        plan.processes = vec![full(); 500];
        assert_eq!(written(&plan), serde_json::to_string_pretty(&plan).unwrap() + "\n");
    }
}
