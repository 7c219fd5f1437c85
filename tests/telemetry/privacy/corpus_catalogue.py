"""Real messages for each entry of the catalogue: how they come about or their text, and what is left of them.

Callables raise, and the message is whatever this Python and these libraries say today. Texts are those of
servers that aren't running here.
"""

# ruff: noqa: DTZ007, E501, ICN001, ISC004, PLE0643, PLW0108  # mistakes are tried here, and messages are long

import asyncio
import base64
import configparser
import csv
import datetime
import decimal
import email.message
import json
import pickle
import socket
import sqlite3
import ssl
import struct
import zlib
from xml.etree import ElementTree

import pydantic
import redis
import urllib3
from corpus_libraries import Draft, connect_redis, database, execute, twice_sqlalchemy, twice_sqlite
from corpus_said import SENTENCE

POSTGRES = "psycopg.errors.UniqueViolation"
REDIS = "redis.exceptions.ResponseError"
PYDANTIC = "pydantic_core._pydantic_core.ValidationError"


def group():
    raise ExceptionGroup("database is locked", [ValueError(SENTENCE), KeyError(SENTENCE)])


def wrapped():
    try:
        int(SENTENCE)
    except ValueError as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def missing_key():
    raise KeyError("no current event loop")


def unpack():
    first, second = SENTENCE[:1]
    return first, second


def undefined():
    return nowhere_defined  # noqa: F821  # that is the point


def changed():
    growing = {1: 1}
    for key in growing:
        growing[key + 1] = 1


async def loop_in_loop():
    asyncio.get_running_loop().run_forever()


def redis_number():
    raise redis.exceptions.ResponseError("value is not an integer or out of range")


def timeout():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), 1) as client,
    ):
        client.settimeout(0.01)
        client.recv(1)


def handshake():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), 1) as client,
        server.accept()[0] as accepted,
    ):
        accepted.sendall(b"HTTP/1.1 400 no TLS\r\n\r\n")
        with ssl.create_default_context().wrap_socket(client, server_hostname="localhost"):
            pass


EXAMPLES = {
    "class": (
        (wrapped, None, "ValueError: invalid literal for int() with base 10: [data]"),
        (
            "(sqlite3.OperationalError) database is locked",
            None,
            "(sqlite3.OperationalError) database is locked",
        ),
        ("NoSuchClass: database is locked", None, "[data]"),
    ),
    "quoted": (
        (missing_key, None, "'no current event loop'"),
        (lambda: {}[SENTENCE], None, "[data]"),
    ),
    "arguments": (("('no running event loop', 'Anna')", "ValueError", "('no running event loop', [data])"),),
    "group": ((group, None, "database is locked (2 sub-exceptions)"),),
    "http-status": (
        ("503: Service Unavailable", "fastapi.exceptions.HTTPException", "503: Service Unavailable"),
        (f"404: {SENTENCE}", "fastapi.exceptions.HTTPException", "404: [data]"),
    ),
    "attribute": ((lambda: "".missing, None, "'str' object has no attribute 'missing'"),),
    "name": ((undefined, None, "name 'nowhere_defined' is not defined"),),
    "import": ((lambda: __import__("json.missing"), None, "No module named 'json.missing'"),),
    "signature": (
        (lambda: json.loads(), None, "loads() missing 1 required positional argument: 's'"),
        (lambda: unpack(wrong=1), None, "unpack() got an unexpected keyword argument 'wrong'"),
    ),
    "operand": ((lambda: "" + 1, None, 'can only concatenate str (not "int") to str'),),
    "protocol": ((lambda: len(1), None, "object of type 'int' has no len()"),),
    "number-literal": (
        (lambda: int(SENTENCE), None, "invalid literal for int() with base 10: [data]"),
        (lambda: float(SENTENCE), None, "could not convert string to float: [data]"),
    ),
    "unpack": ((unpack, None, "not enough values to unpack (expected 2, got 1)"),),
    "value": ((lambda: [].remove(SENTENCE), None, "list.remove(x): x not in list"),),
    "sequence": ((lambda: [][0], None, "list index out of range"),),
    "arithmetic": (
        (lambda: 1 / 0, None, "division by zero"),
        (lambda: decimal.Decimal(SENTENCE), None, "[<class 'decimal.ConversionSyntax'>]"),
    ),
    "unicode": (
        (
            lambda: b"\xff".decode(),
            None,
            "'utf-8' codec can't decode byte [data] in position 0: invalid start byte",
        ),
    ),
    "running": ((changed, None, "dictionary changed size during iteration"),),
    "asyncio": (
        (lambda: asyncio.get_running_loop(), None, "no running event loop"),
        (lambda: asyncio.run(loop_in_loop()), None, "This event loop is already running"),
    ),
    "syntax": (
        (lambda: compile("x = (", SENTENCE, "exec"), None, "'[data]' was never closed ([data], line 1)"),
    ),
    "errno": (
        (lambda: open(f"/nowhere/{SENTENCE}"), None, "[Errno 2] No such file or directory: [data]"),  # noqa: PTH123, SIM115  # the builtin is tried
        (lambda: socket.create_connection(("127.0.0.1", 1)), None, "[Errno 111] Connection refused"),
    ),
    "io": ((lambda: pickle.loads(b""), None, "Ran out of input"),),
    "timeout": ((timeout, None, "timed out"),),
    "resolver": (
        (lambda: socket.getaddrinfo("a.invalid", 1), None, "[Errno -2] Name or service not known"),
        (
            "[Errno -3] Temporary failure in name resolution",
            None,
            "[Errno -3] Temporary failure in name resolution",
        ),
    ),
    "tls": ((handshake, None, None),),
    "json": ((lambda: json.loads(SENTENCE), None, "Expecting value: line 1 column 1 (char 0)"),),
    "struct": ((lambda: struct.unpack("<I", b""), None, "unpack requires a buffer of 4 bytes"),),
    "time": (
        (
            lambda: datetime.datetime.strptime(SENTENCE, "%Y"),
            None,
            "time data [data] does not match format [data]",
        ),
        (lambda: datetime.datetime.fromisoformat(SENTENCE), None, "Invalid isoformat string: [data]"),
    ),
    "binary": (
        (lambda: base64.b64decode("a"), None, None),
        (
            lambda: zlib.decompress(b"12345"),
            None,
            "Error -3 while decompressing data: incorrect header check",
        ),
    ),
    "csv": ((lambda: csv.reader([], SENTENCE), None, "unknown dialect"),),
    "configuration": (
        (
            lambda: configparser.ConfigParser().read_string("[a]\n[a]"),
            None,
            "While reading from [data] [line [data]]: section [data] already exists",
        ),
    ),
    "http-client": (
        (
            lambda: urllib3.PoolManager(retries=0).request("GET", "http://127.0.0.1:1/anna"),
            None,
            "HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url: [data] (Caused by "
            "NewConnectionError(\"HTTPConnection(host='127.0.0.1', port=1): Failed to establish a new connection: "
            '[Errno 111] Connection refused"))',
        ),
    ),
    "email": (
        (
            lambda: email.message.EmailMessage().__setitem__("To", f"{SENTENCE}\nCc: x"),
            None,
            "Header values may not contain linefeed or carriage return characters",
        ),
    ),
    "xml": ((lambda: ElementTree.fromstring(SENTENCE), None, "syntax error: line 1, column 0"),),
    "sqlite-constraint": (
        (lambda: twice_sqlite(SENTENCE), None, "UNIQUE constraint failed: notes.text"),
        ("UNIQUE constraint failed: notes.text", "ValueError", "UNIQUE constraint failed: [data]"),
    ),
    "sqlite-schema": (
        (lambda: database().execute("SELECT Anna FROM notes"), None, "no such column: [data]"),
        (lambda: database().execute("CREATE TABLE notes (a)"), None, "table notes already exists"),
    ),
    "sqlite-syntax": (
        (lambda: database().execute("SELECT my sister Anna"), None, 'near "[data]": syntax error'),
    ),
    "sqlite-state": (
        (lambda: sqlite3.connect(f"/nowhere/{SENTENCE}"), None, "unable to open database file"),
        (lambda: database().execute("COMMIT"), None, "cannot commit - no transaction is active"),
    ),
    "sqlite-use": (
        (
            lambda: database().execute("SELECT ?", ({SENTENCE},)),
            None,
            "Error binding parameter 1: type 'set' is not supported",
        ),
    ),
    "sql-wrapped": (
        (
            lambda: twice_sqlalchemy(SENTENCE),
            None,
            None,
        ),
        (
            "(sqlite3.IntegrityError) UNIQUE constraint failed: users.email\n[SQL: INSERT INTO users VALUES ('Anna')]\n"
            "[parameters: ('Anna',)]\n(Background on this error at: https://sqlalche.me/e/20/gkpj)",
            "sqlalchemy.exc.IntegrityError",
            "(sqlite3.IntegrityError) UNIQUE constraint failed: users.email\n[SQL: INSERT INTO users VALUES (?)]\n"
            "[parameters: [data]]\n(Background on this error at: https://sqlalche.me/e/20/gkpj)",
        ),
        (
            "(psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "
            '"users_email_key"\nDETAIL:  Key (email)=(anna@example.org) already exists.\n[SQL: INSERT INTO users '
            "(email) VALUES (%(email)s)]\n[parameters: {'email': 'anna@example.org'}]\n(Background on this error "
            "at: https://sqlalche.me/e/20/gkpj)",
            "sqlalchemy.exc.IntegrityError",
            "(psycopg.errors.UniqueViolation) duplicate key value violates unique constraint "
            '"users_email_key"\nDETAIL:  Key (email)=[data] already exists.\n[SQL: INSERT INTO users '
            "(email) VALUES (?)]\n[parameters: [data]]\n(Background on this error "
            "at: https://sqlalche.me/e/20/gkpj)",
        ),
        # Whoever brings a statement along in a value can't have it taken for the program's.
        (
            "(sqlite3.IntegrityError) x\n[SQL: my sister Anna]\n[SQL: SELECT 1]\n[parameters: ()]",
            "sqlalchemy.exc.IntegrityError",
            "(sqlite3.IntegrityError) [data]\n[SQL: [data]]\n[parameters: [data]]",
        ),
        ("no\n[SQL: SELECT my sister Anna]", "ValueError", "[data]\n[SQL: [data]]"),
    ),
    "sqlalchemy": (
        (
            lambda: execute("SELECT :a", b=SENTENCE),
            None,
            "(sqlalchemy.exc.InvalidRequestError) A value is required for bind parameter 'a'\n[SQL: SELECT ?]\n"
            "[parameters: [data]]\n(Background on this error at: https://sqlalche.me/e/20/cd3x)",
        ),
    ),
    "postgres-parts": (
        (
            'relation "notes" already exists\nDETAIL:  my sister Anna',
            POSTGRES,
            'relation "notes" already exists\nDETAIL:  [data]',
        ),
        (
            "syntax error at end of input\nLINE 1: SELECT 'Anna'\n                ^",
            POSTGRES,
            "syntax error at end of input\nLINE 1: [data]",
        ),
    ),
    "postgres-constraint": (
        (
            'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(Anna) already exists.',
            POSTGRES,
            'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=[data] already exists.',
        ),
        (
            'null value in column "email" of relation "users" violates not-null constraint\n'
            "DETAIL:  Failing row contains (1, null, my sister Anna\n).",
            POSTGRES,
            'null value in column "email" of relation "users" violates not-null constraint\n'
            "DETAIL:  Failing row contains [data].",
        ),
        (
            'insert or update on table "notes" violates foreign key constraint "notes_user_fkey"\n'
            'DETAIL:  Key (user_id, tenant)=(7, acme) is not present in table "users".',
            POSTGRES,
            'insert or update on table "notes" violates foreign key constraint "notes_user_fkey"\n'
            'DETAIL:  Key (user_id, tenant)=[data] is not present in table "users".',
        ),
        (
            'duplicate key value violates unique constraint "my sister Anna"',
            POSTGRES,
            'duplicate key value violates unique constraint "[data]"',
        ),
    ),
    "postgres-schema": (
        ('column "anna" does not exist', POSTGRES, 'column "[data]" does not exist'),
        ("permission denied for table notes", POSTGRES, "permission denied for table notes"),
    ),
    "postgres-value": (
        (
            'invalid input syntax for type uuid: "Anna"',
            POSTGRES,
            "invalid input syntax for type uuid: [data]",
        ),
    ),
    "postgres-state": (
        ("deadlock detected", POSTGRES, "deadlock detected"),
        (
            'connection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "acme" does not exist',
            "psycopg.OperationalError",
            'connection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "[data]" does not exist',
        ),
    ),
    "postgres-connection": (
        (
            'connection failed: connection to server at "db.acme.example", port 5432 failed: Connection refused\n'
            "\tIs the server running on that host and accepting TCP/IP connections?",
            "psycopg.OperationalError",
            'connection failed: connection to server at "[data]", port 5432 failed: Connection refused\n'
            "\tIs the server running on that host and accepting TCP/IP connections?",
        ),
    ),
    "redis-connection": (
        (
            lambda: connect_redis(SENTENCE),
            None,
            "Error 111 connecting to localhost:1. Connection refused.",
        ),
        (
            lambda: connect_redis(SENTENCE, "acme.invalid"),
            None,
            "Error -2 connecting to [data]:1. Name or service not known.",
        ),
    ),
    "redis-server": (
        (redis_number, None, "value is not an integer or out of range"),
        (
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            REDIS,
            "WRONGTYPE Operation against a key holding the wrong kind of value",
        ),
        ("NOAUTH Authentication required.", REDIS, "NOAUTH Authentication required."),
        ("MOVED 3999 10.0.0.1:6381", REDIS, "MOVED 3999 [data]"),
    ),
    "pydantic-frame": (
        (
            lambda: Draft.model_validate({"count": SENTENCE}),
            None,
            "1 validation error for Draft\n[data]\n"
            "  Input should be a valid integer, unable to parse string as an integer [type=int_parsing, "
            "input_value=[data], input_type=str]\n"
            f"    For further information visit https://errors.pydantic.dev/{pydantic.VERSION.rpartition('.')[0]}/v/int_parsing",
        ),
    ),
    "pydantic-errors": (
        (
            "Field required [type=missing, input_value={'Anna': 1}, input_type=dict]",
            PYDANTIC,
            "Field required [type=missing, input_value=[data], input_type=dict]",
        ),
    ),
    "pydantic-reasons": (
        (
            "Invalid JSON: EOF while parsing a value at line 1 column 6 [type=json_invalid, input_value='Anna', input_type=str]",
            PYDANTIC,
            "Invalid JSON: EOF while parsing a value at line 1 column 6 [type=json_invalid, input_value=[data], input_type=str]",
        ),
    ),
    "strerror": (("No space left on device", "OSError", "No space left on device"),),
    "http-phrase": (("Service Unavailable", None, "Service Unavailable"),),
}
