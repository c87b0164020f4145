//! The Docker engine, the images of a test run, and containers that are removed with their test.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};

use crate::support::{Finished, Folder, Lines, Run, Running, has_tool, in_path};

/// An empty image with monofy as the entry point, and busybox.
const SCRATCH: &str = "\
FROM scratch
COPY bin /bin
ENV PATH=/bin
ENTRYPOINT [\"/bin/monofy\"]
";

/// The applets of busybox that the tests use.
const APPLETS: &str = "cat echo grep httpd ls ps rm setsid sh sleep sort test touch tr true wc";

/// The image of an application, with a CMD in exec form and named users.
const APPLICATION: &str = r#"
COPY etc /etc
COPY www /www
ENTRYPOINT []
HEALTHCHECK --interval=1s --retries=1 CMD ["monofy", "--health"]
CMD ["monofy", "sh", "-c", "echo setting up", "&&", \
     "sh", "-c", "echo listening on $0; exec sleep 100", "${PORT:-8000}", "|||", \
     "sh", "-c", "echo working by $0; exec sleep 100", "$<QUEUES:-{\"default\":1}>", "|||", \
     "sh", "-c", "echo hello $0; exec sleep 100", "${GREETED}"]
"#;

/// What the web server of the application answers: 503 while there is a file.
const HEALTH: &str = "\
#!/bin/sh
test -e /tmp/down && echo 'Status: 503 Service Unavailable'
echo
";

/// Removes the images and remaining containers and networks of a test run once the run (process `$0`) has ended.
const SWEEP: &str = r#"
while kill -0 "$0" 2>/dev/null; do sleep 0.2; done
docker ps -aq --filter "label=$1" | xargs -r docker rm -f
docker network ls -q --filter "label=$1" | xargs -r docker network rm
docker rmi -f "$2-application" "$2"
"#;

/// The images of a test run.
pub struct Images {
    run: String,
}

impl Images {
    /// The images of this test run, which its first test builds. `None` if a tool is missing.
    pub fn get() -> Option<Self> {
        let has_engine =
            in_path("docker") && docker(["version", "--format", "{{.Server.Version}}"]).finish().status == 0;
        if !has_tool("a Docker engine", has_engine) {
            return None;
        }
        let busybox = static_busybox();
        if !has_tool("a static busybox (Debian: busybox-static)", busybox.is_some()) {
            return None;
        }
        // nextest gives the run an id and every test a process; without it the process is the run.
        let run = env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| std::process::id().to_string());
        let images = Self { run };
        images.build_once(&busybox?);
        Some(images)
    }

    fn scratch(&self) -> String {
        format!("monofy-test:{}", self.run)
    }

    fn application(&self) -> String {
        format!("{}-application", self.scratch())
    }

    fn label(&self) -> String {
        format!("monofy-test={}", self.run)
    }

    fn build_once(&self, busybox: &Path) {
        let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("images.lock"))
            .expect("a file can be created");
        let _lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error).expect("a lock");
        if docker(["image", "inspect", &self.application()]).finish().status == 0 {
            return;
        }
        let context = Folder::new();
        Self::fill(context.path(), busybox);
        let application = format!("FROM {}{APPLICATION}", self.scratch());
        for (tag, dockerfile) in [(self.scratch(), SCRATCH), (self.application(), &application)] {
            let file = context.file("Dockerfile", dockerfile);
            let mut build = Command::new("docker");
            build.args(["build", "-q", "-t", &tag, "-f"]).arg(file).arg(context.path());
            assert_ran(&mut build);
        }
        self.sweep_later();
    }

    fn fill(context: &Path, busybox: &Path) {
        let bin = context.join("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::copy(static_monofy(), bin.join("monofy")).unwrap();
        fs::copy(busybox, bin.join("busybox")).unwrap();
        for applet in APPLETS.split(' ') {
            symlink("busybox", bin.join(applet)).unwrap();
        }
        fs::create_dir_all(context.join("etc")).unwrap();
        fs::write(context.join("etc/passwd"), "root:x:0:0::/:/bin/sh\nweb:x:1500:1501::/:/bin/sh\n").unwrap();
        fs::write(context.join("etc/group"), "root:x:0:\nweb:x:1501:\nlogs:x:1600:web\n").unwrap();
        fs::create_dir_all(context.join("www/cgi-bin")).unwrap();
        let health = context.join("www/cgi-bin/health");
        fs::write(&health, HEALTH).unwrap();
        fs::set_permissions(&health, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Starts the removal, which outlives the tests: no test knows that it is the last one.
    fn sweep_later(&self) {
        let run = if env::var_os("NEXTEST_RUN_ID").is_some() { parent_id() } else { std::process::id() };
        let mut sweeper = Command::new("sh");
        sweeper.args(["-c", SWEEP, &run.to_string(), &self.label(), &self.scratch()]).process_group(0);
        sweeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[expect(clippy::zombie_processes, reason = "it ends after this process has")]
        sweeper.spawn().expect("there is a sh");
    }

    /// Starts monofy with these arguments in a container.
    pub fn start(&self, options: &[&str], arguments: &[&str]) -> Container {
        self.start_image(&self.scratch(), options, arguments)
    }

    /// Runs monofy with these arguments in a container to its end.
    pub fn finish(&self, options: &[&str], arguments: &[&str]) -> Finished {
        self.start(options, arguments).finish()
    }

    /// Starts the application with its CMD, or with another command.
    pub fn start_application(&self, options: &[&str], command: &[&str]) -> Container {
        self.start_image(&self.application(), options, command)
    }

    fn start_image(&self, image: &str, options: &[&str], command: &[&str]) -> Container {
        let run = ["run", "--detach", "--label", &self.label()];
        let started = docker([&run, options, &[image], command].concat()).finish();
        started.assert_status(0);
        let id = started.stdout.trim().to_owned();
        let logs = docker(["logs", "--follow", &id]).start();
        Container { id, logs }
    }

    /// Creates a network, in which containers find each other by their names.
    pub fn network(&self) -> Network {
        let created = docker(["network", "create", "--label", &self.label(), &self.network_name()]).finish();
        created.assert_status(0);
        Network { id: created.stdout.trim().to_owned() }
    }

    fn network_name(&self) -> String {
        format!("monofy-test-{}-{}", self.run, std::process::id())
    }

    /// The arguments of a `docker run` in the foreground.
    pub fn in_foreground(&self, options: &[&str], arguments: &[&str]) -> Vec<String> {
        let (label, image) = (self.label(), self.scratch());
        let run = ["run", "--interactive", "--rm", "--label", &label];
        [&run, options, &[&image], arguments].concat().into_iter().map(String::from).collect()
    }
}

/// A network, removed on drop. Its containers have to be gone by then.
pub struct Network {
    /// Its id.
    pub id: String,
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = docker(["network", "rm", &self.id]).finish();
    }
}

/// A container, removed on drop.
pub struct Container {
    id: String,
    logs: Running,
}

impl Container {
    /// Its stdout, from `docker logs`.
    pub fn stdout(&self) -> &Lines {
        &self.logs.stdout
    }

    /// Its stderr, from `docker logs`.
    pub fn stderr(&self) -> &Lines {
        &self.logs.stderr
    }

    /// Runs `docker stop` with Docker's default of 10 s and returns its duration.
    pub fn stop(&self) -> Duration {
        let began = Instant::now();
        docker(["stop", &self.id]).finish().assert_status(0);
        began.elapsed()
    }

    /// `docker kill -s`.
    pub fn signal(&self, name: &str) {
        docker(["kill", "-s", name, &self.id]).finish().assert_status(0);
    }

    /// `docker exec`, in the background.
    pub fn execute(&self, command: &[&str]) {
        docker([&["exec", "--detach", &self.id], command].concat()).finish().assert_status(0);
    }

    /// `docker exec`, in the foreground.
    pub fn run(&self, command: &[&str]) -> Finished {
        docker([&["exec", &self.id], command].concat()).finish()
    }

    /// `docker exec` of a command that succeeds; returns its stdout.
    pub fn ask(&self, command: &[&str]) -> String {
        let asked = self.run(command);
        asked.assert_status(0);
        asked.stdout
    }

    /// The pid of its PID 1 on the host.
    pub fn pid(&self) -> i32 {
        docker(["inspect", "-f", "{{.State.Pid}}", &self.id]).finish().stdout.trim().parse().expect("a pid")
    }

    /// Its health according to Docker, and the output of the last check.
    pub fn health(&self) -> (String, String) {
        let format = "{{.State.Health.Status}} {{range .State.Health.Log}}{{.Output}}{{end}}";
        let shown = docker(["inspect", "-f", format, &self.id]).finish().stdout;
        let (status, output) = shown.split_once(' ').expect("a status and the output");
        (status.to_owned(), output.trim_end().lines().last().unwrap_or_default().to_owned())
    }

    /// Waits for its end and returns its status and output.
    pub fn finish(mut self) -> Finished {
        let waited = docker(["wait", &self.id]).finish();
        waited.assert_status(0);
        self.logs.wait();
        let status = waited.stdout.trim().parse().expect("docker wait prints the status");
        Finished { status, stdout: self.logs.stdout.all(), stderr: self.logs.stderr.all() }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = docker(["rm", "--force", &self.id]).finish();
    }
}

/// The Docker client, with the variables that may name the engine.
pub fn docker<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    Run::of("docker", arguments).with(|command| {
        let is_wanted = |name: &str| name == "HOME" || name.starts_with("DOCKER_");
        command.envs(env::vars().filter(|(name, _)| is_wanted(name)));
    })
}

/// The static binary: the file that `MONOFY_STATIC` names, or one built from these sources.
fn static_monofy() -> PathBuf {
    if let Some(path) = env::var_os("MONOFY_STATIC") {
        return PathBuf::from(path);
    }
    let about = assert_ran(Command::new("rustc").arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc prints its host");
    let tests = env::current_exe().expect("a test knows its own path");
    let target = tests.ancestors().nth(3).expect("tests are built below the target folder");
    // With --target the flags apply to the binary only: a procedural macro cannot be static.
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--bin", "monofy", "--target", host, "--target-dir"]).arg(target);
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static -C relocation-model=static");
    cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").current_dir(env!("CARGO_MANIFEST_DIR"));
    assert_ran(&mut cargo);
    target.join(host).join("release/monofy")
}

/// A busybox without libraries: ldd fails on it.
fn static_busybox() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let busybox = env::split_paths(&path).map(|folder| folder.join("busybox")).find(|file| file.is_file())?;
    let listed = Command::new("ldd").arg(&busybox).output().ok()?;
    (!listed.status.success()).then_some(busybox)
}

fn assert_ran(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the command can be started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
