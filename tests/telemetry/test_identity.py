"""Who sends is worked out once, from the settings and what the application calls itself."""

from __future__ import annotations

import re
import socket
import sys

import pytest

from telemetry.configuration.settings import Settings
from telemetry.identity import Identity

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def identity(arguments=None, **environ: str) -> Identity:
    return Identity.of(Settings.read(environ, arguments))


def own(version="1.2.3", service="elsewhere", **more):
    return {"service": service, "version": version, **more}


@pytest.mark.parametrize(
    ("environ", "arguments", "release"),
    [
        ({}, None, None),
        ({}, own(), "elsewhere@1.2.3"),
        ({}, own("1.2.3.dev0"), "elsewhere@1.2.3.dev0"),
        ({}, own("1.2.3", "not a package"), "1.2.3"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.version=4"}, own(), "elsewhere@4"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.version=4,service.name=shop"}, None, "shop@4"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.version=4"}, None, "4"),
        ({"SENTRY_RELEASE": "5d1f0c2"}, own(), "5d1f0c2"),
        ({"CONTINUUM_RELEASE": "v0.3.0"}, own(), "elsewhere@0.3.0"),
        ({"CONTINUUM_RELEASE": "version-7"}, own(), "elsewhere@version-7"),
        ({"CONTINUUM_RELEASE": "other@0.3.0"}, own(), "other@0.3.0"),
        ({"CONTINUUM_RELEASE": "2", "OTEL_SERVICE_NAME": "memory-eu"}, own(), "elsewhere@2"),
        ({"CONTINUUM_RELEASE": "2", "OTEL_SERVICE_NAME": "memory-eu"}, None, "memory-eu@2"),
        (
            {
                "CONTINUUM_RELEASE": "2",
                "SENTRY_RELEASE": "3",
                "OTEL_RESOURCE_ATTRIBUTES": "service.version=4",
            },
            own(release="1"),
            "elsewhere@1",
        ),
        ({"CONTINUUM_RELEASE": "2", "SENTRY_RELEASE": "3"}, own(), "elsewhere@2"),
    ],
)
def test_the_release_is_the_first_that_is_given_with_the_applications_name(environ, arguments, release):
    assert identity(arguments, **environ).release == release


def test_the_application_may_name_itself_later():
    late = identity(CONTINUUM_RELEASE="v2").named("elsewhere", "1.2.3")
    assert (late.release, late.service_name, late.service_version) == ("elsewhere@2", "elsewhere", "2")
    assert late.instance_id == late.named("elsewhere", "1.2.3").instance_id


@pytest.mark.parametrize(
    ("environ", "version"),
    [
        ({}, "1.2.3"),
        ({"CONTINUUM_RELEASE": "elsewhere@2"}, "2"),
        ({"SENTRY_RELEASE": "5d1f0c2"}, "5d1f0c2"),
        ({"CONTINUUM_RELEASE": "2", "OTEL_RESOURCE_ATTRIBUTES": "service.version=4"}, "4"),
    ],
)
def test_the_services_version_is_that_of_its_release(environ, version):
    assert identity(own(), **environ).resource_attributes()["service.version"] == version


def test_a_service_that_nobody_names_is_called_after_the_program(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/serve"])
    assert identity().service_name == "unknown_service:serve"
    monkeypatch.setattr(sys, "argv", ["/home/it's mine!"])
    assert identity().service_name == "unknown_service"
    monkeypatch.setattr(sys, "argv", [])
    assert identity().service_name == "unknown_service"


def test_the_server_is_the_host_unless_it_has_another_name():
    assert identity().server_name == socket.gethostname()
    assert identity(CONTINUUM_SERVER_NAME="unit-1").server_name == "unit-1"


def test_a_host_name_that_may_not_leave_does_not(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "somebody's machine!")
    assert identity().server_name == "unknown"


def test_each_start_is_an_instance_of_its_own_unless_it_has_a_name():
    first, second = identity(), identity()
    assert UUID.fullmatch(first.instance_id)
    assert first.instance_id != second.instance_id
    assert identity(OTEL_RESOURCE_ATTRIBUTES="service.instance.id=pod-7").instance_id == "pod-7"
    secret = identity(OTEL_RESOURCE_ATTRIBUTES="service.instance.id=ghp_" + "a1B2" * 9)
    assert UUID.fullmatch(secret.instance_id)


def test_the_environment_is_said_in_one_way_under_both_its_keys():
    attributes = identity(
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=dev,team=core", CONTINUUM_ENV="prod"
    ).resource_attributes()
    assert attributes["deployment.environment.name"] == attributes["deployment.environment"] == "production"
    assert attributes["team"] == "core"


def test_a_name_that_an_application_may_not_have_is_not_sent():
    token = "ghp_" + "a1B2" * 9
    named = identity().named(token, "1.0")
    assert (named.service_name, named.release) == ("unknown_service", "unknown_service@1.0")
    assert identity(own(version=token)).release is None
    assert token not in str(identity().named("elsewhere", token))
