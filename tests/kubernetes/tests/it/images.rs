//! One image for all pods; in production from a registry and of a version.

use crate::{
    holding::{holds, holds_in, put},
    manifests::{Manifests, Problems},
    rendered::Overlay,
};

fn images(manifests: &Manifests) -> impl Iterator<Item = (String, &str)> {
    manifests.pods().flat_map(|pod| {
        let images = pod
            .containers()
            .map(|container| container["image"].as_str());
        images.map(move |image| (pod.title(), image.unwrap_or_default()))
    })
}

fn check(manifests: &Manifests) -> Problems {
    let first = images(manifests).next().map(|(_, image)| image);
    let others = images(manifests).filter(|(_, image)| Some(*image) != first);
    others
        .map(|(pod, image)| format!("{pod} runs {image}"))
        .collect()
}

fn check_production(manifests: &Manifests) -> Problems {
    let unfit = images(manifests).filter(|(_, image)| {
        let (path, version) = image.rsplit_once(':').unwrap_or((image, "latest"));
        let numbered = version.starts_with(|first: char| first.is_ascii_digit());
        !numbered || !path.split('/').next().unwrap_or_default().contains('.')
    });
    unfit
        .map(|(pod, image)| format!("{pod} runs {image}"))
        .collect()
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_all_pods_run_one_image() {
    holds(
        check,
        &[put(
            "Job/auth-migration",
            IMAGE,
            "registry.example.com/supportdesk:0.0.9",
        )],
    );
}

#[test]
#[ignore = "needs the checkers: `cargo xtask test` fetches them, where they can be had"]
fn with_checkers_production_runs_a_version() {
    let of = |image: &'static str| put("Deployment/auth", IMAGE, image);
    holds_in(
        &[Overlay::Production],
        check_production,
        &[
            of("registry.example.com/supportdesk:latest"),
            of("registry.example.com/supportdesk"),
            of("registry.example.com/supportdesk:dev"),
            of("supportdesk:0.1.0"),
        ],
    );
}
