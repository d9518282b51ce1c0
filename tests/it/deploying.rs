//! What stands in `deploy/`, rendered and looked at as a reviewer would.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tests::tool;

const OVERLAYS: [&str; 3] = ["plain", "production", "external-nats"];
const ROLES: [&str; 4] = ["ingress", "recorder", "decision", "ui"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What an overlay makes, each object as JSON; a warning is a failure.
fn rendered(overlay: &str) -> Vec<Value> {
    let folder = root().join("deploy/kubernetes/overlays").join(overlay);
    let output =
        Command::new(tool("KUBECTL_BIN", "kubectl")).arg("kustomize").arg(folder).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{overlay}: {said}");
    serde_saphyr::from_multiple(std::str::from_utf8(&output.stdout).unwrap()).unwrap()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|it| it["kind"] == kind).collect()
}

/// The pods of everything that makes some, with the name of what makes them.
fn pods(objects: &[Value]) -> Vec<(&str, &Value)> {
    let makers = objects.iter().filter(|it| {
        matches!(it["kind"].as_str(), Some("Deployment" | "StatefulSet" | "Job" | "DaemonSet"))
    });
    makers.map(|it| (name(it), &it["spec"]["template"]["spec"])).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The names of the Secrets that a pod sees, as files or in its environment.
fn secrets_of(pod: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut note = |value: &Value| {
        if let Some(name) = value.as_str() {
            found.insert(name.to_owned());
        }
    };
    for volume in list(&pod["volumes"]) {
        note(&volume["secret"]["secretName"]);
        for source in list(&volume["projected"]["sources"]) {
            // The certificate of an authority is no secret.
            let items = list(&source["secret"]["items"]);
            if items.is_empty() || items.iter().any(|it| it["key"] != "ca.crt") {
                note(&source["secret"]["name"]);
            }
        }
    }
    for container in list(&pod["containers"]) {
        list(&container["env"])
            .iter()
            .for_each(|it| note(&it["valueFrom"]["secretKeyRef"]["name"]));
    }
    found
}

#[test]
fn every_pod_is_as_restricted_as_kubernetes_asks() {
    for overlay in OVERLAYS {
        let objects = rendered(overlay);
        for (maker, pod) in pods(&objects) {
            let what = format!("{overlay}: {maker}");
            let security = &pod["securityContext"];
            assert_eq!(security["runAsNonRoot"], true, "{what}");
            assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault", "{what}");
            assert_eq!(pod["automountServiceAccountToken"], false, "{what}");
            for container in list(&pod["containers"]) {
                let own = &container["securityContext"];
                assert_eq!(own["allowPrivilegeEscalation"], false, "{what}");
                assert_eq!(own["readOnlyRootFilesystem"], true, "{what}");
                assert_eq!(own["capabilities"]["drop"][0], "ALL", "{what}");
                let resources = &container["resources"];
                assert!(resources["limits"]["memory"].is_string(), "{what}");
                assert!(resources["requests"]["cpu"].is_string(), "{what}");
            }
        }
        let namespaces = of_kind(&objects, "Namespace");
        let labels = &namespaces[0]["metadata"]["labels"];
        assert_eq!(name(namespaces[0]), "approval-app");
        assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
    }
}

#[test]
fn every_role_runs_twice_and_is_looked_at() {
    for overlay in OVERLAYS {
        let objects = rendered(overlay);
        let budgets: BTreeSet<&str> =
            of_kind(&objects, "PodDisruptionBudget").into_iter().map(name).collect();
        for role in ROLES {
            let found = objects.iter().find(|it| {
                name(it) == role
                    && matches!(it["kind"].as_str(), Some("Deployment" | "StatefulSet"))
            });
            let found = found.unwrap_or_else(|| panic!("{overlay} has no {role}"));
            // With an autoscaler, it says how many.
            assert!(found["spec"]["replicas"].as_u64().is_none_or(|it| it >= 2), "{role}");
            let container = &found["spec"]["template"]["spec"]["containers"][0];
            assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz", "{role}");
            assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz", "{role}");
            assert_eq!(container["args"][0], role);
            assert!(budgets.contains(role), "{overlay}: {role} has no disruption budget");
        }
        let migrate = of_kind(&objects, "Job");
        let container = &migrate[0]["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["args"][0], "migrate");
    }
}

#[test]
fn each_role_sees_its_own_secrets_only() {
    let objects = rendered("plain");
    let pods = pods(&objects);
    let seen = |role: &str| {
        let (_, pod) = pods.iter().find(|(name, _)| *name == role).unwrap();
        let seen = secrets_of(pod);
        seen.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("ingress"), "countersign-hook nats-ingress");
    assert_eq!(seen("recorder"), "countersign-database countersign-recorder nats-recorder");
    assert_eq!(seen("decision"), "countersign-recorder gitlab-token nats-decision");
    assert_eq!(seen("ui"), "countersign-recorder nats-ui");
    assert_eq!(seen("migrate"), "countersign-database");
}

#[test]
fn nothing_goes_out_that_is_not_named() {
    for overlay in OVERLAYS {
        let objects = rendered(overlay);
        let policies = of_kind(&objects, "NetworkPolicy");
        let deny = policies.iter().find(|it| name(it) == "default-deny").unwrap();
        assert_eq!(deny["spec"]["podSelector"], serde_json::json!({}));
        assert_eq!(list(&deny["spec"]["policyTypes"]).len(), 2);
        for policy in policies.iter().filter(|it| name(it) != "default-deny") {
            for rule in list(&policy["spec"]["egress"]) {
                // Where the database is, only its connection string says.
                let named = !list(&rule["to"]).is_empty() || name(policy) == "to-database";
                assert!(named, "{overlay}: {} goes anywhere", name(policy));
                assert!(!list(&rule["ports"]).is_empty(), "{overlay}: {} any port", name(policy));
            }
            for rule in list(&policy["spec"]["ingress"]) {
                assert!(
                    !list(&rule["from"]).is_empty(),
                    "{overlay}: {} from anywhere",
                    name(policy)
                );
            }
        }
    }
}

#[test]
fn nats_runs_on_three_nodes_with_copies_tls_and_syncs() {
    for overlay in ["plain", "production"] {
        let objects = rendered(overlay);
        let nats = of_kind(&objects, "StatefulSet").into_iter().find(|it| name(it) == "nats");
        assert_eq!(nats.unwrap()["spec"]["replicas"], 3, "{overlay}");
        let maps = of_kind(&objects, "ConfigMap");
        let text = |start: &str| {
            let map = maps.iter().find(|it| name(it).starts_with(start)).unwrap();
            map["data"].to_string()
        };
        let config = text("nats");
        for line in ["sync_interval: always", "tls {", "cluster {", "verify: true"] {
            assert!(config.contains(line), "{overlay}: {line} is not in {config}");
        }
        let environment = text("countersign-environment");
        assert!(environment.contains("\"COUNTERSIGN_BUS__REPLICAS\":\"3\""), "{environment}");
        assert!(environment.contains("\"COUNTERSIGN_DATABASE__MIGRATE\":\"false\""));
    }
    let scalers = rendered("production");
    let scaler = of_kind(&scalers, "ScaledObject")[0];
    assert_eq!(scaler["spec"]["triggers"][0]["type"], "nats-jetstream");
}

/// Every mounted volume is there, and every setting of ours is one that the program knows.
#[test]
fn what_is_named_is_there() {
    let known = file("services/countersign/countersign.default.toml");
    for overlay in OVERLAYS {
        let objects = rendered(overlay);
        for (maker, pod) in pods(&objects) {
            let mut volumes: Vec<&str> =
                list(&pod["volumes"]).iter().map(|it| it["name"].as_str().unwrap()).collect();
            let owner =
                objects.iter().find(|it| name(it) == maker && it["spec"]["template"].is_object());
            let claims = list(&owner.unwrap()["spec"]["volumeClaimTemplates"]);
            volumes.extend(claims.iter().map(name));
            for container in list(&pod["containers"]) {
                for mount in list(&container["volumeMounts"]) {
                    let volume = mount["name"].as_str().unwrap();
                    assert!(volumes.contains(&volume), "{overlay}: {maker} mounts {volume}");
                }
                for variable in list(&container["env"]) {
                    is_a_setting(variable["name"].as_str().unwrap(), &known);
                }
            }
        }
    }
}

fn is_a_setting(variable: &str, known: &str) {
    let Some((_, key)) = variable.strip_prefix("COUNTERSIGN_").and_then(|it| it.rsplit_once("__"))
    else {
        return;
    };
    let key = key.to_lowercase();
    let key = key.trim_end_matches("_file").trim_end_matches("_env");
    assert!(known.contains(&format!("{key} = ")), "{variable} is no setting");
}

#[test]
fn each_container_of_compose_has_what_it_needs_and_no_more() {
    let compose: Value = serde_saphyr::from_str(&file("docker-compose.yml")).unwrap();
    let services = compose["services"].as_object().unwrap();
    for role in ROLES {
        let service = &services[role];
        assert_eq!(service["read_only"], true, "{role}");
        assert_eq!(service["cap_drop"][0], "ALL", "{role}");
        assert!(service.to_string().contains("no-new-privileges"), "{role}");
        assert_eq!(service["restart"], "unless-stopped", "{role}");
    }
    for (name, service) in services {
        let image = service["image"].as_str().unwrap_or("countersign:x");
        let tag = image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
        assert!(!tag.is_empty() && !tag.starts_with("latest"), "{name}: {image} is not pinned");
        for port in list(&service["ports"]) {
            let port = port.as_str().unwrap();
            assert!(port.starts_with("127.0.0.1:"), "{name} is open to the network: {port}");
        }
        for variable in service["environment"].as_object().into_iter().flatten() {
            is_a_setting(variable.0, &file("services/countersign/countersign.default.toml"));
        }
    }
    assert!(list(&services["gitlab"]["profiles"]).iter().any(|it| it == "demo"));
    assert!(file("deploy/compose/nats.conf").contains("sync_interval: always"));
}

/// The accounts of a cluster are those that the program prints.
#[test]
fn the_accounts_of_the_bus_are_up_to_date() {
    let said = tests::Operator::default().says(&["bus", "permissions", "--accounts"]);
    assert!(said.code == Some(0) && said.text.starts_with("accounts {"), "{}", said.text);
    for path in ["deploy/kubernetes/components/nats/accounts.conf", "deploy/compose/nats.conf"] {
        assert!(file(path).trim_end().ends_with(&said.text), "write the accounts of {path} anew");
    }
}

#[test]
fn the_image_is_small_and_nobody_is_root_in_it() {
    let dockerfile = file("deploy/Dockerfile");
    let last = dockerfile.split("\nFROM ").last().unwrap();
    assert!(last.starts_with("${BASE_IMAGE}\n"), "{last}");
    assert!(dockerfile.contains("\nARG BASE_IMAGE=gcr.io/distroless/"), "{dockerfile}");
    assert!(last.contains("USER 65532"), "{last}");
    assert!(
        dockerfile.contains("--profile image")
            && file("Cargo.toml").contains("\n[profile.image]\n")
    );
    assert!(last.contains(r#""healthcheck""#), "{last}");
    for from in dockerfile.lines().filter(|line| line.starts_with("FROM ")) {
        assert!(!from.contains(":latest"), "{from}");
    }
}

/// Where nginx would answer for us, GitLab would not call again.
#[test]
fn a_proxy_breaks_the_connection_where_it_would_answer_for_us() {
    let text = file("deploy/nginx/countersign.conf");
    let defaults = file("services/countersign/countersign.default.toml");
    for (_, after) in text.lines().filter_map(|line| line.split_once("COUNTERSIGN_")) {
        is_a_setting(&format!("COUNTERSIGN_{}", after.split('=').next().unwrap()), &defaults);
    }
    let hook = text.split("location /approval-apps/status_check {").nth(1).unwrap();
    let hook = hook.split('}').next().unwrap();
    assert!(hook.contains("error_page 502 504 = @hang_up;") && hook.contains("25m"), "{hook}");
    assert!(text.contains("location @hang_up {\n        return 444;"), "{text}");
}

#[test]
fn the_ci_file_is_one_to_include() {
    let text = file("deploy/gitlab-ci.yml");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let jobs = documents.last().unwrap();
    let all = jobs.to_string();
    assert!(documents[0]["spec"]["inputs"].is_object(), "{text}");
    assert!(all.contains("config use-context") && all.contains("KUBE_CONTEXT"));
}
