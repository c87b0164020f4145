//! `--output prefix` and `json` with two processes that write 100 MB of 100-byte lines each, against two
//! `sed 's/^/x | /'` side by side, and against honcho where `MONOFY_HONCHO` names it. All run in turn, and what
//! counts is the ratio of the medians (contract, 6). CPU is that of who passes the lines on alone.
//!
//! `cargo bench --bench output`; `MONOFY_STATIC` names another binary to measure.

use std::fs::{File, read_to_string};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

const LINES: usize = 1_000_000;
const ROUNDS: usize = 11;
/// honcho takes minutes for what the others do in less than a second: it gets the hundredth part.
const PART: usize = 100;

fn monofy() -> PathBuf {
    std::env::var_os("MONOFY_STATIC")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_monofy")), PathBuf::from)
}

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// Where the lines go.
#[derive(Clone, Copy)]
enum Sink {
    /// Nowhere, at once.
    Null,
    /// To a reader.
    Reader,
}

/// A folder with the lines, and a pipe at which the processes wait for each other.
struct Scene {
    folder: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("monofy-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        write_lines(&folder.join("lines"), LINES);
        write_lines(&folder.join("part"), LINES / PART);
        nix::unistd::mkfifo(&folder.join("fifo"), nix::sys::stat::Mode::from_bits_truncate(0o600))
            .expect("a FIFO can be made");
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Two processes that write all their lines before either exits.
    fn processes(&self, lines: &str) -> [String; 2] {
        let (lines, fifo) = (self.path(lines), self.path("fifo"));
        [format!("cat {lines}; echo >{fifo}"), format!("cat {lines}; read line <{fifo}")]
    }

    fn monofy(&self, output: &str, sink: Sink) -> Cost {
        let [first, second] = self.processes("lines");
        let mut command = Command::new(monofy());
        command.args(["--quiet", "--output", output, "--no-defaults", "--name", "x", "sh", "-c", &first]);
        command.args(["|||", "--name", "y", "sh", "-c", &second]);
        measure(sink, move |stdout| vec![command.stdout(stdout()).spawn().expect("monofy starts")])
    }

    fn sed(&self, sink: Sink) -> Cost {
        let mut sources: Vec<Child> = Vec::new();
        let cost = measure(sink, |stdout| {
            let mut one = |script: &str| {
                let mut source = Command::new("sh");
                source.args(["-c", script]).stdout(Stdio::piped());
                sources.push(source.spawn().expect("there is a sh"));
                let lines = sources.last_mut().and_then(|source| source.stdout.take());
                let mut sed = Command::new("sed");
                sed.arg("s/^/x | /").stdin(lines.expect("it was asked for")).stdout(stdout());
                sed.spawn().expect("there is a sed")
            };
            self.processes("lines").map(|script| one(&script)).into()
        });
        for source in &mut sources {
            source.wait().expect("it ends");
        }
        cost
    }

    fn honcho(&self, honcho: &Path) -> Cost {
        let [first, second] = self.processes("part");
        let file = self.folder.join("Procfile");
        std::fs::write(&file, format!("x: {first}\ny: {second}\n")).expect("a file can be written");
        measure(Sink::Null, move |stdout| {
            let mut command = Command::new(honcho);
            command.arg("--procfile").arg(file).arg("start").stdout(stdout()).stderr(Stdio::null());
            vec![command.spawn().expect("honcho starts")]
        })
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn write_lines(path: &Path, count: usize) {
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file can be made"));
    for index in 0..count {
        writeln!(
            file,
            "{index:010} {:<88}",
            "a line of a log as it is, with some words and numbers 12345 in it"
        )
        .expect("it can be written");
    }
}

fn measure(sink: Sink, start: impl FnOnce(&dyn Fn() -> Stdio) -> Vec<Child>) -> Cost {
    let began = Instant::now();
    let mut reader = None;
    let stdout: Box<dyn Fn() -> Stdio> = match sink {
        Sink::Null => Box::new(Stdio::null),
        Sink::Reader => {
            let mut cat = Command::new("cat");
            let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("there is a cat");
            let stdin: OwnedFd = cat.stdin.take().expect("it was asked for").into();
            reader = Some(cat);
            Box::new(move || Stdio::from(stdin.try_clone().expect("a descriptor is left")))
        }
    };
    let mut children = start(&*stdout);
    drop(stdout);
    let mut cpu = Duration::ZERO;
    for child in &mut children {
        let pid = i32::try_from(child.id()).expect("a pid fits");
        waitid(Id::Pid(Pid::from_raw(pid)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("it ends");
        let times = read_to_string(format!("/proc/{pid}/schedstat")).expect("there is a /proc");
        let nanoseconds = times.split(' ').next().and_then(|time| time.parse().ok());
        cpu += Duration::from_nanos(nanoseconds.expect("it begins with a time"));
        assert!(child.wait().expect("it ended").success(), "it fails");
    }
    if let Some(mut reader) = reader {
        reader.wait().expect("it ends");
    }
    Cost { wall: began.elapsed(), cpu }
}

fn median(costs: &[Cost], of: impl Fn(&Cost) -> Duration) -> f64 {
    let mut times: Vec<Duration> = costs.iter().map(of).collect();
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

fn tell(what: &str, ours: &[Cost], theirs: &[Cost], scale: f64) {
    let (wall, cpu) = (median(ours, |cost| cost.wall), median(ours, |cost| cost.cpu));
    let (their_wall, their_cpu) =
        (median(theirs, |cost| cost.wall) * scale, median(theirs, |cost| cost.cpu) * scale);
    println!(
        "{what}: wall {wall:.3} s of {their_wall:.3} s, ratio {:.3}; CPU {cpu:.3} s of {their_cpu:.3} s, ratio {:.3}",
        wall / their_wall,
        cpu / their_cpu
    );
}

fn main() {
    let scene = Scene::new();
    for (to, sink) in [("/dev/null", Sink::Null), ("a reader", Sink::Reader)] {
        let (mut prefix, mut json, mut sed) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            sed.push(scene.sed(sink));
            prefix.push(scene.monofy("prefix", sink));
            json.push(scene.monofy("json", sink));
        }
        tell(&format!("prefix to {to}, against two sed"), &prefix, &sed, 1.0);
        tell(&format!("json to {to}, against two sed"), &json, &sed, 1.0);
    }
    let Some(honcho) = std::env::var_os("MONOFY_HONCHO").map(PathBuf::from) else { return };
    let (mut prefix, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        theirs.push(scene.honcho(&honcho));
        prefix.push(scene.monofy("prefix", Sink::Null));
    }
    tell("prefix, against honcho", &prefix, &theirs, f64::from(u32::try_from(PART).unwrap_or(u32::MAX)));
}
