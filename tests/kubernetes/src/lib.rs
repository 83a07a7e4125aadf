//! The manifests in `k8s/` and `deploy/` are checked by the tests of this crate; there is no more
//! to it.
