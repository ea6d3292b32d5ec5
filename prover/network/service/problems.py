"""Errors as RFC 9457 has them: one JSON object that says what is wrong and what to do.

    {"type": "/problems/NULLIFIER_SPENT", "title": "The ledger refused it.", "status": 409, "detail": "leg 0 spends …",
     "rejection": 10, "name": "NULLIFIER_SPENT", "remedy": "Sync: the account has …"}

`rejection`, `name` and `remedy` are those of settlement.rejection; other problems have a name of their own and no
number.  `type` is where the service explains the name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from settlement.rejection import Rejected, Rejection

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems/"

_STATUS = {
    Rejection.TOO_LARGE: 413,
    Rejection.MALFORMED: 400,
    Rejection.CLOCK_BEHIND: 503,
    Rejection.ORDER_UNKNOWN: 404,
    Rejection.BOARD_FULL: 503,
    **dict.fromkeys(
        (
            Rejection.PARAMETERS_CHANGED, Rejection.NULLIFIER_REPEATED, Rejection.NULLIFIER_SPENT,
            Rejection.REFERENCE_USED, Rejection.VERSION, Rejection.ORDER_KNOWN, Rejection.PROOF_KNOWN,
            Rejection.ACCOUNT_FULL, Rejection.WRONG_EPOCH, Rejection.ORDER_WITHDRAWN,
        ),
        409,
    ),
}  # fmt: skip
_REFUSED = 422


@dataclass
class Problem(Exception):
    """What is wrong with a request, or with the service.  `detail` must not say anything that is secret."""

    status: int
    name: str
    title: str
    detail: str
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(f"{self.title} {self.detail}")


def malformed(detail: str) -> Problem:
    """The problem of a request that is not what the route takes."""
    return Problem(400, "MALFORMED_REQUEST", "The request is malformed.", detail)


def unknown(what: str) -> Problem:
    """The problem of something that is not here, or not yet."""
    return Problem(404, "NOT_FOUND", "There is no such thing here.", what)


def busy(detail: str, seconds: int = 1) -> Problem:
    """The problem of a request that the service has no room for now: nothing was done."""
    return Problem(503, "BUSY", "The service is busy: send it again.", detail, headers={"Retry-After": str(seconds)})


def of(rejected: Rejected) -> Problem:
    """The problem of a refusal by the ledger or the board."""
    reason = rejected.rejection
    status = _STATUS.get(reason, _REFUSED)
    headers = {"Retry-After": "1"} if status == 503 else {}
    more = {"rejection": reason.value, "remedy": reason.remedy}
    return Problem(status, reason.name, "The ledger refused it.", rejected.detail, more, headers)


def too_many(seconds: int) -> Problem:
    """The problem of a request of somebody who asks too much: there is room for it after so many seconds."""
    return Problem(
        429, "TOO_MANY", "Too many requests from your address.", f"ask again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )  # fmt: skip


def document(problem: Problem) -> dict[str, object]:
    """The problem as a JSON object."""
    return {
        "type": f"{TYPES}{problem.name}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "name": problem.name,
        **problem.members,
    }


def response(problem: Problem) -> Response:
    """The answer."""
    return Response(json.dumps(document(problem)), problem.status, dict(problem.headers), MEDIA_TYPE)
