//! Parsed documents, and the pods that they make.

use serde_json::Value;

/// The label by which a pod is told from those of other services.
pub const NAME: &str = "app.kubernetes.io/name";

/// What is wrong, a line each.
pub type Problems = Vec<String>;

/// Documents that are applied together.
#[derive(Debug, Clone)]
pub struct Manifests(pub Vec<Value>);

/// The pods of a Deployment or a Job.
#[derive(Clone, Copy)]
pub struct Pod<'a> {
    /// The Deployment or the Job.
    pub owner: &'a Value,
}

impl Manifests {
    /// Reads the documents of a YAML stream.
    pub fn parse(yaml: &str) -> Self {
        let documents = serde_saphyr::from_multiple(yaml);
        Self(documents.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Those of a kind.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.0
            .iter()
            .filter(move |document| document["kind"] == kind)
    }

    /// The one of that kind and name.
    pub fn find(&self, kind: &str, named: &str) -> Option<&Value> {
        self.of(kind).find(|document| name(document) == named)
    }

    /// The pods of the services.
    pub fn services(&self) -> impl Iterator<Item = Pod<'_>> {
        self.of("Deployment").map(|owner| Pod { owner })
    }

    /// The pods of the migrations.
    pub fn migrations(&self) -> impl Iterator<Item = Pod<'_>> {
        self.of("Job").map(|owner| Pod { owner })
    }

    /// All pods.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        self.services().chain(self.migrations())
    }

    /// How many pods a Deployment has at least.
    pub fn replicas(&self, deployment: &Value) -> u64 {
        let minimum = self
            .of("HorizontalPodAutoscaler")
            .find(|scaler| {
                scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
            })
            .and_then(|scaler| scaler["spec"]["minReplicas"].as_u64());
        let told = deployment["spec"]["replicas"].as_u64();
        minimum.or(told).unwrap_or(1)
    }
}

impl<'a> Pod<'a> {
    /// `Deployment/ticket`.
    pub fn title(self) -> String {
        title(self.owner)
    }

    /// What selectors see.
    pub fn labels(self) -> &'a Value {
        &self.owner["spec"]["template"]["metadata"]["labels"]
    }

    /// By its label.
    pub fn name(self) -> &'a str {
        self.labels()[NAME].as_str().unwrap_or_default()
    }

    /// The pod itself.
    pub fn spec(self) -> &'a Value {
        &self.owner["spec"]["template"]["spec"]
    }

    /// Those that start before the others, too.
    pub fn containers(self) -> impl Iterator<Item = &'a Value> {
        let list = |field: &str| items(&self.spec()[field]);
        list("initContainers").chain(list("containers"))
    }

    /// The number of a port that is named, or given by number, as long as a container has it.
    pub fn port(self, port: &Value) -> Option<u64> {
        self.containers()
            .flat_map(|container| items(&container["ports"]))
            .find(|known| known["name"] == *port || known["containerPort"] == *port)
            .and_then(|known| known["containerPort"].as_u64())
    }

    /// The program that its one container runs, without the folder of the programs.
    pub fn program(self) -> Option<&'a str> {
        let command = &self.spec()["containers"][0]["command"];
        match items(command).collect::<Vec<_>>()[..] {
            [program] => program.as_str()?.strip_prefix("/usr/local/bin/"),
            _ => None,
        }
    }
}

/// What does not hold, of promises and what is wrong without them.
pub fn unmet<const N: usize>(
    promises: [(bool, &'static str); N],
) -> impl Iterator<Item = &'static str> {
    let broken = promises.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, problem)| problem)
}

/// A document's name.
pub fn name(document: &Value) -> &str {
    document["metadata"]["name"].as_str().unwrap_or_default()
}

/// `Service/ticket`.
pub fn title(document: &Value) -> String {
    let kind = document["kind"].as_str().unwrap_or_default();
    format!("{kind}/{}", name(document))
}

/// The items of a list; none where there is no list.
pub fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    value
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

/// Whether labels are among those that a selector wants. An empty selector wants all.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    let mut wanted = equal.map(|(label, value)| labels[label.as_str()] == *value);
    let mut among = items(&selector["matchExpressions"]).map(|expression| {
        let label = &labels[expression["key"].as_str().unwrap_or_default()];
        let listed = items(&expression["values"]).any(|value| value == label);
        match expression["operator"].as_str() {
            Some("In") => listed,
            Some("NotIn") => !listed,
            Some("Exists") => !label.is_null(),
            Some("DoesNotExist") => label.is_null(),
            other => panic!("{other:?} is no operator of a selector"),
        }
    });
    wanted.all(|holds| holds) && among.all(|holds| holds)
}

/// A quantity such as `500m` or `64Mi`, in thousandths.
pub fn quantity(value: &Value) -> Option<u64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        other => other.as_str()?.to_owned(),
    };
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "m" => 1,
        "" => 1_000,
        "Ki" => 1_024_000,
        "Mi" => 1_048_576_000,
        "Gi" => 1_073_741_824_000,
        _ => return None,
    };
    Some(digits.parse::<u64>().ok()? * unit)
}

#[test]
fn a_selector_wants_every_label_and_one_of_each_list() {
    let labels = serde_json::json!({"a": "1", "b": "2"});
    for (selector, expected) in [
        (serde_json::json!({}), true),
        (serde_json::json!({"matchLabels": {"a": "1"}}), true),
        (
            serde_json::json!({"matchLabels": {"a": "1", "b": "1"}}),
            false,
        ),
        (
            serde_json::json!({"matchExpressions": [{"key": "b", "operator": "In", "values": ["1", "2"]}]}),
            true,
        ),
        (
            serde_json::json!({"matchExpressions": [{"key": "c", "operator": "Exists"}]}),
            false,
        ),
    ] {
        assert_eq!(selects(&selector, &labels), expected, "{selector}");
    }
}

#[test]
fn quantities_are_compared_by_their_size() {
    for (text, thousandths) in [
        ("500m", Some(500)),
        ("2", Some(2_000)),
        ("64Mi", Some(67_108_864_000)),
        ("much", None),
    ] {
        assert_eq!(quantity(&text.into()), thousandths, "{text}");
    }
}

#[test]
fn what_is_quoted_stays_text() {
    let documents = Manifests::parse("kind: A\nport: \"8080\"\n---\nkind: B\nport: 8080\n");
    assert_eq!(documents.0[0]["port"], "8080");
    assert_eq!(documents.0[1]["port"], 8080);
}
