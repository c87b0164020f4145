//! Plans as JSON, by hand: see [`json_writer`](crate::plan::format::json_writer) for the reason.

use crate::plan::format::json_writer::JsonWriter;
use crate::plan::{
    Output, Plan, Process, RenderedFile, Rewrite, Settings, Skipped, SkippedKind, Timeout, Variable,
    Verbosity,
};

impl Plan {
    pub(in crate::plan) fn write(&self, writer: &mut JsonWriter<'_>) {
        writer.object(|writer| {
            writer.key("version").number(self.version);
            writer.key("masked").flag(self.masked);
            writer.key("files").list(&self.files, file);
            writer.key("setup").list(&self.setup, process);
            writer.key("processes").list(&self.processes, process);
            writer.key("settings").object(|writer| settings(writer, self.settings));
            writer.key("variables").list(&self.variables, variable);
            writer.key("warnings").list(&self.warnings, |writer, warning| writer.text(warning));
            writer.key("skipped").list(&self.skipped, skipped);
            writer.key("problems").list(&self.problems, |writer, problem| writer.text(problem));
        });
    }
}

fn file(writer: &mut JsonWriter<'_>, file: &RenderedFile) {
    writer.object(|writer| {
        writer.key("source").bytes(&file.source);
        writer.key("destination").bytes(&file.destination);
        writer.key("mode").number(file.mode);
        writer.key("owner").maybe(file.owner.as_ref(), JsonWriter::bytes);
        writer.key("content").bytes(&file.content);
        writer.key("variables").list(&file.variables, |writer, name| writer.text(name));
        writer.key("secrets").object(|writer| {
            for (field, ranges) in &file.secrets.0 {
                writer
                    .entry(field)
                    .list(ranges, |writer, range| writer.list(range, |writer, at| writer.count(*at)));
            }
        });
    });
}

fn process(writer: &mut JsonWriter<'_>, process: &Process) {
    writer.object(|writer| {
        writer.key("name").text(&process.name);
        writer.key("argv").list(&process.argv, JsonWriter::bytes);
        if !process.template.is_empty() {
            writer.key("template").list(&process.template, JsonWriter::bytes);
        }
        writer.key("env").object(|writer| {
            for (name, value) in &process.env {
                writer.entry(name).bytes(value);
            }
        });
        writer.key("stop_signal").maybe(process.stop_signal, |writer, signal| writer.word(&signal.name()));
        writer.key("stop_timeout_ms").maybe(process.stop_timeout_ms, timeout);
        writer.key("user").maybe(process.user.as_ref(), JsonWriter::bytes);
        writer.key("workdir").maybe(process.workdir.as_ref(), JsonWriter::bytes);
        writer.key("tty").flag(process.tty);
        writer.key("restart").word(&process.restart.to_string());
        writer.key("ready").maybe(process.ready.as_ref(), |writer, ready| writer.bytes(ready.written()));
        writer.key("ready_template").maybe(process.ready_template.as_ref(), JsonWriter::bytes);
        writer.key("wait").list(&process.wait, |writer, check| writer.bytes(check.written()));
        writer.key("wait_template").list(&process.wait_template, JsonWriter::bytes);
        writer.key("alive").list(&process.alive, |writer, check| writer.bytes(check.written()));
        writer.key("alive_template").list(&process.alive_template, JsonWriter::bytes);
        writer.key("after").list(&process.after, |writer, name| writer.text(name));
        writer.key("once").flag(process.once);
        writer.key("creates").maybe(process.creates.as_ref(), JsonWriter::bytes);
        writer.key("umask").maybe(process.umask, JsonWriter::number);
        writer.key("rewrite").list(&process.rewrite, |writer, pair| rewrite(writer, *pair));
        writer.key("secrets").object(|writer| {
            for (field, ranges) in &process.secrets.0 {
                writer
                    .entry(field)
                    .list(ranges, |writer, range| writer.list(range, |writer, at| writer.count(*at)));
            }
        });
    });
}

fn rewrite(writer: &mut JsonWriter<'_>, rewrite: Rewrite) {
    writer.object(|writer| {
        writer.key("from").word(&rewrite.from.name());
        writer.key("to").maybe(rewrite.to, |writer, signal| writer.word(&signal.name()));
    });
}

fn skipped(writer: &mut JsonWriter<'_>, skipped: &Skipped) {
    writer.object(|writer| {
        writer.key("name").text(&skipped.name);
        writer.key("kind").word(match skipped.kind {
            SkippedKind::Setup => "setup",
            SkippedKind::Process => "process",
            SkippedKind::File => "file",
        });
        writer.key("reason").text(&skipped.reason);
    });
}

fn settings(writer: &mut JsonWriter<'_>, settings: Settings) {
    writer.key("grace_ms").maybe(settings.grace_ms, timeout);
    writer.key("start_timeout_ms").maybe(settings.start_timeout_ms, timeout);
    writer.key("output").word(match settings.output {
        Output::Raw => "raw",
        Output::Prefix => "prefix",
        Output::Json => "json",
    });
    writer.key("strict").flag(settings.strict);
    writer.key("verbosity").word(match settings.verbosity {
        Verbosity::Quiet => "quiet",
        Verbosity::Normal => "normal",
        Verbosity::Verbose => "verbose",
    });
    writer.key("ready_fd").maybe(settings.ready_fd, JsonWriter::number);
}

/// A plan may have thousands of variables, so each is written in a few pieces.
fn variable(writer: &mut JsonWriter<'_>, variable: &Variable) {
    writer.raw("{\n      \"name\": ");
    writer.text(&variable.name);
    writer.raw(",\n      \"source\": \"");
    writer.raw(variable.source.name());
    writer.raw(if variable.secret {
        "\",\n      \"secret\": true\n    }"
    } else {
        "\",\n      \"secret\": false\n    }"
    });
}

fn timeout(writer: &mut JsonWriter<'_>, timeout: Timeout) {
    match timeout {
        Timeout::After(duration) => writer.number(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        Timeout::Never => writer.word("none"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;
    use crate::plan::{ByteString, Check, Restart, SecretRanges, VERSION, VariableSource};
    use crate::signal::SignalNumber;

    const BYTES: [&[u8]; 5] =
        [b"plain", b"", "zw\u{f6}lf \"\\\n\x01\x7f".as_bytes(), b"\xff\x00a", b"a\xffb\"cdefgh"];

    fn bytes() -> Vec<ByteString> {
        BYTES.iter().map(|bytes| ByteString(bytes.to_vec())).collect()
    }

    fn rendered() -> RenderedFile {
        RenderedFile {
            source: ByteString(b"in".to_vec()),
            destination: ByteString(b"\xffout".to_vec()),
            mode: 0o640,
            owner: Some(ByteString(b"www-data".to_vec())),
            content: ByteString("a \"secret\"\n".into()),
            variables: vec!["A".to_owned()],
            secrets: SecretRanges(BTreeMap::from([("content".to_owned(), vec![[3, 9]])])),
        }
    }

    fn minimal() -> Process {
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
            wait: Vec::new(),
            wait_template: Vec::new(),
            alive: Vec::new(),
            alive_template: Vec::new(),
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
            ready: Check::read(b"exec:a \"b\"").ok(),
            ready_template: Some("exec:$A".into()),
            wait: Check::read(b"tcp:db:5432").into_iter().chain(Check::read(b"file:/\xff")).collect(),
            wait_template: vec!["tcp:$A".into(), ByteString(b"file:/\xff".to_vec())],
            alive: Check::read(b"http:80/\"").into_iter().collect(),
            alive_template: vec!["http:80/\"".into()],
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
            ..minimal()
        }
    }

    /// A plan in which every field is set.
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
            files: vec![rendered()],
            version: VERSION,
            masked: true,
            setup: vec![minimal()],
            processes: vec![full(), minimal()],
            settings: Settings {
                grace_ms,
                start_timeout_ms: grace_ms,
                output,
                strict: true,
                verbosity,
                ready_fd: Some(-7),
            },
            variables: sources.into_iter().map(variable).collect(),
            warnings: vec!["a\n  ^".to_owned()],
            skipped: vec![
                Skipped { name: "a\"".to_owned(), kind: SkippedKind::Setup, reason: "--if".to_owned() },
                Skipped { name: "b".to_owned(), kind: SkippedKind::Process, reason: "--only".to_owned() },
                Skipped { name: "/etc/x".to_owned(), kind: SkippedKind::File, reason: "when".to_owned() },
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
    fn the_output_is_that_of_serde_json() {
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
    fn a_plan_longer_than_the_buffer_is_written_whole() {
        let mut plan = plan(Output::Raw, Verbosity::Quiet, None);
        plan.processes = vec![full(); 500];
        assert_eq!(written(&plan), serde_json::to_string_pretty(&plan).unwrap() + "\n");
    }
}
