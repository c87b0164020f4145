//! The services of a deployment, in the terms that all engines share.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::plan::{
    ByteString, CheckKind, Deployment, LineDefault, LineVariable, Process, Restart, Role, Timeout,
};
use crate::signal::SignalNumber;

/// One service: a container, or several of one kind.
pub(super) struct Service<'d> {
    /// Its name: a DNS label.
    pub(super) label: String,
    pub(super) kind: ServiceKind,
    /// The value of `MONOFY_ONLY`.
    pub(super) only: Option<&'d str>,
    /// The process, or the first of several copies. `None` for the setup commands.
    pub(super) process: Option<&'d Process>,
    pub(super) restart: Restart,
    /// The ports that its own checks ask.
    pub(super) ports: Vec<u16>,
    /// The services that it starts after, by their positions.
    pub(super) after: Vec<usize>,
    pub(super) replicas: Option<Replicas<'d>>,
    /// What the engine cannot do.
    pub(super) comments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ServiceKind {
    /// All setup commands.
    Setup,
    /// A process that does its work and ends.
    Once,
    /// A process that runs.
    Process,
}

impl ServiceKind {
    /// Whether its success is that it ends.
    pub(super) fn ends(self) -> bool {
        self != Self::Process
    }
}

/// How many copies of a process there are.
#[derive(Clone, Copy)]
pub(super) struct Replicas<'d> {
    pub(super) count: u64,
    /// The variable with that number, if it is passed on.
    pub(super) variable: Option<&'d str>,
}

/// Variables that an engine or a shell sets for purposes of its own.
const OWN: [&str; 12] =
    ["PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD", "USER", "LOGNAME", "SHELL", "SHLVL", "TERM", "LANG", "_"];

impl Deployment {
    /// The services, the setup commands first.
    #[cold]
    pub(super) fn services(&self) -> Vec<Service<'_>> {
        let mut labels = BTreeSet::new();
        let mut services = Vec::new();
        if let Some(first) = self.plan.setup.first() {
            let restarts = self.plan.setup.iter().map(|command| command.restart);
            let mut setup = Service::of(unique("setup", &mut labels), ServiceKind::Setup);
            setup.restart = restarts.max_by_key(|restart| *restart != Restart::No).unwrap_or(first.restart);
            setup.comments.push(
                "What these commands write stays in their container. Others see it only through a volume, or in a database."
                    .to_owned(),
            );
            services.push(setup);
        }
        let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        for (process, role) in self.plan.processes.iter().zip(&self.roles) {
            let copy_of = role.copy_of.as_ref().map(|(name, _)| name.as_str());
            if let Some(position) = copy_of.and_then(|name| copies.get(name)).copied() {
                positions.insert(&process.name, position);
                if let Some(replicas) = &mut services[position].replicas {
                    replicas.count += 1;
                }
                continue;
            }
            positions.insert(&process.name, services.len());
            copies.extend(copy_of.map(|name| (name, services.len())));
            services.push(self.service(process, role, &mut labels));
        }
        for service in &mut services {
            let names = service.process.map_or(&[][..], |process| &process.after);
            let after: BTreeSet<usize> =
                names.iter().filter_map(|name| positions.get(name.as_str()).copied()).collect();
            service.after = after.into_iter().collect();
        }
        self.note_shared_paths(&mut services, &positions);
        services
    }

    fn service<'d>(
        &'d self,
        process: &'d Process,
        role: &'d Role,
        labels: &mut BTreeSet<String>,
    ) -> Service<'d> {
        let name = role.copy_of.as_ref().map_or(process.name.as_str(), |(name, _)| name);
        let kind = if process.once { ServiceKind::Once } else { ServiceKind::Process };
        let mut service = Service::of(unique(&label(name), labels), kind);
        if service.label != *name {
            service.comments.push(format!("The process {name}: the name of a service is a DNS label."));
        }
        if process.name.contains(',') || process.name.trim() != process.name {
            let text = "MONOFY_ONLY cannot name this process: give it a --name without commas and without spaces around it.";
            service.comments.push(text.to_owned());
        }
        for option in &role.unknown {
            let text = format!(
                "{option} depends on a variable without a default: what follows from it is left out."
            );
            service.comments.push(text);
        }
        service.only = Some(&process.name);
        service.process = Some(process);
        service.restart = process.restart;
        service.ports = own_ports(process);
        service.replicas = role.copy_of.as_ref().map(|(_, written)| self.replicas(written));
        if service.replicas.is_some() && role.words.iter().any(|word| contains(&word.0, b"MONOFY_REPLICA")) {
            let text = "MONOFY_REPLICA is the same in each copy: the engine numbers no containers.";
            service.comments.push(text.to_owned());
        }
        if uses_loopback(process) {
            let text = "127.0.0.1 in its words is this container alone: other services are reached by their names, and \
                        reach this one where it listens on 0.0.0.0.";
            service.comments.push(text.to_owned());
        }
        service
    }

    /// The number of copies: of the variable that the line takes it from, if that is all of it.
    fn replicas<'d>(&'d self, written: &'d ByteString) -> Replicas<'d> {
        let name = std::str::from_utf8(&written.0).ok().and_then(|text| {
            let braces = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            let inner = braces.or_else(|| text.strip_prefix("$<").and_then(|rest| rest.strip_suffix('>')));
            inner?.split_once(":-").map(|(name, _)| name)
        });
        let is_passed = |variable: &&LineVariable| {
            Some(variable.name.as_str()) == name && matches!(variable.default, LineDefault::Text { .. })
        };
        let variable = self.variables.iter().filter(|variable| !variable.secret).find(is_passed);
        Replicas { count: 1, variable: variable.map(|variable| variable.name.as_str()) }
    }

    /// Comments on paths that the words of several services have in common.
    fn note_shared_paths(&self, services: &mut [Service<'_>], positions: &BTreeMap<&str, usize>) {
        let mut paths: Vec<(String, usize)> = Vec::new();
        let roles = self.plan.processes.iter().zip(&self.roles);
        let roles = roles.map(|(process, role)| (positions.get(process.name.as_str()), role));
        let setup = (!self.plan.setup.is_empty()).then_some((Some(&0), &self.setup));
        for (position, role) in setup.into_iter().chain(roles) {
            let Some(position) = position else { continue };
            let own = role.words.iter().flat_map(|word| absolute_paths(&word.0));
            paths.extend(own.map(|path| (path, *position)));
        }
        paths.sort_unstable();
        paths.dedup();
        for users in paths.chunk_by(|one, other| one.0 == other.0).filter(|users| users.len() > 1) {
            let path = &users[0].0;
            let names: Vec<&str> = users.iter().map(|(_, user)| services[*user].label.as_str()).collect();
            let text = format!(
                "{path} is in the words of {}: what one of them writes there, the others see only through a volume.",
                names.join(" and ")
            );
            if let Some((_, last)) = users.last() {
                services[*last].comments.push(text);
            }
        }
    }

    /// The variables that are passed on. Not those that engines and shells set themselves, nor those that the line sets.
    pub(super) fn passed(&self) -> impl Iterator<Item = &LineVariable> {
        self.variables.iter().filter(|variable| {
            variable.default != LineDefault::Set
                && !OWN.contains(&variable.name.as_str())
                && !variable.name.starts_with("MONOFY_")
                && !variable.name.starts_with("LC_")
        })
    }

    /// The names of the secrets.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let secrets = self.passed().filter(|variable| variable.secret);
        secrets.map(|variable| variable.name.as_str()).collect()
    }

    /// The name of the whole: that of the image, without registry and tag.
    pub(super) fn name(&self) -> String {
        let path = self.image.split('@').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        label(last.split(':').next().unwrap_or_default())
    }

    /// How long a start may take, in seconds.
    pub(super) fn start_period(&self) -> u64 {
        const USUAL: u64 = 60;
        match self.plan.settings.start_timeout_ms {
            Some(Timeout::After(limit)) => limit.as_secs().max(1),
            Some(Timeout::Never) | None => USUAL,
        }
    }

    /// What the whole file has to say of the line.
    pub(super) fn notes(&self) -> Vec<String> {
        let skipped = self.plan.skipped.iter();
        let mut notes: Vec<String> =
            skipped.map(|skipped| format!("{} is left out: {}.", skipped.name, skipped.reason)).collect();
        if let Some(file) = &self.file {
            notes.push(format!(
                "The line was read from {file}: put that file into the image, and end the image's CMD with --file and its name."
            ));
        }
        notes
    }
}

impl<'d> Service<'d> {
    fn of(label: String, kind: ServiceKind) -> Self {
        Self {
            label,
            kind,
            only: None,
            process: None,
            restart: Restart::No,
            ports: Vec::new(),
            after: Vec::new(),
            replicas: None,
            comments: Vec::new(),
        }
    }

    /// What `MONOFY_SETUP` is in its containers.
    pub(super) fn setup_mode(&self) -> &'static str {
        if self.kind == ServiceKind::Setup { "only" } else { "skip" }
    }

    /// How long a stop may take.
    pub(super) fn grace(&self, deployment: &Deployment) -> Option<Timeout> {
        self.process.and_then(|process| process.stop_timeout_ms).or(deployment.plan.settings.grace_ms)
    }

    /// The signal that begins a stop at monofy and asks the process to stop. Others monofy sends in place of TERM.
    pub(super) fn stop_signal(&self) -> Option<SignalNumber> {
        let signal = self.process?.stop_signal?;
        [SignalNumber::INT, SignalNumber::QUIT].contains(&signal).then_some(signal)
    }

    /// The user for the container, if monofy needs no other rights.
    pub(super) fn user(&mut self, deployment: &Deployment) -> Option<&'d str> {
        let user = self.process?.user.as_ref().and_then(text)?;
        if deployment.plan.files.is_empty() {
            return Some(user);
        }
        let text = format!(
            "monofy starts as the image's user, writes the files of the line, and runs this as {user}."
        );
        self.comments.push(text);
        None
    }

    /// The directory for the container, if monofy needs no other one.
    pub(super) fn workdir(&mut self, deployment: &Deployment) -> Option<&'d str> {
        let workdir = self.process?.workdir.as_ref().and_then(text)?;
        if workdir.starts_with('/') && !deployment.is_relative {
            return Some(workdir);
        }
        let why = if deployment.is_relative { "files of the line are" } else { "it is" };
        let text = format!(
            "monofy starts in the image's directory, since {why} relative to that, and changes to {workdir} itself."
        );
        self.comments.push(text);
        None
    }

    /// The checks of the services that it starts after, and comments on those that another container cannot ask.
    pub(super) fn waits(&mut self, all: &[Address]) -> String {
        let mut checks = Vec::new();
        for position in &self.after {
            let Address { label, kind, port, .. } = &all[*position];
            match port {
                Some(port) if *kind == ServiceKind::Process => checks.push(format!("tcp:{label}:{port}")),
                Some(_) | None => self.comments.push(format!(
                    "--after {label} has no equal here: {}.",
                    if kind.ends() {
                        "its end cannot be asked from another container"
                    } else {
                        "its check names no port that another container could ask"
                    }
                )),
            }
        }
        checks.join(" ")
    }
}

/// What other services need to know of one.
pub(super) struct Address {
    pub(super) label: String,
    pub(super) kind: ServiceKind,
    /// Whether it says when it is ready.
    pub(super) reports: bool,
    port: Option<u16>,
}

/// What the services need to know of each other.
pub(super) fn addresses(services: &[Service<'_>]) -> Vec<Address> {
    let address = |service: &Service<'_>| Address {
        label: service.label.clone(),
        kind: service.kind,
        reports: service.process.is_some_and(|process| process.ready_template.is_some()),
        port: service.ports.first().copied(),
    };
    services.iter().map(address).collect()
}

fn text(bytes: &ByteString) -> Option<&str> {
    std::str::from_utf8(&bytes.0).ok().filter(|text| !text.contains("***"))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A DNS label that begins with a letter (RFC 1035), made of a name.
pub(super) fn label(name: &str) -> String {
    const LONGEST: usize = 50;
    let mut label = String::new();
    for c in name.chars() {
        let c = c.to_ascii_lowercase();
        label.push(if c.is_ascii_alphanumeric() { c } else { '-' });
    }
    let label = label.trim_matches('-');
    let label = match label.bytes().next() {
        None => "process".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("p-{label}"),
        Some(_) => label.to_owned(),
    };
    label[..label.len().min(LONGEST)].trim_end_matches('-').to_owned()
}

fn unique(label: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = label.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{label}-{number}");
        number += 1;
    }
    name
}

/// The ports of its `--ready` and `--alive` checks that are on its own host.
fn own_ports(process: &Process) -> Vec<u16> {
    let mut ports = Vec::new();
    for check in process.ready.iter().chain(&process.alive) {
        if let CheckKind::Tcp { host, port } | CheckKind::Http { host, port, .. } = check.kind()
            && is_own(host)
            && !ports.contains(port)
        {
            ports.push(*port);
        }
    }
    ports
}

fn is_own(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified())
}

/// Whether its words or its `--wait` name this host.
fn uses_loopback(process: &Process) -> bool {
    let is_in_words = process
        .template
        .iter()
        .any(|word| [&b"127.0.0.1"[..], b"localhost", b"[::1]"].iter().any(|host| contains(&word.0, host)));
    let is_awaited = process.wait.iter().any(|check| match check.kind() {
        CheckKind::Tcp { host, .. } | CheckKind::Http { host, .. } => is_own(host),
        _ => false,
    });
    is_in_words || is_awaited
}

/// The absolute paths in a word, other than those of the system.
fn absolute_paths(word: &[u8]) -> Vec<String> {
    const SYSTEM: [&str; 9] = ["bin", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys", "usr"];
    let is_end = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"/._-".contains(byte);
    let parts = word.split(is_end).filter(|part| part.starts_with(b"/") && !part.starts_with(b"//"));
    let paths = parts.map(|part| String::from_utf8_lossy(part).trim_end_matches(['/', '.']).to_owned());
    let is_own = |path: &String| {
        let folder = path.split('/').nth(1).unwrap_or_default();
        path.len() > 1 && !SYSTEM.contains(&folder)
    };
    paths.filter(is_own).collect()
}
