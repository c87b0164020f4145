//! A deployment as objects of Kubernetes (contract, 8.2).

use crate::plan::format::services::{Address, Service, addresses};
use crate::plan::format::yaml::{self, Map, Node};
use crate::plan::{Deployment, Restart, Timeout};

/// How often a probe asks, in seconds.
const PERIOD: u64 = 10;
/// How long it may take, in seconds: longer than `--health` gives an `--alive` check.
const TIMEOUT: u64 = 10;

#[cold]
pub(in crate::plan) fn to_yaml(deployment: &Deployment, program: &str) -> String {
    let mut services = deployment.services();
    let all = addresses(&services);
    let app = deployment.name();
    let mut documents = Vec::new();
    for service in &mut services {
        documents.push(workload(deployment, program, service, &all, &app));
        if !service.ports.is_empty() {
            documents.push(network(service, &app));
        }
    }
    if let Some(first) = documents.first_mut() {
        let mut head = Map::new();
        header(deployment, &app, &mut head);
        first.prepend(head);
    }
    yaml::write(&documents)
}

fn header(deployment: &Deployment, app: &str, head: &mut Map) {
    head.comment(
        "Written by monofy for: kubectl apply -f FILE. Each process of the image's CMD has pods of its own, and its end \
         ends no other one.",
    );
    deployment.skipped().for_each(|text| head.comment(text));
    let names: Vec<&str> = deployment
        .passed()
        .filter(|variable| !variable.secret)
        .map(|variable| variable.name.as_str())
        .collect();
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
fn workload(
    deployment: &Deployment,
    program: &str,
    service: &mut Service<'_>,
    all: &[Address],
    app: &str,
) -> Map {
    let pod = pod(deployment, program, service, all, app);
    let is_job = service.kind.ends();
    let mut spec = Map::new();
    if is_job {
        if let Restart::OnFailure(Some(attempts)) = service.restart {
            spec.set("backoffLimit", Node::Number(u64::from(attempts.get())));
        }
    } else {
        spec.set("replicas", Node::Number(service.replicas.map_or(1, |replicas| replicas.count)));
        spec.set("selector", Map::new().with("matchLabels", labels(service, app)));
    }
    let metadata = Map::new().with("labels", labels(service, app));
    spec.set("template", Map::new().with("metadata", metadata).with("spec", pod));
    let mut map = Map::new();
    service.comments.iter().for_each(|text| map.comment(text.as_str()));
    map.set("apiVersion", if is_job { "batch/v1" } else { "apps/v1" });
    map.set("kind", if is_job { "Job" } else { "Deployment" });
    map.set("metadata", metadata_of(service, app));
    map.set("spec", spec);
    map
}

fn metadata_of(service: &Service<'_>, app: &str) -> Map {
    Map::new().with("name", service.label.as_str()).with("labels", labels(service, app))
}

fn labels(service: &Service<'_>, app: &str) -> Map {
    Map::new().with("app.kubernetes.io/name", service.label.as_str()).with("app.kubernetes.io/part-of", app)
}

fn pod(deployment: &Deployment, program: &str, service: &mut Service<'_>, all: &[Address], app: &str) -> Map {
    let container = container(deployment, program, service, all, app);
    let mut pod = Map::new();
    match (service.kind.ends(), service.restart) {
        (true, Restart::No) => pod.set("restartPolicy", "Never"),
        (true, Restart::OnFailure(_) | Restart::Always) => pod.set("restartPolicy", "OnFailure"),
        (false, _) => {}
    }
    match service.grace(deployment) {
        Some(Timeout::After(limit)) => {
            let seconds = limit.as_secs() + u64::from(limit.subsec_nanos() > 0);
            pod.set("terminationGracePeriodSeconds", Node::Number(seconds));
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

fn container(
    deployment: &Deployment,
    program: &str,
    service: &mut Service<'_>,
    all: &[Address],
    app: &str,
) -> Map {
    let waits = service.waits(all);
    let mut container = Map::new()
        .with("name", service.label.as_str())
        .with("image", deployment.image.as_str())
        .with("env", environment(deployment, service, &waits, app));
    if let Some(workdir) = service.workdir(deployment) {
        container.set("workingDir", literal(workdir));
    }
    if let Some(user) = service.user(deployment) {
        match numbers(user) {
            Some((uid, gid)) => {
                let mut context = Map::new().with("runAsUser", Node::Number(uid));
                if let Some(gid) = gid {
                    context.set("runAsGroup", Node::Number(gid));
                }
                container.set("securityContext", context);
            }
            None => service.comments.push(format!(
                "Kubernetes takes users by number: monofy starts as the image's user and runs this as {user}."
            )),
        }
    }
    if let Some(signal) = service.stop_signal() {
        let text = format!("Kubernetes sends TERM, and monofy SIG{} in place of it.", signal.name());
        service.comments.push(text);
    }
    let ports = service.ports.iter().map(|port| {
        Map::new().with("name", format!("tcp-{port}")).with("containerPort", Node::Number(u64::from(*port)))
    });
    let ports: Vec<Node> = ports.map(Node::from).collect();
    if !ports.is_empty() {
        container.set("ports", Node::List(ports));
    }
    if !service.kind.ends() {
        let starts = deployment.start_period().div_ceil(PERIOD).max(1);
        container.set("startupProbe", probe(program, starts));
        container.set("readinessProbe", probe(program, 1));
        container.set("livenessProbe", probe(program, 3));
    }
    container
}

fn probe(program: &str, failures: u64) -> Map {
    Map::new()
        .with("exec", Map::new().with("command", Node::texts(&[literal(program).as_str(), "--health"])))
        .with("periodSeconds", Node::Number(PERIOD))
        .with("timeoutSeconds", Node::Number(TIMEOUT))
        .with("failureThreshold", Node::Number(failures))
}

fn environment(deployment: &Deployment, service: &Service<'_>, waits: &str, app: &str) -> Node {
    let own = service.only.map(|only| ("MONOFY_ONLY", literal(only))).into_iter();
    let own = own.chain([("MONOFY_SETUP", service.setup_mode().to_owned())]);
    let own = own.chain((!waits.is_empty()).then(|| ("MONOFY_WAIT", waits.to_owned())));
    let own = own.map(|(name, value)| Map::new().with("name", name).with("value", value));
    let passed = deployment.passed().map(|variable| {
        let kind = if variable.secret { "secretKeyRef" } else { "configMapKeyRef" };
        let key = Map::new()
            .with("name", app)
            .with("key", variable.name.as_str())
            .with("optional", Node::Flag(true));
        Map::new().with("name", variable.name.as_str()).with("valueFrom", Map::new().with(kind, key))
    });
    Node::List(own.chain(passed).map(Node::from).collect())
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
fn network(service: &Service<'_>, app: &str) -> Map {
    let ports = service.ports.iter().map(|port| {
        let port_of = |map: Map, key: &str| map.with(key, Node::Number(u64::from(*port)));
        Node::from(port_of(port_of(Map::new().with("name", format!("tcp-{port}")), "port"), "targetPort"))
    });
    let spec = Map::new().with("selector", labels(service, app)).with("ports", Node::List(ports.collect()));
    Map::new()
        .with("apiVersion", "v1")
        .with("kind", "Service")
        .with("metadata", metadata_of(service, app))
        .with("spec", spec)
}
