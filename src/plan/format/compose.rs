//! A deployment as a file for Docker Compose, or for `docker stack deploy` (contract, 8.1).

use crate::plan::format::services::{Address, Service, ServiceKind, addresses};
use crate::plan::format::yaml::{self, Map, Node};
use crate::plan::{Deployment, Engine, LineDefault, LineVariable, Restart, Timeout};

/// How often a health check asks.
const INTERVAL: &str = "5s";
/// How long it may take: longer than `--health` gives an `--alive` check.
const TIMEOUT: &str = "10s";

#[cold]
pub(in crate::plan) fn to_yaml(deployment: &Deployment, engine: Engine, program: &str) -> String {
    let mut services = deployment.services();
    let all = addresses(&services);
    let mut file = Map::default();
    let command = match engine {
        Engine::Swarm => "docker stack deploy -c FILE NAME",
        Engine::Compose | Engine::Kubernetes => "docker compose -f FILE up",
    };
    file.comment(format!(
        "Written by monofy for: {command}. Each process of the image's CMD has a container of its own, and its end ends no \
         other one."
    ));
    deployment.notes().into_iter().for_each(|text| file.comment(text));
    let common = Common::of(deployment, program);
    if !common.left_out.is_empty() {
        file.comment(format!(
            "Variables of the line that are not passed on, since none of them has a default that could be written here. To \
             pass one on, add NAME: ${{NAME}} to the services that need it: {}.",
            common.left_out.join(", ")
        ));
    }
    let secrets = deployment.secrets();
    let mut entries = Map::default();
    for service in &mut services {
        let label = service.label.clone();
        entries.set_owned(label, self::service(deployment, engine, service, &all, &common).into());
    }
    file.set("services", entries.into());
    if !secrets.is_empty() {
        let mut entries = Map::default();
        entries.comment("Each file holds the value of one variable, and nothing else.".to_owned());
        for name in secrets {
            let mut entry = Map::default();
            entry.set("file", format!("./{name}").into());
            entries.set(name, entry.into());
        }
        file.set("secrets", entries.into());
    }
    yaml::write(&[file])
}

/// What all services have in common.
struct Common<'d> {
    program: &'d str,
    passed: Vec<(&'d str, String)>,
    left_out: Vec<&'d str>,
}

impl<'d> Common<'d> {
    fn of(deployment: &'d Deployment, program: &'d str) -> Self {
        let mut environment = Self { program, passed: Vec::new(), left_out: Vec::new() };
        for variable in deployment.passed().filter(|variable| !variable.secret) {
            match value(variable) {
                Some(value) => environment.passed.push((&variable.name, value)),
                None => environment.left_out.push(&variable.name),
            }
        }
        environment
    }
}

/// The value that a variable has from the deploying shell. `None` where an unset one would hide that of the image.
fn value(variable: &LineVariable) -> Option<String> {
    let name = &variable.name;
    match &variable.default {
        LineDefault::None | LineDefault::Set => None,
        LineDefault::Text { word, replaces_empty } => {
            let word = std::str::from_utf8(&word.0).ok().filter(|word| is_word(word))?;
            let colon = if *replaces_empty { ":" } else { "" };
            Some(format!("${{{name}{colon}-{word}}}"))
        }
        LineDefault::Required(message) => {
            // A `-` would make it a default for some engines.
            let message: String =
                message.chars().map(|c| if is_plain(c) && c != '-' { c } else { ' ' }).collect();
            let words: Vec<&str> = message.split_whitespace().collect();
            let message = if words.is_empty() { "not set".to_owned() } else { words.join(" ") };
            Some(format!("${{{name}:?{message}}}"))
        }
    }
}

/// Whether every engine takes this as the word of a default: none of them quotes anything in it.
fn is_word(word: &str) -> bool {
    word.chars().all(is_plain) && ![":-", ":?"].iter().any(|operator| word.contains(operator))
}

fn is_plain(c: char) -> bool {
    !c.is_control() && !"${}\\\u{2028}\u{2029}\u{feff}".contains(c)
}

/// A text in which no engine finds a variable.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

fn service<'d>(
    deployment: &'d Deployment,
    engine: Engine,
    service: &mut Service<'d>,
    all: &[Address],
    common: &Common<'d>,
) -> Map<'d> {
    let is_swarm = engine == Engine::Swarm;
    let user = service.user(deployment);
    let workdir = service.workdir(deployment);
    let waits = if is_swarm { service.waits(all) } else { String::new() };
    let grace = service.grace(deployment);
    if grace == Some(Timeout::Never) {
        service
            .comments
            .push("A stop without a limit has no equal here: the engine kills after 10 s.".to_owned());
    }
    let mut map = Map::default();
    service.comments.iter().for_each(|text| map.comment(text.clone()));
    map.set("image", literal(&deployment.image).into());
    map.set("environment", variables(deployment, service, waits, common).into());
    let secrets = deployment.secrets();
    if !secrets.is_empty() {
        map.set("secrets", Node::texts(&secrets));
    }
    if !is_swarm {
        map.set_unless_empty("depends_on", depends_on(service, all));
    }
    if let Some(user) = user {
        map.set("user", literal(user).into());
    }
    if let Some(workdir) = workdir {
        map.set("working_dir", literal(workdir).into());
    }
    if !service.ports.is_empty() {
        map.set("expose", Node::List(service.ports.iter().map(|port| port.to_string().into()).collect()));
    }
    if !service.kind.ends() {
        let mut check = Map::default();
        check.set("test", Node::List(vec!["CMD".into(), literal(common.program).into(), "--health".into()]));
        check.text("interval", INTERVAL);
        check.text("timeout", TIMEOUT);
        check.number("retries", 3);
        check.set("start_period", format!("{}s", deployment.start_period()).into());
        map.set("healthcheck", check.into());
    }
    if let Some(signal) = service.stop_signal() {
        map.set("stop_signal", format!("SIG{}", signal.name()).into());
    }
    if let Some(Timeout::After(limit)) = grace {
        let milliseconds = limit.as_millis();
        let is_whole = milliseconds.is_multiple_of(1000);
        let text = if is_whole { format!("{}s", limit.as_secs()) } else { format!("{milliseconds}ms") };
        map.set("stop_grace_period", text.into());
    }
    let mut deploy = Map::default();
    if let Some(replicas) = &service.replicas {
        match replicas.variable {
            Some(name) => deploy.set("replicas", format!("${{{name}:-{}}}", replicas.count).into()),
            None => deploy.number("replicas", replicas.count),
        }
    }
    if is_swarm {
        deploy.set("restart_policy", restart_policy(service).into());
    } else if service.restart != Restart::No {
        map.set("restart", service.restart.to_string().into());
    }
    map.set_unless_empty("deploy", deploy);
    map
}

fn variables<'d>(
    deployment: &'d Deployment,
    service: &Service<'d>,
    waits: String,
    common: &Common<'d>,
) -> Map<'d> {
    let mut map = Map::default();
    if let Some(only) = service.only {
        map.set("MONOFY_ONLY", literal(only).into());
    }
    map.text("MONOFY_SETUP", service.setup_mode());
    if !waits.is_empty() {
        map.set("MONOFY_WAIT", waits.into());
    }
    let secrets = deployment.secrets();
    if !secrets.is_empty() {
        map.set("MONOFY_SECRET", secrets.join(",").into());
    }
    for name in secrets {
        map.set_owned(format!("{name}_FILE"), format!("/run/secrets/{name}").into());
    }
    for (name, value) in &common.passed {
        map.set(name, value.clone().into());
    }
    map
}

fn depends_on(service: &Service<'_>, all: &[Address]) -> Map<'static> {
    let mut map = Map::default();
    let setup = all.iter().position(|other| other.kind == ServiceKind::Setup);
    let setup = setup.filter(|_| service.kind != ServiceKind::Setup);
    for position in setup.iter().chain(&service.after) {
        let other = &all[*position];
        let condition = match other.kind {
            ServiceKind::Setup | ServiceKind::Once => "service_completed_successfully",
            ServiceKind::Process if other.reports => "service_healthy",
            ServiceKind::Process => "service_started",
        };
        map.set_owned(other.label.clone(), Map::of_texts(&[("condition", condition)]).into());
    }
    map
}

/// Without one, a swarm restarts what has ended for ever.
fn restart_policy(service: &Service<'_>) -> Map<'static> {
    let mut map = Map::default();
    match service.restart {
        Restart::OnFailure(attempts) => {
            map.text("condition", "on-failure");
            if let Some(attempts) = attempts {
                map.number("max_attempts", u64::from(attempts.get()));
            }
        }
        Restart::No if service.kind.ends() => map.text("condition", "none"),
        Restart::No | Restart::Always => map.text("condition", "any"),
    }
    map
}
