"""Attribute keys of the semantic conventions: those that an operator needs, and those that may name people.

From the conventions 1.4x and those of generative AI 0.1. A key that stands in neither table is one that nobody
knows. Numbers stand in words.py.
"""

from __future__ import annotations

from typing import Final

_BY_SHAPE: Final = {
    # Enumerations; their words stand in words.py.
    "word": (
        "cassandra.consistency.level cloud.platform cloud.provider container.runtime container.runtime.name "
        "continuum.memory.cache.outcome continuum.memory.outcome "
        "cpu.mode db.client.connections.state deployment.status disk.io.direction faas.document.operation "
        "faas.invoked_provider faas.trigger feature_flag.provider.name feature_flag.result.reason "
        "gen_ai.openai.request.response_format gen_ai.openai.request.service_tier "
        "gen_ai.openai.response.service_tier gen_ai.output.type gen_ai.request.encoding_formats "
        "gen_ai.request.reasoning.level gen_ai.response.finish_reasons gen_ai.system gen_ai.token.type "
        "gen_ai.tool.type host.arch http.connection.state k8s.container.status.reason "
        "k8s.container.status.state k8s.namespace.phase k8s.pod.status.phase k8s.pod.status.reason "
        "log.iostream messaging.operation messaging.operation.type messaging.rocketmq.consumption_model "
        "messaging.rocketmq.message.type messaging.servicebus.disposition_status messaging.system "
        "network.connection.state network.connection.subtype network.connection.type network.io.direction "
        "openai.api.type openai.request.service_tier openai.response.service_tier os.type "
        "otel.component.type otel.span.parent.origin otel.span.sampling_result process.context_switch.type "
        "process.cpu.state process.paging.fault_type process.state rpc.connect_rpc.error_code "
        "rpc.message.type rpc.response.status_code rpc.system rpc.system.name service.criticality "
        "system.cpu.state system.filesystem.state system.memory.state system.network.state "
        "system.paging.direction system.paging.state system.paging.type tls.protocol.name"
    ),
    # What an operator named.
    "label": (
        "cloud.availability_zone cloud.region container.image.name container.image.tags container.name "
        "db.client.connection.pool.name db.client.connections.pool.name deployment.environment "
        "deployment.name elasticsearch.node.name faas.invoked_name faas.invoked_region faas.name faas.version "
        "host.type k8s.cluster.name k8s.container.name k8s.cronjob.name k8s.daemonset.name "
        "k8s.deployment.name k8s.job.name k8s.namespace.name k8s.node.name k8s.pod.name k8s.replicaset.name "
        "k8s.statefulset.name messaging.consumer.group.name messaging.kafka.consumer.group "
        "network.interface.name os.name os.version otel.component.name peer.service pool.name "
        "process.executable.name service.peer.name service.peer.namespace"
    ),
    # What a programmer named.
    "name": (
        "event.name feature_flag.key feature_flag.result.variant gen_ai.agent.name gen_ai.evaluation.name "
        "gen_ai.evaluation.score.label gen_ai.prompt.name gen_ai.tool.name gen_ai.workflow.name "
        "mcp.method.name messaging.destination.template messaging.operation.name otel.event.name rpc.method"
    ),
    "identifier": (
        "code.function code.namespace db.jdbc.driver_classname otel.library.name otel.scope.name rpc.service"
    ),
    "namespace": (
        "db.cassandra.table db.mongodb.collection db.sql.table db.stored_procedure.name faas.document.collection"
    ),
    "version": (
        "container.runtime.version gen_ai.agent.version gen_ai.prompt.version jsonrpc.protocol.version "
        "otel.library.version otel.scope.version rpc.jsonrpc.version tls.protocol.version"
    ),
    "decimal": (
        "cpython.gc.generation db.cosmosdb.status_code messaging.destination.partition.id rpc.grpc.status_code"
    ),
    "route": "url.template",
    "uuid": (
        "faas.invocation_id gen_ai.memory.record.id k8s.cluster.uid k8s.cronjob.uid k8s.daemonset.uid "
        "k8s.deployment.uid k8s.job.uid k8s.node.uid k8s.pod.uid k8s.replicaset.uid k8s.statefulset.uid"
    ),
    "digest": "container.id",
    # A store of memories is a tenant's or a person's: only its pseudonym may leave.
    "pseudonym": "gen_ai.memory.store.id",
}

SAFE: Final[dict[str, str]] = {key: shape for shape, keys in _BY_SHAPE.items() for key in keys.split()}

_MAY_NAME_SOMEBODY: Final = (
    # What was said, asked, found and answered.
    "gen_ai.agent.description gen_ai.completion gen_ai.evaluation.explanation gen_ai.event.content "
    "gen_ai.input.messages gen_ai.memory.query.text gen_ai.memory.records gen_ai.output.messages "
    "gen_ai.prompt gen_ai.request.stop_sequences gen_ai.retrieval.documents gen_ai.retrieval.query.text "
    "gen_ai.system_instructions gen_ai.tool.call.arguments gen_ai.tool.call.result "
    "gen_ai.tool.definitions gen_ai.tool.description log.record.original mcp.resource.uri "
    # Who said it, and from where.
    "client.socket.address client.socket.port device.id enduser.id enduser.pseudo.id enduser.role "
    "enduser.scope gen_ai.conversation.id geo.continent.code geo.country.iso_code geo.locality.name "
    "geo.location.lat geo.location.lon geo.postal_code geo.region.iso_code host.ip host.mac mcp.session.id "
    "messaging.message.conversation_id session.id session.previous_id source.address source.port "
    "tls.client.certificate tls.client.certificate_chain tls.client.issuer tls.client.server_name "
    "tls.client.subject user.email user.full_name user.hash user.id user.name user.roles "
    # Hosts, queues, keys and files that may be called after somebody.
    "db.connection_string db.operation.parameter destination.address faas.document.name "
    "feature_flag.context.id feature_flag.result.value http.host http.request.method_original "
    "http.server_name jsonrpc.request.id log.file.path log.file.path_resolved messaging.client.id "
    "messaging.destination.name messaging.destination.subscription.name "
    "messaging.destination_publish.name messaging.gcp_pubsub.message.ordering_key "
    "messaging.kafka.message.key messaging.message.id messaging.rabbitmq.destination.routing_key "
    "messaging.rocketmq.message.group messaging.rocketmq.message.keys messaging.rocketmq.message.tag "
    "net.host.name process.environment_variable process.executable.path process.real_user.id "
    "process.real_user.name process.saved_user.id process.saved_user.name process.title process.user.id "
    "process.user.name process.working_directory rpc.jsonrpc.error_message rpc.jsonrpc.request_id "
    "rpc.method_original url.domain url.original url.registered_domain url.subdomain"
)

DROPPED: Final = frozenset(_MAY_NAME_SOMEBODY.split())
