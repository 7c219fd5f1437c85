# The collector and its configurations, for the gateway and the sidecar. Built from the repository's root:
#
#   docker build -f deploy/otel/collector.Dockerfile -t continuum-collector .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY deploy/otel/builder.yaml ./
RUN go install go.opentelemetry.io/collector/cmd/builder@v0.160.0 \
    && CGO_ENABLED=0 GOFLAGS=-trimpath builder --config builder.yaml \
    && install -d -m 0700 /queue

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/build/collector/continuum-collector /continuum-collector
COPY --from=build --chown=10001:10001 /queue /var/lib/continuum-collector
COPY deploy/otel/collector.yaml deploy/otel/scrub.yaml deploy/otel/collector-agent.yaml deploy/otel/collector-projects.yaml /etc/continuum-collector/
USER 10001:10001
VOLUME /var/lib/continuum-collector
EXPOSE 4317 4318 8888 13133
ENTRYPOINT ["/continuum-collector"]
CMD ["--config", "/etc/continuum-collector/collector.yaml", "--config", "/etc/continuum-collector/scrub.yaml"]
