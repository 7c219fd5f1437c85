"""Who sends: service, release, environment and instance, computed once for spans and Sentry events alike."""

from __future__ import annotations

import socket
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from telemetry import release
from telemetry.configuration import labels

if TYPE_CHECKING:
    from telemetry.configuration.settings import Settings

DISTRIBUTION = "continuum-memory"
_UNKNOWN = "unknown_service"
_INSTANCE = "service.instance.id"


@dataclass(frozen=True)
class Identity:
    """Who sends. ``release`` is None when nothing says which one it is."""

    service_name: str
    release: str | None
    environment: str
    server_name: str
    named_by_environment: bool
    instance_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    said: str | None = None
    """The release that was given, when it may be a bare version: the application's name goes before it."""
    said_version: str | None = None
    """The service's version, when it was given beside the release."""
    extra: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Identity:
        """The identity that the settings give, with OpenTelemetry's fallback for a service's name."""
        program = Path(sys.argv[0] if sys.argv else "").name
        given, service = settings.release, settings.service_name
        as_it_stands = settings.sources.get("release") == "SENTRY_RELEASE"
        release_name = given if given is None or as_it_stands else release.qualified(given, service)
        instance = _name(dict(settings.resource_attributes).get(_INSTANCE, ""), "")
        identity = cls(
            service_name=service or (_name(f"{_UNKNOWN}:{program}", _UNKNOWN) if program else _UNKNOWN),
            release=release_name,
            environment=settings.environment,
            server_name=settings.server_name or _name(socket.gethostname(), "unknown"),
            named_by_environment=service is not None,
            instance_id=instance or str(uuid.uuid4()),
            said=None if as_it_stands else given,
            said_version=settings.service_version,
            extra=settings.resource_attributes,
        )
        if settings.application is None:
            return identity
        return identity.named(settings.application, settings.application_version)

    def named(self, service: str, service_version: str | None) -> Identity:
        """The same with the application's own name and version where the environment gave none.

        Its name stands in the release, also when the environment calls this installation of it by another.
        """
        own = _name(service, _UNKNOWN)
        chosen = self.release
        if self.said is not None:
            chosen = release.qualified(self.said, own)
        elif chosen is None and service_version is not None:
            chosen = release.found(own, service_version)
        return replace(
            self,
            service_name=self.service_name if self.named_by_environment else own,
            release=chosen,
        )

    @property
    def service_version(self) -> str | None:
        """The service's version: what comes after the name in its release, unless another was given."""
        if self.said_version is not None or self.release is None:
            return self.said_version
        return self.release.partition("@")[2] or self.release

    def own_attributes(self) -> dict[str, str]:
        """The resource's attributes that are known here: each has been looked at and names nobody."""
        attributes = {
            "service.name": self.service_name,
            _INSTANCE: self.instance_id,
            "deployment.environment.name": self.environment,
            "host.name": self.server_name,
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": _version("opentelemetry-sdk"),
            "telemetry.distro.name": "continuum",
            "telemetry.distro.version": _version(DISTRIBUTION),
        }
        if self.service_version is not None:
            attributes["service.version"] = self.service_version
        if self.release is not None:
            attributes["sentry.release"] = self.release
        if "deployment.environment" in dict(self.extra):  # the key's older name, which may say it in short
            attributes["deployment.environment"] = self.environment
        return attributes

    def resource_attributes(self) -> dict[str, str]:
        """The attributes of the OpenTelemetry resource; nothing is detected, so no command line is in them."""
        return dict(self.extra) | self.own_attributes()


def _name(text: str, otherwise: str) -> str:
    with suppress(ValueError):
        return labels.name(text)
    return otherwise


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "0"
