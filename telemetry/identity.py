"""Who sends: service, release, environment and instance, computed once for spans and Sentry events alike."""

from __future__ import annotations

import socket
import sys
import uuid
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telemetry.settings import Settings

DISTRIBUTION = "continuum-memory"


@dataclass(frozen=True)
class Identity:
    """Who sends. ``release`` is None when nothing says which one it is."""

    service_name: str
    release: str | None
    service_version: str | None
    environment: str
    server_name: str
    named_by_environment: bool
    instance_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extra: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Identity:
        """The identity that the environment gives, with OpenTelemetry's fallback for a service's name."""
        program = Path(sys.argv[0] if sys.argv else "").name
        extra = dict(settings.resource_attributes)
        return cls(
            service_name=settings.service_name
            or (f"unknown_service:{program}" if program else "unknown_service"),
            release=settings.release,
            service_version=extra.get("service.version"),
            environment=settings.environment,
            server_name=settings.server_name or socket.gethostname(),
            named_by_environment=settings.service_name is not None,
            extra=settings.resource_attributes,
        )

    def named(self, service: str, service_version: str) -> Identity:
        """The same with the application's own name and version where the environment gave none.

        Releases are one namespace for a whole organisation in Sentry, so the service's name is part of one.
        """
        return replace(
            self,
            service_name=self.service_name if self.named_by_environment else service,
            service_version=self.service_version or service_version,
            release=self.release or f"{service}@{service_version}",
        )

    def resource_attributes(self) -> dict[str, str]:
        """The attributes of the OpenTelemetry resource; nothing is detected, so no command line is in them."""
        attributes = dict(self.extra) | {
            "service.name": self.service_name,
            "service.instance.id": self.instance_id,
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
        return attributes


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "0"
