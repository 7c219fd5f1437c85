"""Words that every program shares: the vocabularies of HTTP, databases, SQL, Redis and Sentry. Data, no code."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


METHODS: Final = _words("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY HTTP WEBSOCKET _OTHER")

ENUMERATIONS: Final = METHODS | _words(
    # schemes, transports, protocols
    "http https ws wss tcp udp unix pipe quic inproc ipv4 ipv6 grpc amqp kafka spdy HTTP "
    # databases, providers, runtimes
    "sqlite postgresql mysql mariadb redis valkey mongodb mssql microsoft.sql_server oracle oracle.db "
    "other_sql cockroachdb elasticsearch memcached cassandra clickhouse openai anthropic aws.bedrock "
    "gcp.vertex_ai cohere mistral_ai ollama cpython CPython pypy PyPy python opentelemetry continuum "
    "webjs java go "
    # levels, kinds, statuses
    "fatal critical error warning warn info debug trace log internal server client producer consumer "
    "INTERNAL SERVER CLIENT PRODUCER CONSUMER SpanKind.INTERNAL SpanKind.SERVER SpanKind.CLIENT "
    "SpanKind.PRODUCER SpanKind.CONSUMER OK ERROR UNSET ok error unset cancelled unknown unknown_error "
    "invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted "
    "failed_precondition aborted out_of_range unimplemented internal_error unavailable data_loss "
    "unauthenticated true false True False transaction event default generic "
    # Sentry's breadcrumb types, categories, mechanisms, operations and integrations
    "navigation query ui user httplib subprocess exception excepthook threading logging dedupe asyncio "
    "atexit chained manual auto.otel db db.redis http.server http.client websocket.server function task bot "
    "test Linux Darwin Windows "
    # states of pooled connections; what there was no room for
    "idle used overflow "
    # how a memory operation ended, besides ok and failed, and what a cache had
    "refused hit miss bypass "
    # generative AI: providers, kinds of tokens, outputs and tools, why a model ended
    "gcp.gen_ai gcp.gemini vertex_ai gemini az.ai.inference az.ai.openai azure.ai.inference azure.ai.openai "
    "ibm.watsonx.ai perplexity x_ai xai deepseek groq moonshot_ai input output text json image speech "
    "json_object json_schema float base64 int8 uint8 binary ubinary extension datastore auto flex scale "
    "priority low medium high minimal none chat_completions responses stop length content_filter "
    "tool_calls tool_call tool_use function_call end_turn max_tokens stop_sequence pause_turn refusal STOP "
    "MAX_TOKENS SAFETY RECITATION LANGUAGE COMPLETE ERROR_TOXIC "
    # messages and calls
    "activemq aws.sns aws_sqs eventgrid eventhubs servicebus gcp_pubsub jms rabbitmq rocketmq pulsar nats "
    "celery create send receive process settle deliver publish clustering broadcasting normal fifo delay "
    "complete abandon dead_letter defer dubbo apache_dubbo connectrpc connect_rpc jsonrpc onc_rpc java_rmi "
    "dotnet_wcf SENT RECEIVED CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS "
    "PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED "
    "UNAVAILABLE DATA_LOSS UNAUTHENTICATED "
    # databases
    "actian.ingres aws.dynamodb aws.redshift azure.cosmosdb intersystems.cache couchbase couchdb derby "
    "dynamodb cosmosdb db2 firebirdsql gcp.spanner geode h2 h2database hbase hive hsqldb ibm.db2 "
    "ibm.informix ibm.netezza influxdb instantdb neo4j opensearch redshift sap.hana sap.maxdb "
    "softwareag.adabas spanner teradata trino duckdb snowflake bigquery all each_quorum quorum local_quorum "
    "one two three local_one any serial local_serial "
    # where programs run
    "alibaba_cloud aws azure gcp heroku hetzner ibm_cloud oracle_cloud scaleway_cloud tencent_cloud vultr "
    "akamai_cloud aws_ec2 aws_ecs aws_eks aws_lambda aws_elastic_beanstalk aws_app_runner aws_openshift "
    "azure.vm azure.container_apps azure.container_instances azure.aks azure.functions azure.app_service "
    "azure.openshift gcp_compute_engine gcp_cloud_run gcp_kubernetes_engine gcp_cloud_functions "
    "gcp_app_engine gcp_openshift gcp.agent_engine hetzner.cloud_server datasource pubsub timer other "
    "insert edit delete docker containerd cri-o podman amd64 arm64 arm32 x86 ppc64 s390x linux darwin "
    "windows freebsd netbsd openbsd solaris running waiting terminated sleeping stopped defunct active "
    "terminating Pending Running Succeeded Failed Unknown ContainerCreating CrashLoopBackOff "
    "CreateContainerConfigError ErrImagePull ImagePullBackOff OOMKilled Completed Error ContainerCannotRun "
    "Evicted NodeAffinity NodeLost Shutdown UnexpectedAdmissionError failed succeeded "
    # networks, files, processors, metrics of a machine
    "closed close_wait closing established fin_wait_1 fin_wait_2 last_ack listen syn_received syn_sent "
    "time_wait wifi wired cell transmit read write stdout stderr ssl tls system user nice iowait interrupt "
    "steal kernel free shared buffers cached reserved in out major minor voluntary involuntary wait "
    "static targeting_match split disabled stale critical "
    # OpenTelemetry about itself
    "batching_span_processor simple_span_processor batching_log_processor simple_log_processor "
    "otlp_grpc_span_exporter otlp_http_span_exporter otlp_http_json_span_exporter otlp_grpc_log_exporter "
    "otlp_http_log_exporter periodic_metric_reader otlp_grpc_metric_exporter otlp_http_metric_exporter "
    "local remote DROP RECORD_ONLY RECORD_AND_SAMPLE "
    # the rest of what the conventions enumerate under safe keys
    "aix akamai_cloud.compute alibaba_cloud_ecs alibaba_cloud_fc alibaba_cloud_openshift cdma "
    "cdma2000_1xrtt cloudscape coldfusion cpp dotnet dragonflybsd edb edge ehrpd erlang evdo_0 evdo_a "
    "evdo_b filemaker firebird firstsql gcp_bare_metal_solution gprs gsm hanadb hpux hsdpa hspa hspap "
    "hsupa ia64 ibm_cloud_openshift iden interbase intersystems_cache iwlan kotlin lte lte_ca "
    "mssqlcompact nodejs nr nrnsa oracle_cloud_compute oracle_cloud_oke otlp_http_json_log_exporter "
    "otlp_http_json_metric_exporter pervasive php pointbase ppc32 progress "
    "prometheus_http_text_metric_exporter ruby rust scaleway_cloud_compute swift sybase td_scdma "
    "tencent_cloud_cvm tencent_cloud_eks tencent_cloud_scf umts vertica vultr.cloud_compute z_os "
    "zipkin_http_span_exporter zos "
)

LOGGERS: Final = _words(
    "root uvicorn uvicorn.error uvicorn.access uvicorn.asgi gunicorn gunicorn.error gunicorn.access "
    "hypercorn hypercorn.error hypercorn.access granian asyncio concurrent.futures sqlalchemy.engine "
    "sqlalchemy.engine.Engine sqlalchemy.pool sqlalchemy.orm py.warnings urllib3.connectionpool httpx "
    "httpcore fastapi starlette redis "
)

EVENT_NAMES: Final = _words("exception message log default gen_ai.choice cancelled")

THREADS: Final = frozenset({"MainThread", "ThreadPoolExecutor", "AnyIO worker thread", "asyncio", "Dummy"})

OPERATIONS: Final = _words(
    "create_memory_store search_memory create_memory update_memory upsert_memory delete_memory "
    "delete_memory_store chat embeddings text_completion generate_content execute_tool invoke_agent "
    "create_agent invoke_workflow retrieval plan fetch_response "
)

SPAN_NAMES: Final = OPERATIONS | _words(
    "connect redis.search redis.create_index fastapi.endpoint fastapi.dependencies "
    "fastapi.serialization fastapi.background_task BackgroundTask "
)

# What telemetry says about itself.
ENDS: Final = _words(
    "delivered sampled_out withheld rate_limited queue_full too_large rejected spooled expired lost_at_shutdown "
)
SIGNALS: Final = _words("span error transaction log metric other ")
PLACES: Final = frozenset(
    {
        "ASGI boundary",
        "FastAPI instrumentation",
        "FastAPI's own exporters",
        "OTLP logs",
        "OTLP metrics",
        "OTLP traces",
        "Sentry envelopes",
        "Sentry transport",
        "baggage gate",
        "breadcrumb trail",
        "database spans",
        "error capture",
        "event",
        "explicit context",
        "flush",
        "foreign provider",
        "head sampling",
        "log gate",
        "log lines",
        "log queue",
        "log records",
        "metric gate",
        "metric reader",
        "middleware stack",
        "operation",
        "other",
        "outgoing headers",
        "sender",
        "sessions",
        "shutdown",
        "span gate",
        "span scope",
        "task that nobody awaited",
        "tenant binding",
        "thread",
        "unrecorded",
        "warm-up",
    }
)
"""Where faults are kept in, and the queues; the exporter's name stands for its gate and its delivery."""

# Keys of numbers and booleans in the semantic conventions and in the instrumentations that we run.
NUMERIC_KEYS: Final = _words(
    "http.response.status_code http.status_code http.request.body.size http.response.body.size "
    "http.request.resend_count http.request.size http.response.size server.port client.port "
    "network.peer.port network.local.port net.host.port net.peer.port db.redis.args_length "
    "db.redis.pipeline_length db.redis.database_index db.operation.batch.size db.response.returned_rows "
    "gen_ai.usage.input_tokens gen_ai.usage.output_tokens gen_ai.request.max_tokens "
    "gen_ai.request.temperature gen_ai.request.top_p gen_ai.request.top_k gen_ai.request.choice.count "
    "gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_read.input_tokens "
    "gen_ai.usage.reasoning.output_tokens gen_ai.usage.total_tokens gen_ai.usage.prompt_tokens "
    "gen_ai.usage.completion_tokens gen_ai.request.frequency_penalty gen_ai.request.presence_penalty "
    "gen_ai.request.seed gen_ai.request.stream gen_ai.response.time_to_first_chunk gen_ai.retrieval.top_k "
    "gen_ai.embeddings.dimension.count gen_ai.evaluation.score.value gen_ai.conversation.compacted "
    "http.request_content_length http.response_content_length url.port code.lineno code.column "
    "db.response.affected_rows db.cosmosdb.request_charge messaging.message.body.size "
    "messaging.message.envelope.size messaging.kafka.offset messaging.kafka.message.offset "
    "messaging.kafka.destination.partition messaging.destination.anonymous messaging.destination.temporary "
    "messaging.servicebus.message.delivery_count messaging.gcp_pubsub.message.delivery_attempt "
    "rpc.grpc.status_code rpc.jsonrpc.error_code rpc.message.id rpc.message.compressed_size "
    "rpc.message.uncompressed_size faas.coldstart faas.max_memory k8s.container.restart_count "
    "process.parent_pid process.vpid process.exit.code process.args_count system.cpu.logical_number "
    "cpu.logical_number tls.established tls.resumed "
    "gen_ai.memory.record.count process.pid thread.id code.line.number code.column.number "
    "otel.metric.overflow exception.escaped "
    "continuum.memory.concepts continuum.memory.duplicates continuum.memory.links continuum.memory.rows_erased "
    "continuum.memory.size "
    "messaging.batch.message_count continuum.query.length fastapi.validation.error_count reason status_code "
)

VERBS: Final = _words(
    "ALTER ANALYZE ATTACH BEGIN CALL CHECKPOINT CLOSE COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE "
    "DELETE DETACH DO DROP END EXECUTE EXPLAIN FETCH GRANT INSERT LISTEN LOCK MERGE NOTIFY PRAGMA "
    "PREPARE REFRESH REINDEX RELEASE REPLACE RESET REVOKE ROLLBACK SAVEPOINT SELECT SET SHOW START "
    "TRUNCATE UNLISTEN UPDATE USE VACUUM VALUES WITH "
)

SQL: Final = _words(
    "ABORT ABS ACTION ADD AFTER AGAINST AGGREGATE ALL ALTER ALWAYS ANALYZE AND ANY ARRAY ARRAY_AGG AS "
    "ASC AT ATTACH AUTOINCREMENT AUTO_INCREMENT AVG BEFORE BEGIN BETWEEN BIGINT BIGSERIAL BINARY BLOB "
    "BM25 BOOL BOOLEAN BOTH BY BYTEA CASCADE CASE CAST CEIL CHAR CHARACTER CHECK COALESCE COLLATE "
    "COLUMN COMMIT COMMITTED CONCAT CONCURRENTLY CONFIG CONFLICT CONSTRAINT COPY COUNT CREATE CROSS "
    "CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DATE DATETIME DATE_TRUNC DAY DECIMAL "
    "DECLARE DEFAULT DEFERRABLE DEFERRED DELETE DENSE_RANK DESC DETACH DISTINCT DO DOUBLE DROP EACH "
    "ELSE EMPTY END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXEC EXECUTE EXISTS EXPLAIN EXTENSION EXTRACT FAIL "
    "FALSE FETCH FILTER FIRST FLOAT FLOOR FOLLOWING FOR FORCE FOREIGN FROM FTS5 FULL FUNCTION GENERATED "
    "GLOB GRANT GREATEST GROUP GROUP_CONCAT HAVING HOUR IDENTITY IF IFNULL IGNORE ILIKE IMMEDIATE IN "
    "INDEX INDEXED INHERITS INITIALLY INNER INSERT INSTEAD INT INTEGER INTERSECT INTERVAL INTO IS "
    "ISNULL ISOLATION JOIN JSON JSONB JSON_AGG JSON_EXTRACT JULIANDAY KEY LAG LAST LATERAL LEAD LEADING "
    "LEAST LEFT LENGTH LEVEL LIKE LIMIT LISTEN LOCAL LOCK LOCKED LOWER LTRIM MATCH MATERIALIZED MAX "
    "MERGE MIN MINUTE MOD MONTH NAMES NATURAL NEXT NEXTVAL NO NOT NOTHING NOTIFY NOTNULL NOW NOWAIT "
    "NULL NULLIF NULLS NUMERIC OF OFFSET ON ONLY OPTIMIZE OR ORDER OTHERS OUTER OVER OVERLAY OWNER "
    "PARTITION PERCENT_RANK PLAN PLPGSQL POLICY POSITION PRAGMA PRECEDING PRECISION PREPARE PRIMARY "
    "PRIVILEGES PROCEDURE PUBLIC QUERY RANDOM RANGE RANK READ REAL REBUILD RECURSIVE REFERENCES REGEXP "
    "REINDEX RELEASE RENAME REPEATABLE REPLACE RESET RESTRICT RETURNING RETURNS REVOKE RIGHT ROLE "
    "ROLLBACK ROLLUP ROUND ROW ROWID ROWNUM ROWS ROW_NUMBER RTRIM SAVEPOINT SCHEMA SECOND SECURITY "
    "SELECT SEQUENCE SERIAL SERIALIZABLE SESSION SET SETVAL SHARE SHOW SIMILAR SKIP SMALLINT SNIPPET "
    "SOME START STATEMENT STRFTIME SUBSTR SUBSTRING SUM TABLE TEMP TEMPORARY TEXT THEN TIES TIME "
    "TIMESTAMP TIMESTAMPTZ TIMEZONE TINYINT TO TOTAL TRAILING TRANSACTION TRIGGER TRIM TRUE TRUNCATE "
    "TS_RANK TS_RANK_CD TSVECTOR TSQUERY TO_TSVECTOR TO_TSQUERY PLAINTO_TSQUERY TYPE UNBOUNDED "
    "UNCOMMITTED UNION UNIQUE UNLISTEN UNNEST UPDATE UPPER USAGE USE USER USING UUID VACUUM VALUES "
    "VARCHAR VARYING VERBOSE VIEW VIRTUAL VOLATILE WAL WHEN WHERE WINDOW WITH WITHIN WITHOUT WORK WRITE "
    "YEAR ZONE "
    # SQLite's settings and catalogues, PostgreSQL's, and what SQLAlchemy makes up
    "MAIN SQLITE_MASTER SQLITE_SCHEMA SQLITE_TEMP_MASTER JOURNAL_MODE BUSY_TIMEOUT FOREIGN_KEYS "
    "SYNCHRONOUS USER_VERSION TABLE_INFO TABLE_XINFO TABLE_LIST INDEX_LIST INDEX_INFO FOREIGN_KEY_LIST "
    "WAL_CHECKPOINT CACHE_SIZE PG_CATALOG PG_CLASS PG_NAMESPACE PG_TYPE PG_ATTRIBUTE PG_INDEX "
    "PG_STAT_ACTIVITY INFORMATION_SCHEMA TABLES COLUMNS RELNAME NSPNAME OID VERSION CURRENT_SCHEMA "
    "STANDARD_CONFORMING_STRINGS TRANSACTION_ISOLATION SEARCH_PATH ANON PARAM FTS PORTER UNICODE61 "
    "TOKENIZE CONTENT RANK S "
)

REDIS: Final = _words(
    "ACL APPEND AUTH BF.ADD BF.EXISTS BGREWRITEAOF BGSAVE BITCOUNT BITFIELD BITOP BITPOS BLMOVE BLMPOP "
    "BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER COMMAND CONFIG COPY DBSIZE DEBUG "
    "DECR DECRBY DEL DISCARD DUMP ECHO EVAL EVALSHA EVAL_RO EVALSHA_RO EXEC EXISTS EXPIRE EXPIREAT "
    "EXPIRETIME FAILOVER FCALL FCALL_RO FLUSHALL FLUSHDB FUNCTION GEOADD GEODIST GEOHASH GEOPOS "
    "GEOSEARCH GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HEXPIRE HGET HGETALL HINCRBY "
    "HINCRBYFLOAT HKEYS HLEN HMGET HMSET HRANDFIELD HSCAN HSET HSETNX HSTRLEN HVALS INCR INCRBY "
    "INCRBYFLOAT INFO JSON.GET JSON.SET JSON.DEL KEYS LASTSAVE LATENCY LCS LINDEX LINSERT LLEN LMOVE "
    "LMPOP LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MEMORY MGET MIGRATE MODULE MONITOR MOVE MSET "
    "MSETNX MULTI OBJECT PERSIST PEXPIRE PEXPIREAT PFADD PFCOUNT PFMERGE PING PIPELINE PSETEX "
    "PSUBSCRIBE PTTL PUBLISH PUBSUB PUNSUBSCRIBE QUIT RANDOMKEY READONLY READWRITE RENAME RENAMENX "
    "REPLICAOF RESET RESTORE ROLE RPOP RPOPLPUSH RPUSH RPUSHX SADD SAVE SCAN SCARD SCRIPT SDIFF "
    "SDIFFSTORE SELECT SET SETBIT SETEX SETNX SETRANGE SHUTDOWN SINTER SINTERCARD SINTERSTORE SISMEMBER "
    "SLAVEOF SLOWLOG SMEMBERS SMISMEMBER SMOVE SORT SORT_RO SPOP SPUBLISH SRANDMEMBER SREM SSCAN "
    "SSUBSCRIBE STRLEN SUBSCRIBE SUNION SUNIONSTORE SUNSUBSCRIBE SWAPDB TIME TOUCH TTL TYPE UNLINK "
    "UNSUBSCRIBE UNWATCH WAIT WATCH XACK XADD XAUTOCLAIM XCLAIM XDEL XGROUP XINFO XLEN XPENDING XRANGE "
    "XREAD XREADGROUP XREVRANGE XTRIM ZADD ZCARD ZCOUNT ZDIFF ZINCRBY ZINTER ZLEXCOUNT ZMPOP ZMSCORE "
    "ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX "
    "ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION "
    "ZUNIONSTORE FT.SEARCH FT.CREATE FT.INFO TS.ADD TS.RANGE "
)
