"""Exceptions of popular libraries, each raised for a value that somebody fed them: library to provocations."""

# ruff: noqa: DTZ007, F524, ICN001, PLC3002, PLE0643, PLW0108, PLW1510, PTH208, UP031  # mistakes are what is tried here

import argparse
import asyncio
import base64
import configparser
import csv
import datetime
import decimal
import email.message
import email.policy
import fractions
import importlib
import io
import ipaddress
import json
import logging.config
import os
import pathlib
import shlex
import shutil
import socket
import sqlite3
import statistics
import string
import struct
import subprocess
import sys
import tomllib
import urllib.parse
import urllib.request
import uuid
import zipfile
import zoneinfo

import anyio
import click
import fastapi.exceptions
import httpx2
import hypothesis.strategies
import psycopg
import pydantic
import redis
import redis.exceptions
import sqlalchemy
import starlette.datastructures
import starlette.exceptions
import starlette.routing
import urllib3
import uvicorn.config
import uvicorn.importer
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(unique=True)


class Draft(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    count: int
    when: datetime.datetime = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    kind: str = "note"

    @pydantic.field_validator("kind")
    @classmethod
    def _known(cls, value):
        if value != "note":
            raise ValueError(f"no kind is called {value}")
        return value


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE NOT NULL CHECK (text != ''))"
    )
    return connection


def twice_sqlite(value):
    with database() as connection:
        for _ in range(2):
            connection.execute("INSERT INTO notes (text) VALUES (?)", (value,))


def engine():
    made = sqlalchemy.create_engine("sqlite://")
    Base.metadata.create_all(made)
    return made


def twice_sqlalchemy(value):
    with Session(engine()) as session:
        session.add_all([Note(text=value), Note(text=value)])
        session.flush()


def execute(statement, **values):
    with engine().connect() as connection:
        connection.execute(sqlalchemy.text(statement), values)


def connect_redis(value, host="localhost"):
    redis.Redis(host=host, port=1, retry=None).get(value)


def parse_arguments(*arguments):
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--count", type=int)
    parser.add_argument("--kind", choices=["note", "task"])
    parser.parse_args(arguments)


def write_zip(value):
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        archive.read(value)


def command(*arguments):
    @click.command()
    @click.option("--count", type=int)
    @click.option("--kind", type=click.Choice(["note", "task"]))
    @click.option("--file", type=click.File())
    def note(count, kind, file):
        """Take no note."""

    note.main(list(arguments), standalone_mode=False)


def configured(text):
    parser = configparser.ConfigParser()
    parser.read_string("[notes]\ntext = x\n")
    return parser.get("notes", text)


def send_header(value):
    message = email.message.EmailMessage()
    message["Subject"] = "a\nb" + value


async def open_connection():
    await asyncio.open_connection("127.0.0.1", 1)


async def in_group(value):
    async with asyncio.TaskGroup() as group:
        group.create_task(open_connection())
        group.create_task(asyncio.to_thread(int, value))


LIBRARIES = {
    "builtins": (
        int,
        float,
        lambda value: {}[value],
        lambda value: getattr(value, "missing"),  # noqa: B009  # as text, like the others
        lambda value: [value][3],
        lambda value: value + 1,
        lambda value: 1 + value,
        lambda value: int(value, 99),
        lambda value: value.encode().decode("utf-16-be") + (value + "ü").encode("ascii").decode(),
        lambda value: (value + "ü").encode("ascii"),
        lambda value: value.index("zzz"),
        lambda value: [].remove(value),
        lambda value: value(),
        lambda value: {**dict.fromkeys(value)}["x"]["y"],
        lambda value: (lambda given: given)(value, value),
        lambda value: (lambda given: given)(wrong=value),
        lambda value: open("/nowhere/" + value),  # noqa: PTH123, SIM115  # the builtin is what is tried
        lambda value: "{} {missing}".format(value),
        lambda value: "%d" % value,
        lambda value: chr(len(value) * 10**7),
        lambda value: exec(value + " ("),
        lambda value: len(value) / 0,
        lambda value: dict([value]),
    ),
    "json": (
        json.loads,
        lambda value: json.loads('{"a": "' + value),
        lambda value: json.loads('{"a" "' + value + '"}'),
        lambda value: json.loads('{"a": 1} ' + value),
        lambda value: json.dumps({value: {value}}),
    ),
    "sqlite3": (
        twice_sqlite,
        lambda value: database().execute("INSERT INTO notes (text) VALUES (NULL)", ()),
        lambda value: database().execute("INSERT INTO notes (text) VALUES ('')"),
        lambda value: database().execute("SELECT missing FROM notes WHERE text = ?", (value,)),
        lambda value: database().execute("SELECT * FROM missing"),
        lambda value: database().execute(f"SELECT * FROM notes WHERE text = '{value}"),
        lambda value: database().execute(f"SELECT * FROM notes WHERE {value}"),
        lambda value: database().execute("SELECT ?, ?", (value,)),
        lambda value: database().execute("SELECT ?", ({value},)),
    ),
    "subprocess": (
        lambda value: subprocess.run([sys.executable, "-c", "raise SystemExit(3)", value], check=True),
        lambda value: subprocess.run(
            [sys.executable, "-c", "import time; time.sleep(9)", value], timeout=0.2
        ),
        lambda value: subprocess.run(["/nowhere/" + value], check=True),
    ),
    "datetime": (
        datetime.datetime.fromisoformat,
        lambda value: datetime.datetime.strptime(value, "%Y-%m-%d"),
        lambda value: datetime.datetime.strptime("2024-01-01" + value, "%Y-%m-%d"),
        lambda value: datetime.date(2024, len(value), 1),
        lambda value: zoneinfo.ZoneInfo(value),
    ),
    "urllib": (
        lambda value: urllib.request.urlopen("http://127.0.0.1:1/" + urllib.parse.quote(value)),
        urllib.request.urlopen,
        lambda value: urllib.request.urlopen("http://127.0.0.1/" + value + " x"),
        lambda value: urllib.parse.urlsplit(f"http://h:{value}/").port,
    ),
    "socket": (
        lambda value: socket.create_connection(("127.0.0.1", 1)),
        lambda value: socket.inet_aton(value),
        lambda value: ipaddress.ip_address(value),
    ),
    "decimal": (
        decimal.Decimal,
        lambda value: decimal.Decimal(len(value)) / 0,
        lambda value: decimal.Decimal([value]),
        fractions.Fraction,
        lambda value: statistics.mean([]),
    ),
    "uuid": (uuid.UUID, lambda value: uuid.UUID(bytes=value.encode() * 2)),
    "configparser": (
        lambda value: configparser.ConfigParser().read_string(value),
        configured,
        lambda value: configparser.ConfigParser().get(value, "x"),
        lambda value: configparser.ConfigParser().read_string("[a]\nb = 1\n[a]\n"),
    ),
    "argparse": (
        lambda value: parse_arguments("--count", value),
        lambda value: parse_arguments("--kind", value),
        lambda value: parse_arguments("--count"),
    ),
    "importlib": (
        lambda value: importlib.import_module("missing.module"),
        lambda value: importlib.import_module("." + value),
        lambda value: importlib.import_module("json.missing"),
    ),
    "zipfile": (
        lambda value: zipfile.ZipFile(io.BytesIO(value.encode())),
        write_zip,
        lambda value: shutil.unpack_archive("/nowhere/" + value),
    ),
    "csv": (
        lambda value: list(csv.DictReader(io.StringIO(value * 9000 + "\n"))),
        lambda value: csv.writer(io.StringIO(), delimiter=value),
        lambda value: csv.DictWriter(io.StringIO(), ["a"]).writerow({value: 1}),
        lambda value: csv.reader([], dialect=value),
    ),
    "struct": (
        lambda value: struct.unpack("<Q", value.encode()),
        lambda value: struct.pack("<B", len(value) * 99),
        lambda value: base64.b64decode("!" + value, validate=True),
        bytes.fromhex,
    ),
    "pathlib": (
        lambda value: pathlib.Path("/nowhere", value).read_text(),
        lambda value: pathlib.Path("/nowhere", value).rename("/nowhere/else"),
        lambda value: pathlib.Path(value).relative_to("/nowhere"),
        lambda value: os.listdir("/nowhere/" + value),
        lambda value: shutil.copyfile("/nowhere/" + value, "/nowhere/else"),
    ),
    "text": (
        lambda value: shlex.split(value + ' "'),
        lambda value: string.Template("$missing " + value).substitute(),
        lambda value: tomllib.loads(value),
        send_header,
        lambda value: logging.config.dictConfig({"version": 1, "handlers": {"a": {"class": value}}}),
    ),
    "asyncio": (
        lambda value: asyncio.run(open_connection()),
        lambda value: asyncio.run(in_group(value)),
        lambda value: asyncio.run(asyncio.wait_for(asyncio.sleep(9), 0.01)) or value,
    ),
    "sqlalchemy": (
        twice_sqlalchemy,
        lambda value: execute("SELECT * FROM missing WHERE text = :text", text=value),
        lambda value: execute("SELECT * FROM notes WHERE text = :text AND id = :id", text=value),
        lambda value: execute(f"SELECT * FROM notes WHERE text = '{value}"),
        sqlalchemy.create_engine,
        lambda value: sqlalchemy.create_engine("missing://" + value.replace(" ", "")),
        lambda value: Note(wrong=value),
        lambda value: Session(engine()).get_one(Note, len(value)),
        lambda value: Session(engine()).execute(sqlalchemy.select(Note)).scalar_one(),
        lambda value: Session(engine()).execute(value),
        lambda value: sqlalchemy.Table("notes", Base.metadata, sqlalchemy.Column(value)),
    ),
    "redis": (
        connect_redis,
        lambda value: connect_redis(value, value.replace(" ", "-") + ".invalid"),
        lambda value: redis.Redis().execute_command(),
        lambda value: redis.from_url(value),
        lambda value: redis.Redis().set(value, {value}),
    ),
    "pydantic": (
        lambda value: Draft.model_validate({"count": value}),
        lambda value: Draft.model_validate({"count": 1, value: value}),
        lambda value: Draft(count=1, when=value, kind=value),
        lambda value: Draft.model_validate_json('{"count": "' + value),
        lambda value: pydantic.TypeAdapter(list[uuid.UUID]).validate_python([value]),
        lambda value: pydantic.TypeAdapter(dict[str, int]).validate_python({value: value}),
        lambda value: Draft(count=1).missing,
        lambda value: pydantic.TypeAdapter(pydantic.AnyUrl).validate_python(value),
    ),
    "fastapi": (
        lambda value: _raise(fastapi.HTTPException(404, "Not Found")),
        lambda value: _raise(fastapi.HTTPException(409, f"could not store {value}: it is there already")),
        lambda value: fastapi.FastAPI().url_path_for(value),
    ),
    "starlette": (
        lambda value: _raise(starlette.exceptions.HTTPException(503, "the index is still being built")),
        lambda value: starlette.routing.Router().url_path_for(value),
        lambda value: starlette.routing.Route("missing", lambda request: value),
        lambda value: starlette.datastructures.URL(f"http://h:{value}/").port,
    ),
    "click": (
        lambda value: command("--count", value),
        lambda value: command("--kind", value),
        lambda value: command("--file", "/nowhere/" + value),
        lambda value: command("--missing", value),
        lambda value: command(value),
    ),
    "urllib3": (
        lambda value: urllib3.PoolManager(retries=False).request(
            "GET", "http://127.0.0.1:1/" + value.replace(" ", "")
        ),
        lambda value: urllib3.PoolManager(retries=0).request(
            "GET", "http://127.0.0.1:1/" + value.replace(" ", "")
        ),
        lambda value: urllib3.PoolManager().request("GET", value),
        lambda value: urllib3.util.parse_url(f"http://[{value}"),
    ),
    "httpx2": (
        lambda value: httpx2.get("http://127.0.0.1:1/" + value),
        httpx2.get,
        lambda value: httpx2.Response(404, request=httpx2.Request("GET", "http://h/")).raise_for_status(),
        lambda value: httpx2.URL(f"http://h:{value}/"),
    ),
    "psycopg": (
        lambda value: psycopg.connect(f"host=127.0.0.1 port=1 dbname='{value}'"),
        psycopg.connect,
        lambda value: psycopg.connect(host="127.0.0.1", wrong=value),
    ),
    "hypothesis": (
        lambda value: hypothesis.strategies.integers(min_value=value).validate(),
        lambda value: hypothesis.strategies.sampled_from(len(value)).validate(),
        lambda value: hypothesis.settings(max_examples=-1),
    ),
    "uvicorn": (
        lambda value: uvicorn.importer.import_from_string("missing:" + value),
        lambda value: uvicorn.importer.import_from_string(value),
        lambda value: uvicorn.importer.import_from_string("json:" + value.replace(" ", "_")),
    ),
    "anyio": (
        lambda value: anyio.run(anyio.connect_tcp, "127.0.0.1", 1),
        lambda value: anyio.run(anyio.sleep, 0, backend=value),
        lambda value: anyio.CapacityLimiter(value),
    ),
}


def _raise(error):
    raise error
