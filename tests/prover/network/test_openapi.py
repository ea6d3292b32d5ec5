"""The service against its own OpenAPI document, by a program that nobody here wrote (schemathesis)."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings

from prover.network.service import app as services
from tests.prover.network.test_process import home

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: the extra `test` has it")

__all__ = ["home"]

STREAM = ("/stream", "GET")


@contextmanager
def command(home):
    """The URL of a service of its own process."""
    words = [sys.executable, "-m", "prover.cli.main", "ledger", "serve", "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen([*words, "--home", str(home)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline()]
            while lines[-1] not in (b"}\n", b""):
                lines.append(process.stdout.readline())
            yield json.loads(b"".join(lines))["url"]
        finally:
            process.send_signal(signal.SIGTERM)


def _routes():
    """Every route of the service that its document describes, with its method: all but those of the document."""
    routes = (
        route for router in services.ROUTERS for route in router.routes if route.path not in ("/docs", "/openapi.json")
    )
    return {(route.path.replace(":path", ""), method) for route in routes for method in route.methods}


def test_every_route_answers_anything_as_its_document_says(home):
    with command(home) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json").exclude(path="/stream")  # it never ends
        operations = [result.ok() for result in schema.get_all_operations()]
        assert {(operation.path, operation.method.upper()) for operation in operations} == _routes() - {STREAM}
        for operation in operations:

            @given(case=operation.as_strategy())
            @settings(max_examples=3, suppress_health_check=list(HealthCheck), database=None)
            def answers(case):
                # A body may be any bytes by the document, and be no bundle: that is refused, as it should be.
                case.call_and_validate(excluded_checks=[schemathesis.checks.positive_data_acceptance])

            answers()
