# syntax=docker/dockerfile:1

# One image with the program of all eight services and the operators' command line; why,
# docs/architecture.md says under "Containers".

# The Debian release is that of the final stage: the programs are linked with its C library.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY shared shared
COPY services services
COPY tests tests
COPY xtask xtask
# Crates and compiled dependencies stay in the builder's cache, so that a change costs what it
# costs in a checkout. The cache is no part of the layer, hence the copy in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package supportdesk --package supportdeskctl \
    && install -D --target-directory=/image/usr/local/bin \
        target/release/supportdesk target/release/supportdeskctl \
    && for service in gateway external-gateway auth project ticket reporting sla-worker notifier; do \
        ln -s supportdesk "/image/usr/local/bin/$service" || exit; \
    done \
    && install -d --owner=65532 --group=65532 --mode=0700 \
        /image/var/lib/supportdesk/files /image/var/lib/supportdesk/mail

# The C library, CA certificates and time zones; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /image/usr/local/bin /usr/local/bin
# Volumes that are mounted here for the first time take over the owner.
COPY --from=build --chown=65532:65532 /image/var/lib/supportdesk /var/lib/supportdesk
# By number, so that a cluster can see that it is not root.
USER 65532:65532
# What SIGTERM does: no new requests, the running ones end, background work stops, exit 0.
STOPSIGNAL SIGTERM
# The other services are named in the same way: `--entrypoint /usr/local/bin/ticket`.
ENTRYPOINT ["/usr/local/bin/gateway"]
CMD ["serve"]
