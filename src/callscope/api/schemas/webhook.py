"""Webhooks: bodies and answers."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from callscope.api.schemas.agent import Description
from callscope.api.schemas.base import InputModel, OutputModel
from callscope.api.schemas.call_create import MAX_URL_LENGTH
from callscope.api.schemas.fields import wrong_value
from callscope.core.webhook import DeliveryStatus, WebhookEvent

MAX_HEADERS = 50
OUR_HEADERS = frozenset(
    ("connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
)
"""Headers that shape the request itself; the sender sets them."""
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL_LENGTH)]


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise wrong_value(f"must be HTTP headers: {name!r} or its value has characters that cannot be sent")
        if name.lower() in OUR_HEADERS:
            raise wrong_value(f"must not set {name!r}: it is set for each request")
    if len(headers) > MAX_HEADERS:
        raise wrong_value(f"takes at most {MAX_HEADERS} headers")
    return headers


Headers = Annotated[
    dict[str, str], AfterValidator(_check_headers), Field(description="Sent with every request, such as authorization.")
]


class WebhookCreate(InputModel):
    """A subscription."""

    url: Url
    events: list[WebhookEvent] = Field(min_length=1)
    description: Description = None
    headers: Headers = Field(default_factory=dict)


class WebhookRead(OutputModel):
    """A subscription."""

    id: UUID
    url: str
    description: str | None
    events: list[WebhookEvent]
    headers: dict[str, str]
    created_at: datetime
    updated_at: datetime


class WebhookCreated(WebhookRead):
    """A new subscription with the secret its deliveries are signed with."""

    signing_secret: str = Field(description="`whsec_…`, shown this once.")


class WebhookDeleted(OutputModel):
    """The answer to a deletion."""

    success: Literal[True]


class DeliveryRead(OutputModel):
    """A message to a webhook."""

    id: UUID
    webhook_id: UUID
    message_id: str = Field(description="The `webhook-id` header: the same at every try and replay.")
    event: str
    call_id: UUID | None
    status: DeliveryStatus
    attempt_count: int
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None


class AttemptRead(OutputModel):
    """One try of a delivery."""

    started_at: datetime
    duration_ms: int
    http_status: int | None
    error: str | None = Field(description="Why there was no answer.")


class DeliveryWithAttempts(DeliveryRead):
    """A message to a webhook, what it says and its tries, oldest first."""

    data: dict[str, Any]
    attempts: list[AttemptRead]


class DeadReplayed(OutputModel):
    """The answer to a replay of all that was given up."""

    replayed_count: int = Field(description="At most a thousand, the oldest; ask again for more.")
