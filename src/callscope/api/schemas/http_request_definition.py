"""Definitions of the requests that have a number dialled: bodies and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from callscope.api.schemas.agent import Description
from callscope.api.schemas.base import STAYS, InputModel, OutputModel
from callscope.api.schemas.fields import wrong_value
from callscope.api.schemas.webhook import Headers, Url

Method = Literal["POST", "PUT", "PATCH", "GET"]


def _to_template(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
    if value is None or isinstance(value, str | dict):
        return value
    raise wrong_value("must be a string, an object or null")


Template = Annotated[
    Any,
    BeforeValidator(_to_template),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]}),
    Field(description="May hold placeholders such as `{{phoneNumberToDial}}`; an object is stored as JSON."),
]


class HttpRequestDefinitionCreate(InputModel):
    """A request to send when a number is to be dialled."""

    scope: Literal["AGENT_OUTBOUND_DIAL"]
    url: Url
    method: Method = "POST"
    headers: Headers = Field(default_factory=dict)
    body: Template = None
    description: Description = None


class HttpRequestDefinitionUpdate(InputModel):
    """What to change of a definition; what is left out stays."""

    url: Url = STAYS
    method: Method = STAYS
    headers: Headers = STAYS
    body: Template = STAYS
    description: Description = STAYS


class HttpRequestDefinitionRead(OutputModel):
    """A definition of a request."""

    id: UUID
    scope: Literal["AGENT_OUTBOUND_DIAL"]
    url: str
    method: Method
    headers: dict[str, str]
    body: str | None
    parsed_body: dict[str, Any] | str | None = Field(description="The body as JSON where it is an object.")
    description: str | None
    is_config_managed: Literal[False]
    created_at: datetime
    updated_at: datetime


class HttpRequestDefinitionCreated(HttpRequestDefinitionRead):
    """A new definition with the secret its requests are signed with."""

    signing_secret: str = Field(description="`whsec_…`, shown this once.")
