//! Objects of Kubernetes.

use serde_json::json;

use crate::files::{read, written};

#[test]
fn a_process_is_a_deployment_with_a_service_and_the_setup_is_a_job() {
    let line = [
        "--grace=1500ms",
        "migrate",
        "&&",
        "--ready=http:${PORT:-8000}/healthz",
        "--user=1000:1000",
        "web",
        "|||",
        "--name=worker",
        "--after=web",
        "--replicas=${WORKERS:-2}",
        "celery",
        "|||",
        "--once",
        "job",
    ];
    let Some(documents) = read(&written("kubernetes", &line)) else { return };
    let kinds: Vec<_> =
        documents.iter().map(|object| format!("{} {}", object["kind"], object["metadata"]["name"])).collect();
    let expected = [
        r#""Job" "setup""#,
        r#""Deployment" "web""#,
        r#""Service" "web""#,
        r#""Deployment" "worker""#,
        r#""Job" "job""#,
    ];
    assert_eq!(kinds, expected);
    let pod = &documents[1]["spec"]["template"]["spec"];
    let web = &pod["containers"][0];
    assert_eq!(pod["terminationGracePeriodSeconds"], 2);
    assert_eq!(web["securityContext"], json!({"runAsUser": 1000, "runAsGroup": 1000}));
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        assert_eq!(web[probe]["exec"]["command"], json!(["monofy", "--health"]));
        assert!(web[probe]["timeoutSeconds"].as_u64().is_some_and(|seconds| seconds > 5), "{web}");
    }
    assert_eq!(documents[2]["spec"]["ports"][0]["port"], 8000);
    assert_eq!(documents[2]["spec"]["selector"], documents[1]["spec"]["selector"]["matchLabels"]);
    assert_eq!(documents[3]["spec"]["replicas"], 2);
    let variables = &documents[3]["spec"]["template"]["spec"]["containers"][0]["env"];
    let expected = json!([
        {"name": "MONOFY_ONLY", "value": "worker.1"},
        {"name": "MONOFY_SETUP", "value": "skip"},
        {"name": "MONOFY_WAIT", "value": "tcp:web:8000"},
        {"name": "PORT", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "PORT", "optional": true}}},
        {"name": "WORKERS", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "WORKERS", "optional": true}}},
    ]);
    assert_eq!(*variables, expected);
    let job = &documents[4]["spec"]["template"]["spec"];
    assert_eq!(job["restartPolicy"], "Never");
    assert!(job["containers"][0]["livenessProbe"].is_null());
}
