"""What can go wrong between two instances, each with the status and the word by which HTTP tells it."""

from __future__ import annotations

from typing import ClassVar

from continuum.core.errors import ContinuumError


class SyncError(ContinuumError):
    """An exchange with a peer failed; what was exchanged before stays."""

    status: ClassVar[int] = 502
    kind: ClassVar[str] = "sync-failed"


class SignatureRefused(SyncError):  # noqa: N818 - the name says what happened
    """A request or an answer isn't signed by the key that it has to be signed by, or was changed on its way."""

    status = 401
    kind = "sync-signature"


class ClocksApart(SyncError):  # noqa: N818 - the name says what happened
    """A signature is too old, or the clocks of the two instances differ by too much."""

    status = 401
    kind = "sync-clock"


class RequestReplayed(SyncError):  # noqa: N818 - the name says what happened
    """A signed request came a second time."""

    status = 401
    kind = "sync-replayed"


class PeerUnknown(SyncError):  # noqa: N818 - the name says what happened
    """The key isn't that of a peer of this tenant."""

    status = 403
    kind = "sync-peer-unknown"


class BatchRefused(SyncError):  # noqa: N818 - the name says what happened
    """A batch is torn, too large, or says what can't be; nothing of it was taken."""

    status = 422
    kind = "sync-batch"


class FormatNewer(SyncError):  # noqa: N818 - the name says what happened
    """A batch is written in a form that only a later version of continuum reads."""

    status = 422
    kind = "sync-format"


class CursorRefused(SyncError):  # noqa: N818 - the name says what happened
    """A cursor isn't one that this service gave."""

    status = 422
    kind = "sync-cursor"


class IdentityShared(SyncError):  # noqa: N818 - the name says what happened
    """A peer has operations under this instance's own name that were never made here."""

    status = 409
    kind = "sync-identity"


class TenantForgotten(SyncError):  # noqa: N818 - the name says what happened
    """The tenant was erased at the peer, and is to be erased everywhere."""

    status = 410
    kind = "sync-tenant-forgotten"


class PeerUnreachable(SyncError):  # noqa: N818 - the name says what happened
    """The peer doesn't answer, or what answers isn't continuum."""


class NotSetUp(SyncError):  # noqa: N818 - the name says what happened
    """There is no key of this instance's own, or no API key for a peer, or federation isn't installed."""

    status = 409
    kind = "sync-not-set-up"
