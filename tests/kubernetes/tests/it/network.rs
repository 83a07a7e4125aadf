//! The policies let through exactly the arrows that the architecture names, at both ends.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::{
    holding::{add, holds, put, remove},
    manifests::{Manifests, Pod, Problems, items, selects, title},
    rendered::root,
};

/// From whom, to whom, at which port; `8084`, or `53/UDP`.
type Arrow = (String, String, String);

/// Whoever is not in the namespace: by the table's name, the namespace, and a label of the pods.
const OUTSIDERS: [(&str, &str, &str, &str); 6] = [
    (
        "ingress controller",
        "traefik",
        "app.kubernetes.io/name",
        "traefik",
    ),
    (
        "PostgreSQL",
        "supportdesk-data",
        "cnpg.io/cluster",
        "supportdesk",
    ),
    ("NATS", "supportdesk-data", "app.kubernetes.io/name", "nats"),
    ("DNS", "kube-system", "k8s-app", "kube-dns"),
    (
        "Prometheus",
        "monitoring",
        "app.kubernetes.io/name",
        "prometheus",
    ),
    (
        "collector",
        "monitoring",
        "app.kubernetes.io/name",
        "opentelemetry-collector",
    ),
];

/// What `outside` leaves out: the cluster, and what the machines of a cloud tell of themselves.
const INSIDE: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
];

/// A direction of a policy.
struct Direction {
    kind: &'static str,
    rules: &'static str,
    peers: &'static str,
}

const EGRESS: Direction = Direction {
    kind: "Egress",
    rules: "egress",
    peers: "to",
};
const INGRESS: Direction = Direction {
    kind: "Ingress",
    rules: "ingress",
    peers: "from",
};

fn check(manifests: &Manifests) -> Problems {
    let mut problems = Problems::new();
    let wanted = table(manifests);
    for pod in manifests.pods() {
        let name = pod.name();
        let ends = [
            (
                &EGRESS,
                wanted
                    .iter()
                    .filter(|(from, ..)| from == name)
                    .cloned()
                    .collect(),
            ),
            (
                &INGRESS,
                wanted
                    .iter()
                    .filter(|(_, to, _)| to == name)
                    .cloned()
                    .collect(),
            ),
        ];
        for (direction, wanted) in ends {
            let wanted: BTreeSet<Arrow> = wanted;
            let let_through = arrows(manifests, pod, direction);
            let told = |(from, to, port): &Arrow| format!("{from} → {to} {port}");
            let kind = direction.kind;
            let missing = wanted.difference(&let_through);
            problems.extend(missing.map(|arrow| format!("{kind} lacks {}", told(arrow))));
            let surplus = let_through.difference(&wanted);
            problems.extend(surplus.map(|arrow| format!("{kind} lets through {}", told(arrow))));
        }
    }
    for policy in manifests.of("NetworkPolicy") {
        let selector = &policy["spec"]["podSelector"];
        if !manifests.pods().any(|pod| selects(selector, pod.labels())) {
            problems.push(format!("{} is for nobody", title(policy)));
        }
    }
    problems
}

/// What the policies let a pod send, or take.
fn arrows(manifests: &Manifests, pod: Pod<'_>, direction: &Direction) -> BTreeSet<Arrow> {
    let of_pod: Vec<&Value> = manifests
        .of("NetworkPolicy")
        .map(|policy| &policy["spec"])
        .filter(|policy| selects(&policy["podSelector"], pod.labels()))
        .filter(|policy| items(&policy["policyTypes"]).any(|kind| kind == direction.kind))
        .collect();
    let arrow = |peer: String, port: String| match direction.kind {
        "Egress" => (pod.name().to_owned(), peer, port),
        _ => (peer, pod.name().to_owned(), port),
    };
    if of_pod.is_empty() {
        return BTreeSet::from([arrow("anybody".to_owned(), "any".to_owned())]);
    }
    let mut arrows = BTreeSet::new();
    for rule in of_pod
        .iter()
        .flat_map(|policy| items(&policy[direction.rules]))
    {
        let mut peers: Vec<String> = items(&rule[direction.peers])
            .flat_map(|peer| peer_names(manifests, peer))
            .collect();
        if rule[direction.peers].is_null() {
            peers.push("anybody".to_owned());
        }
        for peer in peers {
            let target = match direction.kind {
                "Egress" => manifests.pods().find(|pod| pod.name() == peer),
                _ => Some(pod),
            };
            let ports = port_names(&rule["ports"], target);
            arrows.extend(ports.into_iter().map(|port| arrow(peer.clone(), port)));
        }
    }
    arrows
}

/// Those whom a rule names: pods of the namespace, outsiders, the world outside.
fn peer_names(manifests: &Manifests, peer: &Value) -> Vec<String> {
    let fields: Vec<&str> = peer
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, _)| &**field)
        .collect();
    match fields[..] {
        ["podSelector"] => {
            let chosen = manifests
                .pods()
                .filter(|pod| selects(&peer["podSelector"], pod.labels()));
            chosen.map(|pod| pod.name().to_owned()).collect()
        }
        ["ipBlock"] if peer["ipBlock"] == json!({"cidr": "0.0.0.0/0", "except": INSIDE}) => {
            vec!["outside".to_owned()]
        }
        _ => {
            let known = OUTSIDERS.iter().find(|(_, namespace, label, value)| {
                *peer
                    == json!({
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                        "podSelector": {"matchLabels": {*label: value}},
                    })
            });
            vec![known.map_or_else(|| peer.to_string(), |(name, ..)| (*name).to_owned())]
        }
    }
}

fn port_names(ports: &Value, target: Option<Pod<'_>>) -> Vec<String> {
    if ports.is_null() {
        return vec!["any".to_owned()];
    }
    let name = |port: &Value| {
        let number = match (&port["port"], target) {
            (Value::String(_), Some(pod)) => pod.port(&port["port"]).map(Value::from),
            (number, _) => Some(number.clone()),
        };
        let number = number.unwrap_or_default();
        match (port["protocol"].as_str(), &port["endPort"]) {
            (None | Some("TCP"), Value::Null) => number.to_string(),
            (Some(protocol), Value::Null) => format!("{number}/{protocol}"),
            (_, end) => format!("{number} to {end}"),
        }
    };
    items(ports).map(name).collect()
}

/// The table in the architecture, an arrow for each pair.
fn table(manifests: &Manifests) -> BTreeSet<Arrow> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, section) = text.split_once("## Who reaches whom\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let mut arrows = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let ["", senders, targets, _, ""] = cells[..] else {
            panic!("{row} is no row of the table");
        };
        for (target, port) in targets
            .split(", ")
            .map(|target| target.rsplit_once(' ').unwrap())
        {
            for sender in senders.split(", ") {
                let names: Vec<&str> = match sender {
                    "services" => manifests.services().map(Pod::name).collect(),
                    "migrations" => manifests.migrations().map(Pod::name).collect(),
                    name => vec![name],
                };
                let arrow = |name: &str| (name.to_owned(), target.to_owned(), port.to_owned());
                arrows.extend(names.into_iter().map(arrow));
            }
        }
    }
    arrows
}

/// Every name in the table is somebody's.
fn strangers(manifests: &Manifests) -> Problems {
    let known = |name: &str| {
        name == "outside"
            || OUTSIDERS.iter().any(|(outsider, ..)| *outsider == name)
            || manifests.pods().any(|pod| pod.name() == name)
    };
    let arrows = table(manifests).into_iter();
    let names = arrows.flat_map(|(from, to, _)| [from, to]);
    names.filter(|name| !known(name)).collect()
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_policies_let_through_the_arrows_of_the_architecture() {
    let policy = |name: &str, spec: Value| {
        add(json!({
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": "supportdesk"},
            "spec": spec,
        }))
    };
    let ticket = "NetworkPolicy/ticket";
    let everybody = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]});
    let anywhere = json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]});
    let ticket_pods = json!({"matchLabels": {"app.kubernetes.io/name": "ticket"}});
    let to_notifier = json!({
        "podSelector": ticket_pods,
        "policyTypes": ["Egress"],
        "egress": [{
            "to": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "notifier"}}}],
            "ports": [{"port": 8087}],
        }],
    });
    let from_notifier_to_gateway = json!({
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}},
        "policyTypes": ["Ingress"],
        "ingress": [{
            "from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "notifier"}}}],
            "ports": [{"port": "http"}],
        }],
    });
    holds(strangers, &[remove("Deployment/ticket", "")]);
    holds(
        check,
        &[
            policy("everybody", everybody),
            policy("anywhere", anywhere),
            policy("ticket-to-notifier", to_notifier),
            policy("notifier-to-gateway", from_notifier_to_gateway),
            policy(
                "nobody",
                json!({"podSelector": {"matchLabels": {"app": "x"}}}),
            ),
            remove(ticket, ""),
            remove("NetworkPolicy/dns", ""),
            remove("NetworkPolicy/dns", "/spec/egress/0/ports/0"),
            remove(
                "NetworkPolicy/bus",
                "/spec/podSelector/matchExpressions/0/values/0",
            ),
            remove("NetworkPolicy/migration", ""),
            put("NetworkPolicy/database", "/spec/podSelector", json!({})),
            put("NetworkPolicy/telemetry", "/spec/podSelector", json!({})),
            remove(ticket, "/spec/egress/0"),
            remove(ticket, "/spec/ingress/0/from/0"),
            remove(ticket, "/spec/egress/0/ports"),
            remove(ticket, "/spec/ingress/0/from"),
            put(ticket, "/spec/egress/0/ports/0/port", 9082),
            put(ticket, "/spec/egress/0/ports/0/endPort", 9999),
            put(ticket, "/spec/ingress/0/ports/0/port", "admin"),
            put(ticket, "/spec/policyTypes", json!(["Egress"])),
            put(
                ticket,
                "/spec/ingress/0/from/-",
                json!({"namespaceSelector": {}}),
            ),
            put(
                "NetworkPolicy/notifier",
                "/spec/egress/4/to/0/ipBlock",
                json!({"cidr": "0.0.0.0/0"}),
            ),
        ],
    );
}

/// Without it a pod that no policy selects would be open; with it only DNS is.
#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_who_has_no_policy_is_cut_off() {
    holds(
        |manifests| {
            let denied = manifests.of("NetworkPolicy").any(|policy| {
                policy["spec"] == json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
            });
            if denied {
                Problems::new()
            } else {
                vec!["nothing is denied by default".to_owned()]
            }
        },
        &[remove("NetworkPolicy/default-deny", "")],
    );
}
