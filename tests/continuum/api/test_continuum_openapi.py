"""Requests made up from the OpenAPI document, good ones and bad ones: no answer is a 5xx, each as documented.

``CONTINUUM_TEST_EXAMPLES`` says how many for each operation.
"""

import json
import os
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from real_postgres import both_databases
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("CONTINUUM_TEST_EXAMPLES", "6"))
AS_DOCUMENTED = [status_code_conformance, content_type_conformance, response_schema_conformance]
# Fails by design.
FAILS = "/v1/telemetry/test-error"


@schemathesis.serializer("application/x-ndjson")
def as_it_is(_context, value):
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@both_databases
@pytest.mark.timeout(max(120, EXAMPLES * 10))
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_no_request_made_from_the_document_is_answered_with_5xx(client, make_key):
    headers = {"X-API-Key": make_key("fuzzing", "read", "write", "admin", "sync")}
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    answered: dict[int, int] = {}
    for operation in operations:
        if operation.path == FAILS:
            continue
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                deadline=None,
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def run(case):
                response = case.call(headers=headers)
                answered[response.status_code] = answered.get(response.status_code, 0) + 1
                assert response.status_code < 500, (case.method, case.path)
                case.validate_response(response, checks=AS_DOCUMENTED)

            # What takes nothing can't be asked wrongly.
            with suppress(Unsatisfiable):
                run()
    assert len(operations) > 15
    assert answered.get(200, 0) > EXAMPLES
    assert answered.get(422, 0) > EXAMPLES
