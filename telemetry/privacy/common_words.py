"""Words that say nothing about anybody: data, no code. How they are used stands in telling.py.

A window of text that holds only these words is no sign of what a person said: "connection timed out" stands
in a chat as well as in a log. Two groups: small words that hold sentences together, and what programs and
their logs are about. Words of a private life don't belong here, however frequent: home, friend, money, ill. Nor do
those that people are spoken of with, such as I, my and she: "my test is positive" is made of common words.
"""

from __future__ import annotations

from typing import Final

_GRAMMAR: Final = """
a about above across after again against all almost along already also although always am among an and another
any anything are around as at away back be became because been before behind being below best better between
both but by came can cannot come could couldn currently did didn do does doesn doing don done down due during
each either else enough even ever every everything exactly few finally first for former found from further
gave get gets getting given gives go goes going gone good got great had hadn half has hasn have haven having
here how however if in indeed instead into is isn it its itself just keep kept known last later latter least
less let like likely little ll long longer look made make makes many may maybe meanwhile might more moreover
most much must near nearly need never new next no none nor not nothing now of off often ok okay on once one
ones only onto or other others otherwise out over own per perhaps possible possibly probably put quite rather
re really reason right same see seem seen several shall should shouldn since so some something sometimes soon
still such sure take taken than that the then there therefore these thing things think this those though
through thus till to too took toward towards tried tries try trying twice two under unless until up upon use
used using usually ve very via was wasn way well went were weren what whatever when whenever where whether
which while who whole why will with within without won word would wouldn yes yet zero three four five six
seven eight nine ten hundred thousand million second third jan feb mar apr jun jul aug sep sept oct nov dec
mon tue wed thu fri sat sun utc gmt please
"""

_PROGRAMS: Final = """
abort absent accept access accessible accessor accumulate acknowledge ack acquire action activate active
actual actually adapter add addition additional additionally address adjust admin administrator advertise
affect afterwards agent aggregate alarm alert algorithm alias alive allocate allocation allow ambiguous amount
annotation announce anonymous api app append application apply approve arbitrary archive arg argument
arithmetic array arrive artifact ascii asgi assert assertion assign assume async asynchronous asyncio atomic
attach attachment attempt attribute audit auth authenticate authentication authenticator authority
authorization authorize auto automatic automatically available availability await aware backend background
backlog backoff backup bad balance balancer bandwidth barrier base basic batch bearer begin behavior behaviour
belong bin binary bind bit blank blob block body bool boolean boot bootstrap border bottom bound boundary
branch break broken broker browser bucket buffer bug build builder builtin bulk bundle busy byte cache
calculate call callable callback caller cancel cancellation candidate capability capacity capture case cast
catch cause certificate cert chain change channel char character charset check checkpoint checksum choice
choose chunk cipher circuit circular class cleanup clear cli click client clock clone close closure cloud
cluster code codec codepoint coercion collect collection collector collision column combination combine comma
command comment commit common communicate communication comparison compare compatible compatibility compile
compiler complete completely completion complex component compress compression compute concurrent concurrency
condition conditional config configuration configure confirm conflict conform connect connection connector
consider consistent consistency console constant constraint construct constructor consume consumer contain
container content context continue continuation control controller convention conversion convert cookie
coordinator copy core coroutine correct corrupt corruption count counter couple cpu crash create creation
critical cron cross csrf csv ctrl cumulative current cursor custom cut cycle cyclic daemon daily dangling
dashboard data database dataset date datetime db deadline deadlock debug decimal declare decline decode
decoder decompress decorate decorator decrease decrypt default defer define definition degrade delay delegate
delete deletion delimiter deliver delivery demand deny dependency depend deploy deployment deprecate
deprecation depth derive descend describe description descriptor deserialize design desired destination
destroy detail detach detect determine dev development device diagnostic dict dictionary diff differ
difference different digest dimension direct direction directive directly directory dirty disable disallow
discard disconnect discover discovery disk dispatch dispatcher display dispose distinct distribute divide
division dns docker document documentation does domain dot double download downstream drain driver drop
dropping dump duplicate duration dynamic dsn eager early edge edit effect effective element eligible email
emit empty enable encode encoder encoding encounter encrypt encryption end endpoint enforce engine enqueue
ensure enter entire entity entry enum enumerate env environment eof epoch equal err errno error escape
establish etc etcd evaluate event eventually evict eviction exact examine example exceed except exception
exceptional excess exclude exclusive exec execute execution executor exhaust exist existing exit expand expect
expectation expensive expire expiration expiry explicit explicitly export exporter expose express expression
extend extension external extra extract facility factor factory fail failover failure fall fallback false fast
fastapi fatal fault favor feature federation feed fetch field file filename filesystem fill filter final find
finish fit fix fixed fixture flag flat flight float flow flush flusher folder follow following follower footer
force forbidden foreign fork form format formatter forward fraction frame framework free freeze frequency
fresh front full fully function functionality future garbage gateway gather general generate generation
generator generic getter git global good grace graceful gracefully grant graph greater green greenlet group
grpc guard gunicorn hand handle handler handshake hang happen hardware hash hashable head header heap
heartbeat height help helper hex hidden hide high hint history hit hold hook hop host hostname hour html http
httpcore httpx httptools https hung id identical identifier identify identity idempotent idle ignore illegal
image immediate immediately immutable implement implementation implicit implicitly import improper include
including inclusive incoming incomplete inconsistent incorrect incorrectly increase increment indefinite
indefinitely index indexer indicate indices indirect individual infer infinite info inform information ingest
ingress inherit init initial initialise initialize initializer initialization inject inline inner inode input
insecure insert insertion inside insight inspect inspector install installation instance instantiate instead
instruction instrument instrumentation instrumentor insufficient int integer integration integrity intend
interaction interface interfere intermediate internal internally interpret interpreter interrupt interval
introspect introspection invalid invalidate invalidation invocation invoke involve io ip isolation issue item
iterable iterate iteration iterator java javascript job join json jump jwt kafka kernel key keyword kind
kubelet kubernetes label lag lambda language large largest late latency latest launch layer layout lazy lead
leader leading leaf leak lease left legacy length level library libpq lifecycle lifespan lifetime lightweight
limit limiter line linear link linux list listen listener literal live load loader local locale localhost
locate location lock log logger logic logical login logout lookup loop low lower machine magic mailbox main
maintain maintenance major malformed manage management manager mandatory manifest manual manually map mapper
mapping mark marker mask master match material matrix max maximum mean means measure measurement mechanism
media medium member membership memory mention merge message meta metadata method metric metrics middle
middleware migrate migration millisecond mime min minimal minimum minor minute mirror misconfigured mismatch
mix mock mode model modification modify module monitor monotonic mount move multi multipart multiple multiplex
mutable mutation mutate mutex name namespace native nature navigate negative negotiate negotiation nest nested
network nginx node non noop normal normalize normally notation note notice notification notify notfound npm
null nullable num number numeric numpy object observe observer obsolete obtain occupy occur occurrence octet
offer official offline offset omit on online oom open opentelemetry openssl operand operate operation
operational operator opt optimize option optional optionally order ordinary org origin original orm os oserror
otel otlp outbound outcome outgoing outer output outside overall overflow overhead overlap overload override
owner ownership pack package packet pad padding page pagination pair parallel parameter parametrize param
parse parser part partial partially particular partition pass passphrase password past patch path pattern
pause payload peer pend pending percent percentile perform performance period periodic permanent permanently
permission permit persist persistence persistent pg phase physical pick pid piece pin ping pip pipe pipeline
place placeholder plain platform plugin pod point pointer policy poll pool pooler pop populate port portal
position positional positive post postgres postgresql potential potentially power precede precision
precondition prefer preference prefetch prefix prepare prerequisite presence present preserve press prevent
previous previously primary primitive print prior priority privilege probe problem procedure proceed process
processor produce producer product production profile profiler program programming progress prohibit project
prometheus prompt propagate propagation propagator proper properly property protect protection protocol
prototype prove provide provider provision proxy prune psycopg public publish publisher pull purge purpose
push pydantic python qualify quantity query question queue quick quit quorum quota quote rabbitmq race raise
ram random range rank rate ratio raw reach read reader readiness readonly ready real reboot rebuild recall
receive receiver recent recently reclaim recognize recommend reconcile reconciler reconnect reconnection
record recover recovery recreate recursion recursive recursively recycle redelivery redirect redis reduce
redundant reentrant refer reference reflect refresh refuse region register registration registry regular
reject rejection related relation relationship relative relay release relevant reliable reload remain remote
remount removal remove rename render renew renewal reopen repair repeat repeatedly replace replacement replay
replica replicate replication reply report repository represent representation request require requirement
requeue reschedule reserve reset reside resize resolve resolution resolver resource respect respond response
rest restart restore restrict restriction result resume retain retention retire retry retriable retryable
retrieve return reuse reverse revert review revision revoke rewrite rfc role roll rollback rollout root rotate
rotation round route router routine row rpc rule run runner runtime sample sampler sampling sandbox sanitize
satisfy saturate save savepoint scalar scale scaler scan schedule scheduler schema scheme scope score scrape
script scrub search section secure security select selector self semantic semaphore send sender sentinel
sentry separate separator sequence sequential serial serialize serialization serializer series serve server
service session set setter setting settle setup shadow shape shard share shell shift ship short shortcut show
shut shutdown side sidecar signal signature signed significant silent silently similar simple simultaneous
simultaneously single singleton site size skip slash sleep slice slot slow small smart snapshot socket soft
software sort source space span spawn spec special specific specification specify split sql sqlalchemy sqlite
sqlstate src ssh ssl stable stack stage stale stall stand standalone standard standby starlette start starter
startup starvation stash state statement static stats statistic statistics status stay std stderr stdin stdout
step stop storage store str straight strategy stream strict string strip strong structure stub style sub
subclass subject submit subprocess subscribe subscriber subscription subsequent subset succeed success
successful successfully sudo suffix suggest suitable suite sum summary supervisor supply support suppose
suppress surplus surrogate suspend swap switch symbol symlink sync synchronize synchronous syntax synthetic
sys syscall system systemd tab table tag tail taint target task tcp team tear telemetry template temporarily
temporary tenant term terminal terminate termination test text thread threshold throttle throughput throw tick
time timeout timer timestamp timezone title tls token tool toolkit top topic topology total touch trace
traceback traceparent tracer track tracker traffic trail train transaction transfer transform transient
transition translate transmit transport trap traverse tree trigger trim truncate tuple tunnel turn type
typeerror typical udp umask unable unacknowledged unary unavailable unauthorized unbound uncaught unchanged
unclosed uncommitted undefined underlying understand understood unexpected unexpectedly unfinished unhandled
unhealthy unicode uniform unimplemented uninitialized union unique unit universal unix unknown unlimited
unlink unlock unmarshal unnecessary unpack unprocessable unreachable unrecognized unregister unreliable
unresolved unsafe unset unsigned unspecified unsubscribe unsupported untrusted unusable unused unusual unwrap
upcoming update upgrade upload upper upstream uri url usage user username utf utility uuid uvicorn uvloop
vacuum valid validate validation validator validity valkey value variable variant various vary vector vendor
verbose verify verification version versus view violate violation virtual visible visibility visit void volume
wait waiter wake walk warm warn warning watch watchdog watcher weak web webhook websocket wide width window
wire work worker workload workspace world worth wrap wrapper write writer wrong wsgi xml yaml year yield zip
zone accessed backends blocked bytes criteria cpus datum fds ids ips kb kib mb mib gb gib ms ns sec secs ttl
uid gid args kwargs ctx cfg conf dir dirs doc docs dst envs exc fmt func idx impl len lib libs loc msg msgs
nodes obj objs opts params pkg pkgs prev prod ptr refs req res ret sched seq sig sigint sigkill sigterm sighup
sigsegv smtp ssd stat tmp txn txt unittest val vals var vars ver vm vms wal get options put alter where having
econnrefused econnreset etimedout epipe enoent eacces eperm eagain einval eexist enospc emfile
crashloopbackoff imagepullbackoff errimagepull oomkilled ipv4 ipv6 utf8 utf16 latin1 sha1 sha256 sha512 md5
base64 http2 http3 h2 h11 oauth2 oauth tls1 x86 amd64 arm64 x509 ed25519 rs256 hs256 s3 k8s i18n l10n py3
cp1252 iso8601 rfc3339 b3 p50 p95 p99 v1 v2 v3 v4 mozilla applewebkit khtml gecko chrome safari firefox edg
opr x11 macintosh windows android iphone curl redacted missing credential credentials
"""

GRAMMAR: Final = frozenset(_GRAMMAR.split())
PROGRAMS: Final = frozenset(_PROGRAMS.split())
