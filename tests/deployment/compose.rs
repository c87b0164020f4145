//! Files for Docker Compose and for `docker stack deploy`.

use crate::files::{accepted, line, read, succeeded, written};

const SHOP: [&str; 17] = [
    "--grace=30s",
    "migrate",
    "&&",
    "--name=web",
    "--ready=http:${PORT:-8000}/healthz",
    "--user=1000:1000",
    "--workdir=/app",
    "gunicorn",
    "--bind=0.0.0.0:${PORT:-8000}",
    "|||",
    "--name=worker",
    "--after=web",
    "--replicas=${WORKERS:-2}",
    "--restart=on-failure:3",
    "--stop-signal=QUIT",
    "--stop-timeout=1500ms",
    "celery",
];

const HEAD: &str = "\
# Written by monofy for: docker compose -f FILE up. Each process of the image's CMD has a container
# of its own, and its end ends no other one.
services:
";

const HEALTH: &str = r#"    healthcheck:
      test:
      - CMD
      - monofy
      - "--health"
      interval: "5s"
      timeout: "10s"
      retries: 3
      start_period: "60s"
"#;

#[test]
fn each_process_is_a_service_and_the_setup_commands_are_one() {
    let expected = format!(
        r#"{HEAD}  setup:
    # What these commands write stays in their container. Others see it only through a volume, or in a
    # database.
    image: "shop:1"
    environment:
      MONOFY_SETUP: only
      PORT: "${{PORT:-8000}}"
      WORKERS: "${{WORKERS:-2}}"
    stop_grace_period: "30s"
  web:
    image: "shop:1"
    environment:
      MONOFY_ONLY: web
      MONOFY_SETUP: skip
      PORT: "${{PORT:-8000}}"
      WORKERS: "${{WORKERS:-2}}"
    depends_on:
      setup:
        condition: service_completed_successfully
    user: "1000:1000"
    working_dir: /app
    expose:
    - "8000"
{HEALTH}    stop_grace_period: "30s"
  worker:
    image: "shop:1"
    environment:
      MONOFY_ONLY: worker.1
      MONOFY_SETUP: skip
      PORT: "${{PORT:-8000}}"
      WORKERS: "${{WORKERS:-2}}"
    depends_on:
      setup:
        condition: service_completed_successfully
      web:
        condition: service_healthy
{HEALTH}    stop_signal: SIGQUIT
    stop_grace_period: "1500ms"
    restart: "on-failure:3"
    deploy:
      replicas: "${{WORKERS:-2}}"
"#
    );
    assert_eq!(written("compose", &SHOP), expected);
}

#[test]
fn the_environment_of_the_writer_changes_nothing() {
    let elsewhere = line("compose", &SHOP).env("PORT", "4815").env("WORKERS", "16").finish();
    assert_eq!(succeeded(&elsewhere), written("compose", &SHOP));
}

#[test]
fn both_engines_accept_the_file_and_take_values_from_the_shell() {
    for engine in ["compose", "swarm"] {
        let yaml = written(engine, &SHOP);
        let Some(understood) = accepted(engine, &yaml, &[("PORT", "8123"), ("WORKERS", "5")]) else { return };
        for line in ["MONOFY_ONLY: worker.1", "replicas: 5"] {
            assert!(understood.lines().any(|shown| shown.trim() == line), "no {line} in:\n{understood}");
        }
        assert_eq!(understood.matches("8123").count(), 3, "{understood}");
    }
}

#[test]
fn a_swarm_has_restart_policies_and_no_conditions() {
    let Some(documents) = read(&written("swarm", &SHOP)) else { return };
    let services = &documents[0]["services"];
    assert_eq!(services["setup"]["deploy"]["restart_policy"]["condition"], "none");
    assert_eq!(services["web"]["deploy"]["restart_policy"]["condition"], "any");
    let worker = &services["worker"];
    assert_eq!(worker["deploy"]["restart_policy"]["condition"], "on-failure");
    assert_eq!(worker["deploy"]["restart_policy"]["max_attempts"], 3);
    assert_eq!(worker["deploy"]["replicas"], "${WORKERS:-2}");
    assert_eq!(worker["environment"]["MONOFY_WAIT"], "tcp:web:8000");
    assert!(worker["depends_on"].is_null() && worker["restart"].is_null(), "{worker}");
}

#[test]
fn after_waits_for_what_the_other_process_promises() {
    let line = ["db", "|||", "--name=once", "--once", "job", "|||", "--after=db", "--after=once", "web"];
    let Some(documents) = read(&written("compose", &line)) else { return };
    let after = &documents[0]["services"]["web"]["depends_on"];
    assert_eq!(after["db"]["condition"], "service_started");
    assert_eq!(after["once"]["condition"], "service_completed_successfully");
    assert!(documents[0]["services"]["once"]["healthcheck"].is_null());
}
