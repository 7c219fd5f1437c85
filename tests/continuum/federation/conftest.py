"""Instances in this process, each with a database and a key; some behind a real server on loopback."""

import json
import shutil
import sqlite3
import threading
import time
from contextlib import ExitStack, closing

import pytest
import uvicorn

from continuum.core.services import open_services
from continuum.core.settings import Settings
from continuum.core.uuid7 import uuid7
from continuum.federation.batches import pack
from continuum.federation.client import PeerClient
from continuum.federation.exchange import exchange
from continuum.federation.giving import give
from continuum.federation.keyfiles import ensure_identity, load_api_key
from continuum.federation.peering import add_peer
from continuum.federation.settings import SyncSettings
from continuum.federation.taking import take
from continuum.federation.unpacking import unpack
from continuum.storage.database import open_database
from continuum.storage.keys import create_key
from continuum.storage.operations import known_sequences
from continuum.storage.peers import find_peer
from continuum.storage.tenants import ensure_tenant


class Instance:
    """One instance; its tenant has the instance's own name for it."""

    def __init__(self, stack, home, tenant, place):
        self.settings = Settings(place)
        self.services = stack.enter_context(open_services(self.settings))
        self.database, self.engine = self.services.database, self.services.engine
        self.sync = SyncSettings(home / "sync")
        self.identity = ensure_identity(self.sync)
        with self.database.write() as connection:
            self.tenant = ensure_tenant(connection, tenant)
            self.api_key = create_key(connection, self.tenant, ["sync"])
        self.url = None

    @property
    def key_id(self):
        return self.identity.key_id

    def serve(self, stack, create_app):
        app = create_app(self.settings)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, ws="none"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        stack.callback(thread.join, 10)
        stack.callback(setattr, server, "should_exit", True)
        app.state.sync_settings = self.sync
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    def pin(self, other, **options):
        """Make another instance a peer; with its address and key where it is served."""
        if other.url is not None:
            options = {"url": other.url, "api_key": other.api_key, **options}
        return add_peer(self.database, self.sync, self.tenant, other.identity.public_key, **options)

    def peer(self, other):
        with self.database.read(self.tenant) as connection:
            return find_peer(connection, self.tenant, other.key_id)

    def client(self, other, **changes):
        made = {
            "identity": self.identity, "url": other.url, "key_id": other.key_id,
            "public_key": other.identity.public_key,
            "api_key": load_api_key(self.sync, self.tenant.number, other.key_id),
        }  # fmt: skip
        return PeerClient(**{**made, **changes})

    def exchange(self, other, **options):
        client = Within(self, other) if other.url is None else self.client(other)
        return exchange(self.services, self.tenant, self.peer(other), client, **options)

    def content(self):
        """Everything that an export says, by id; the order of repeats means nothing."""
        found = {}
        for line in self.engine.export(self.tenant):
            memory = json.loads(line)
            memory["repeats"] = sorted(json.dumps(repeat) for repeat in memory.get("repeats", []))
            found[memory.pop("id")] = memory
        return found

    def texts(self):
        return {memory["text"] for memory in self.content().values()}

    def sequences(self):
        with self.database.read(self.tenant) as connection:
            return known_sequences(connection, self.tenant)


class Within:
    """Asks and tells another instance of this process, in the same bytes as over HTTP."""

    def __init__(self, one, other):
        self.one, self.other = one, other

    def fetch(self, cursor, limit, known):
        there = self.other
        batch = give(
            there.database, there.tenant, there.peer(self.one), cursor, limit=limit, known_there=known
        )
        return unpack(pack(batch))

    def push(self, batch):
        take(self.other.services, self.other.tenant, self.other.peer(self.one), unpack(pack(batch)))
        return self.other.sequences()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """A database of the newest version, so that not each instance has to migrate one."""
    path = tmp_path_factory.mktemp("empty") / "continuum.db"
    open_database(path).close()
    return path


@pytest.fixture
def make_instances(tmp_path, empty_file, create_app):
    """Instances, each a peer of all others, whose tenants have different names."""
    with ExitStack() as stack:

        def make(count, *places, served=False):
            made = []
            for number in range(count):
                home = tmp_path / f"instance-{number}"
                home.mkdir()
                place = home / "continuum.db"
                shutil.copy(empty_file, place)
                with closing(sqlite3.connect(place)) as connection, connection:
                    connection.execute("UPDATE instances SET id = ?", (str(uuid7()),))
                made.append(Instance(stack, home, f"tenant-{number}", (*places, *[place] * count)[number]))
                if served:
                    made[-1].serve(stack, create_app)
            for one in made:
                for other in made:
                    if one is not other:
                        one.pin(other)
            return made

        yield make


@pytest.fixture
def pair(make_instances):
    return make_instances(2)
