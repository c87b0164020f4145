//! A deployment as objects of Kubernetes (contract, 8.2).

use crate::plan::format::services::{Address, Service, addresses};
use crate::plan::format::yaml::{self, Map, Node};
use crate::plan::{Deployment, Restart, Timeout};

/// How often a probe asks, in seconds.
const PERIOD: u64 = 10;
/// How long it may take, in seconds: longer than `--health` gives an `--alive` check.
const TIMEOUT: u64 = 10;

/// What all objects have in common.
struct File<'d> {
    deployment: &'d Deployment,
    program: &'d str,
    all: Vec<Address>,
    /// The name of the whole.
    app: String,
}

#[cold]
pub(in crate::plan) fn to_yaml(deployment: &Deployment, program: &str) -> String {
    let mut services = deployment.services();
    let file = File { deployment, program, all: addresses(&services), app: deployment.name() };
    let mut documents = Vec::new();
    for service in &mut services {
        documents.push(workload(&file, service));
        if !service.ports.is_empty() {
            documents.push(network(&file, service));
        }
    }
    if let Some(first) = documents.first_mut() {
        let mut head = Map::default();
        header(deployment, &file.app, &mut head);
        first.prepend(head);
    }
    yaml::write(&documents)
}

fn header(deployment: &Deployment, app: &str, head: &mut Map<'_>) {
    head.comment(
        "Written by monofy for: kubectl apply -f FILE. Each process of the image's CMD has pods of its own, and its end \
         ends no other one."
            .to_owned(),
    );
    deployment.notes().into_iter().for_each(|text| head.comment(text));
    let variables = deployment.passed().filter(|variable| !variable.secret);
    let names: Vec<&str> = variables.map(|variable| variable.name.as_str()).collect();
    if !names.is_empty() {
        head.comment(format!(
            "Variables come from a ConfigMap, if there is one: kubectl create configmap {app} --from-literal=NAME=VALUE, with \
             any of {}.",
            names.join(", ")
        ));
    }
    let secrets = deployment.secrets();
    if !secrets.is_empty() {
        head.comment(format!(
            "Secrets come from a Secret, if there is one: kubectl create secret generic {app} --from-file=NAME, with any of {}.",
            secrets.join(", ")
        ));
    }
}

/// A Job, or a Deployment.
fn workload<'d>(file: &File<'d>, service: &mut Service<'d>) -> Map<'d> {
    let pod = pod(file, service);
    let is_job = service.kind.ends();
    let mut spec = Map::default();
    if is_job {
        if let Restart::OnFailure(Some(attempts)) = service.restart {
            spec.number("backoffLimit", u64::from(attempts.get()));
        }
    } else {
        spec.number("replicas", service.replicas.map_or(1, |replicas| replicas.count));
        let mut selector = Map::default();
        selector.set("matchLabels", labels(file, service).into());
        spec.set("selector", selector.into());
    }
    let mut metadata = Map::default();
    metadata.set("labels", labels(file, service).into());
    let mut template = Map::default();
    template.set("metadata", metadata.into());
    template.set("spec", pod.into());
    spec.set("template", template.into());
    let mut map = Map::default();
    service.comments.iter().for_each(|text| map.comment(text.clone()));
    let (version, kind) = if is_job { ("batch/v1", "Job") } else { ("apps/v1", "Deployment") };
    object(file, service, [version, kind], spec, &mut map);
    map
}

#[inline(never)]
fn object<'d>(file: &File<'d>, service: &Service<'d>, kind: [&'d str; 2], spec: Map<'d>, map: &mut Map<'d>) {
    map.text("apiVersion", kind[0]);
    map.text("kind", kind[1]);
    let mut metadata = Map::default();
    metadata.set("name", service.label.clone().into());
    metadata.set("labels", labels(file, service).into());
    map.set("metadata", metadata.into());
    map.set("spec", spec.into());
}

#[inline(never)]
fn labels<'d>(file: &File<'d>, service: &Service<'d>) -> Map<'d> {
    let mut map = Map::default();
    map.set("app.kubernetes.io/name", service.label.clone().into());
    map.set("app.kubernetes.io/part-of", file.app.clone().into());
    map
}

fn pod<'d>(file: &File<'d>, service: &mut Service<'d>) -> Map<'d> {
    let container = container(file, service);
    let mut pod = Map::default();
    match (service.kind.ends(), service.restart) {
        (true, Restart::No) => pod.text("restartPolicy", "Never"),
        (true, Restart::OnFailure(_) | Restart::Always) => pod.text("restartPolicy", "OnFailure"),
        (false, _) => {}
    }
    match service.grace(file.deployment) {
        Some(Timeout::After(limit)) => {
            let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
            pod.number("terminationGracePeriodSeconds", seconds);
        }
        Some(Timeout::Never) => {
            let text = "A stop without a limit has no equal here: the pod is killed after 30 s.";
            service.comments.push(text.to_owned());
        }
        None => {}
    }
    pod.set("containers", Node::List(vec![container.into()]));
    pod
}

fn container<'d>(file: &File<'d>, service: &mut Service<'d>) -> Map<'d> {
    let waits = service.waits(&file.all);
    let mut container = Map::default();
    container.set("name", service.label.clone().into());
    container.text("image", &file.deployment.image);
    container.set("env", environment(file, service, waits));
    if let Some(workdir) = service.workdir(file.deployment) {
        container.set("workingDir", literal(workdir).into());
    }
    if let Some(user) = service.user(file.deployment) {
        if let Some((uid, gid)) = numbers(user) {
            let mut context = Map::default();
            context.number("runAsUser", uid);
            if let Some(gid) = gid {
                context.number("runAsGroup", gid);
            }
            container.set("securityContext", context.into());
        } else {
            service.comments.push(format!(
                "Kubernetes takes users by number: monofy starts as the image's user and runs this as {user}."
            ));
        }
    }
    if let Some(signal) = service.stop_signal() {
        let text = format!("Kubernetes sends TERM, and monofy SIG{} in place of it.", signal.name());
        service.comments.push(text);
    }
    let ports: Vec<Node<'_>> = service.ports.iter().map(|port| port_of(*port, &["containerPort"])).collect();
    if !ports.is_empty() {
        container.set("ports", Node::List(ports));
    }
    if !service.kind.ends() {
        let starts = file.deployment.start_period().div_ceil(PERIOD).max(1);
        for (name, failures) in [("startupProbe", starts), ("readinessProbe", 1), ("livenessProbe", 3)] {
            container.set(name, probe(file.program, failures).into());
        }
    }
    container
}

/// A port with a name, under each of these keys.
fn port_of<'d>(port: u16, keys: &[&'d str]) -> Node<'d> {
    let mut map = Map::default();
    map.set("name", format!("tcp-{port}").into());
    for key in keys {
        map.number(key, u64::from(port));
    }
    map.into()
}

fn probe(program: &str, failures: u64) -> Map<'_> {
    let mut command = Map::default();
    command.set("command", Node::List(vec![literal(program).into(), "--health".into()]));
    let mut probe = Map::default();
    probe.set("exec", command.into());
    probe.number("periodSeconds", PERIOD);
    probe.number("timeoutSeconds", TIMEOUT);
    probe.number("failureThreshold", failures);
    probe
}

fn environment<'d>(file: &File<'d>, service: &Service<'d>, waits: String) -> Node<'d> {
    let mut list = Vec::new();
    let only = service.only.map(literal).unwrap_or_default();
    for (name, value) in
        [("MONOFY_ONLY", only), ("MONOFY_SETUP", service.setup_mode().to_owned()), ("MONOFY_WAIT", waits)]
    {
        if !value.is_empty() {
            let mut entry = Map::of_texts(&[("name", name)]);
            entry.set("value", value.into());
            list.push(entry.into());
        }
    }
    for variable in file.deployment.passed() {
        let mut key = Map::default();
        key.set("name", file.app.clone().into());
        key.text("key", &variable.name);
        key.set("optional", Node::Flag(true));
        let mut source = Map::default();
        source.set(if variable.secret { "secretKeyRef" } else { "configMapKeyRef" }, key.into());
        let mut entry = Map::of_texts(&[("name", &variable.name)]);
        entry.set("valueFrom", source.into());
        list.push(entry.into());
    }
    Node::List(list)
}

/// A text in which Kubernetes finds no variable.
fn literal(text: &str) -> String {
    text.replace("$(", "$$(")
}

/// A user and a group by number.
fn numbers(user: &str) -> Option<(u64, Option<u64>)> {
    match user.split_once(':') {
        None => Some((user.parse().ok()?, None)),
        Some((user, group)) => Some((user.parse().ok()?, Some(group.parse().ok()?))),
    }
}

/// The name by which other services reach this one.
fn network<'d>(file: &File<'d>, service: &Service<'d>) -> Map<'d> {
    let mut spec = Map::default();
    spec.set("selector", labels(file, service).into());
    let ports = service.ports.iter().map(|port| port_of(*port, &["port", "targetPort"]));
    spec.set("ports", Node::List(ports.collect()));
    let mut map = Map::default();
    object(file, service, ["v1", "Service"], spec, &mut map);
    map
}
