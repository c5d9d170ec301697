//! The documents of a `cluster.yaml` and the places in them that are read.

use crate::read::{Field, Object, interface, number, switch};
use crate::report::Report;
use crate::schema;
use crate::words::{nearest, quoted};
use crate::yaml::{Node, Parsed, Value};

const CONFIGURATION: &str = "ClusterConfiguration";
const PROVISIONER: &str = "ClusterProvisioner";
const GROUP: &str = "konvoy.mesosphere.io/";
const VERSIONS: [&str; 2] = [
    "konvoy.mesosphere.io/v1beta1",
    "konvoy.mesosphere.io/v1beta2",
];

/// The port of an API server where nobody says otherwise.
pub(super) const DEFAULT_API_SERVER_PORT: u16 = 6443;

/// Whether a file is Konvoy's: one of its documents says so by kind or by API group.
pub(crate) fn is_konvoy(parsed: &Parsed) -> bool {
    parsed.documents.iter().any(|document| {
        let kind = document.get("kind").and_then(Node::text);
        let version = document.get("apiVersion").and_then(Node::text);
        matches!(kind, Some(CONFIGURATION | PROVISIONER))
            || version.is_some_and(|version| version.starts_with(GROUP))
    })
}

/// What a `cluster.yaml` says of the control-plane endpoint.
pub(super) struct Cluster<'a> {
    /// The `ClusterConfiguration`, or else the first document.
    pub(super) document: &'a Node,
    /// `spec.kubernetes.controlPlane`.
    control_plane: Option<&'a Node>,
    /// `controlPlaneEndpointOverride`, where it says something.
    pub(super) endpoint: Option<&'a Node>,
    /// `spec.aws.elb` with its key.
    pub(super) elb: Option<(&'a Node, &'a Node)>,
}

/// `keepalived` as given; both keys are optional.
#[derive(Default)]
pub(super) struct Keepalived {
    pub(super) interface: Option<String>,
    pub(super) vrid: Option<u8>,
}

/// `spec.aws.elb`.
pub(super) struct Elb {
    pub(super) api_server_port: u16,
    pub(super) internal: bool,
}

impl<'a> Cluster<'a> {
    /// Finds the documents; a second one of a kind and an unknown API version are errors.
    pub(super) fn find(parsed: &'a Parsed, report: &mut Report) -> Option<Self> {
        let configuration = only(parsed, CONFIGURATION, report);
        let provisioner = only(parsed, PROVISIONER, report);
        let document = configuration.or(provisioner).or(parsed.documents.first())?;
        let control_plane =
            configuration.and_then(|found| found.at(&["spec", "kubernetes", "controlPlane"]));
        let elb = [provisioner, configuration]
            .into_iter()
            .flatten()
            .filter_map(|found| found.at(&["spec", "aws"])?.entry("elb"))
            .find(|(_, value)| !value.is_null());
        if configuration.is_none() && elb.is_none() {
            report
                .error(
                    document,
                    format!("there is no document of kind {CONFIGURATION}"),
                )
                .hint(
                    "the control-plane endpoint stands in that document of Konvoy's cluster.yaml",
                );
        }
        let endpoint = control_plane
            .and_then(|found| found.get("controlPlaneEndpointOverride"))
            .filter(|node| !node.is_null() && node.text() != Some(""));
        Some(Cluster {
            document,
            control_plane,
            endpoint,
            elb,
        })
    }

    /// The `keepalived` key with its value. A key that looks like a misspelling of it is an
    /// error: without the key nothing would be protected.
    pub(super) fn keepalived(&self, report: &mut Report) -> Option<(&'a Node, &'a Node)> {
        let control_plane = self.control_plane?;
        if let Some(found) = control_plane.entry("keepalived") {
            return Some(found);
        }
        for (key, _) in control_plane.entries().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if nearest(name, ["keepalived"]).is_some() {
                report
                    .error(
                        key,
                        format!("{} is no key of Konvoy's controlPlane", quoted(name)),
                    )
                    .label("did you mean `keepalived`?");
            }
        }
        None
    }

    /// Where an endpoint was expected.
    pub(super) fn endpoint_place(&self) -> &'a Node {
        self.control_plane.unwrap_or(self.document)
    }
}

/// The document of a kind.
fn only<'a>(parsed: &'a Parsed, kind: &str, report: &mut Report) -> Option<&'a Node> {
    let is_it = |node: &&Node| node.get("kind").and_then(Node::text) == Some(kind);
    let mut found = parsed.documents.iter().filter(is_it);
    let document = found.next()?;
    if let (Some(second), Some(first)) = (found.next(), document.get("kind")) {
        report
            .error(
                second.get("kind").unwrap_or(second),
                format!("a second document of kind {kind}"),
            )
            .related(first, "the first");
    }
    match document.get("apiVersion") {
        Some(version) if version.text().is_some_and(|text| VERSIONS.contains(&text)) => {}
        Some(version) => {
            report
                .error(
                    version,
                    format!("`apiVersion` is {}, which is not known", version.describe()),
                )
                .hint(format!("known are {}", VERSIONS.join(" and ")));
        }
        None => {
            report
                .error(document, format!("the {kind} has no `apiVersion`"))
                .hint(format!("known are {}", VERSIONS.join(" and ")));
        }
    }
    Some(document)
}

impl Keepalived {
    /// The value of the key. Nothing at all counts as `{}`: that is what remains when every
    /// optional line below the key is commented out, and it is the key that asks for a VIP.
    pub(super) fn read(value: &Node, report: &mut Report) -> Self {
        if value.is_null() {
            return Keepalived::default();
        }
        let Some(object) = Object::open(value, &schema::KONVOY_KEEPALIVED, report) else {
            return Keepalived::default();
        };
        Keepalived {
            interface: object
                .get("interface")
                .and_then(|field| interface(field, report)),
            vrid: object
                .get("vrid")
                .and_then(|field| number(field, 1..=255, report)),
        }
    }
}

impl Elb {
    /// The two values that are named to the user.
    pub(super) fn read(value: &Node, report: &mut Report) -> Self {
        if !matches!(value.value, Value::Map(_)) {
            report.error(
                value,
                format!("`elb` must be a mapping, not {}", value.describe()),
            );
        }
        let field = |name| {
            value
                .get(name)
                .filter(|node| !node.is_null())
                .map(|value| Field {
                    name,
                    key: value,
                    value,
                })
        };
        let port = field("apiServerPort").and_then(|field| number(field, 1..=65535, report));
        let internal = field("internal").and_then(|field| switch(field, report));
        Elb {
            api_server_port: port.unwrap_or(DEFAULT_API_SERVER_PORT),
            internal: internal.unwrap_or_default(),
        }
    }
}
