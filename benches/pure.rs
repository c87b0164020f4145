//! Measures the pure parts alone: the template language, the assembly of lines and the state machine.
//!
//! `cargo bench --bench pure`. The figures for users are those of `contract`; these locate a change in them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use monofy::exit::ExitReason;
use monofy::output::{LineAssembler, LineSink, Part};
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervisor::{Children, Config, Event, Grace, JobControl, Machine, Task, TaskId, Tick, Wake};
use monofy::sys::process::Pid;
use monofy::sys::signals::{Origin, Received};
use monofy::sys::spawn::Grouping;
use monofy::template::{Content, Scope, TaintedBytes, Template, UnsetPolicy, Value};

const TEMPLATES: [(&str, &str); 4] = [
    ("literal", "--bind=0.0.0.0:8000"),
    ("default", "--bind=${HOST:-0.0.0.0}:${PORT:-8000}"),
    ("nested", "$<CONF:-{\"workers\":${WORKERS:-${PORT:-2}}}>"),
    ("replaced", "${PATH//:/ } ${HOST%%.*} ${#PATH}"),
];

struct Variables;

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let value: &[u8] = match name {
            "HOST" => b"db.example.org",
            "PATH" => b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            _ => return None,
        };
        Some(Value { content: Content::Scalar(value), secret: false })
    }

    fn assign(&mut self, _: &str, _: TaintedBytes) {}
}

fn language(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("language");
    for (name, source) in TEMPLATES {
        group.bench_function(format!("parse {name}"), |bencher| {
            bencher.iter(|| Template::parse(black_box(source.as_bytes())));
        });
        let template = Template::parse(source.as_bytes());
        group.bench_function(format!("expand {name}"), |bencher| {
            bencher.iter(|| template.expand(black_box(&mut Variables), UnsetPolicy::Empty));
        });
    }
}

/// Counts bytes.
#[derive(Default)]
struct Counter(usize);

impl LineSink for Counter {
    fn has_room(&mut self) -> bool {
        true
    }

    fn take(&mut self, part: Part<'_>) {
        self.0 += part.bytes.len();
    }
}

fn lines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lines");
    for length in [20, 100, 1000] {
        let mut line = vec![b'm'; length - 1];
        line.push(b'\n');
        let read = line.repeat(64 * 1024 / length);
        group.throughput(Throughput::Bytes(read.len() as u64));
        group.bench_function(format!("assemble lines of {length} bytes"), |bencher| {
            let (mut assembler, mut counter) = (LineAssembler::default(), Counter::default());
            // A read does not end at the end of a line.
            let (first, second) = read.split_at(read.len() / 2 + 7);
            bencher.iter(|| {
                assembler.feed(black_box(first), &mut counter);
                assembler.feed(black_box(second), &mut counter);
            });
            assert!(counter.0 > 0);
        });
    }
}

fn pid(index: usize) -> Pid {
    Pid::new(100 + i32::try_from(index).expect("there are few"))
}

/// A machine with this many running processes.
fn running(count: usize) -> Machine {
    let config = Config {
        grace: Grace::ByCause,
        start_timeout: None,
        job_control: JobControl { grouping: Grouping::Own, leads_session: false },
        ignored: SignalSet::default(),
    };
    let mut machine = Machine::new(Vec::new(), vec![Task::new(None, None); count], config);
    machine.handle(Tick::ZERO, Event::Woke(&Wake::default()));
    machine.handle(Tick::ZERO, Event::ProgramsLookedUp(Ok(())));
    for index in 0..count {
        machine.handle(Tick::ZERO, Event::Woke(&Wake::default()));
        machine.handle(Tick::ZERO, Event::Spawned(TaskId(index), pid(index), SignalSet::default()));
    }
    while machine.next_action().is_some() {}
    machine
}

fn machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("machine");
    group.throughput(Throughput::Elements(1));
    let orphan = Wake {
        deaths: vec![(Pid::new(99_999), ExitReason::Exited(0))],
        children: Children::Left,
        ..Wake::default()
    };
    let signal = Received { signal: SignalNumber::HUP, origin: Origin::Process };
    let signal = Wake { signals: vec![signal], ..Wake::default() };
    for count in [2, 1000] {
        for (name, wake) in [("an orphan", &orphan), ("a signal", &signal)] {
            group.bench_function(format!("{name}, {count} processes"), |bencher| {
                let mut machine = running(count);
                bencher.iter(|| {
                    machine.handle(Tick::ZERO, Event::Woke(black_box(wake)));
                    while machine.next_action().is_some() {}
                });
            });
        }
        group.throughput(Throughput::Elements(2 * count as u64));
        group.bench_function(format!("start {count} processes"), |bencher| {
            bencher.iter(|| running(black_box(count)));
        });
        group.throughput(Throughput::Elements(1));
    }
}

criterion_group!(benches, language, lines, machine);
criterion_main!(benches);
