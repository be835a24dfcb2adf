"""How integrations' messages and chunks come in: key, check, commit, and only then the answer.

Senders do not come back: nothing here waits for anything but the database and the object store.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import ClientDisconnect, Request

from callscope.api.body_limit import BodyTooLarge
from callscope.core.clock import Clock
from callscope.core.errors import Unauthenticated
from callscope.core.integration import Integration
from callscope.integrations.retell import is_signed
from callscope.services import integration_messages, live_chunks
from callscope.services.keys import Principal
from callscope.services.live_chunks import UploadTicket
from callscope.services.signing import Signer
from callscope.storage.engine import SessionFactory
from callscope.storage.live_chunks import ChunkName
from callscope.storage.objects import Objects, ObjectTooLarge
from callscope.storage.statements import Statements

CHUNK_PATH = "/v1/integrations/chunks"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationIntake:
    """Takes what integrations send, put into `app.state.integrations` once at start.

    `retell_secret` is the API key that signs Retell's webhooks; without it they are not checked. `public_url` is where
    senders reach this server, None for the address a request came to.
    """

    transactions: SessionFactory
    statements: Statements
    objects: Objects
    signer: Signer
    clock: Clock
    max_chunk_bytes: int
    public_url: str | None = None
    retell_secret: str | None = None

    async def take_message(self, integration: Integration, principal: Principal, body: bytes) -> UUID:
        """Store a message and return its id once it is committed. Raises InvalidInput."""
        return await integration_messages.accept(
            self.statements,
            integration,
            body,
            project_id=principal.project_id,
            api_key_id=principal.key_id,
            now=self.clock.now(),
        )

    def check_signature(self, body: bytes, signature: str) -> None:
        """Raise Unauthenticated unless Retell signed the body, where that can be told."""
        if self.retell_secret is None:
            return
        if not is_signed(body, signature, secret=self.retell_secret, at=self.clock.now()):
            raise Unauthenticated(
                "`x-retell-signature` is missing, too old, or not Retell's. CALLSCOPE_RETELL_API_KEY must be the key "
                "that Retell shows with a webhook badge."
            )

    async def announce_chunk(self, request: Request, name: ChunkName) -> str:
        """Return the address that takes one chunk, good for a while and for nothing else."""
        async with self.transactions.begin() as session:
            ticket = await live_chunks.announce(session, self.signer, name, now=self.clock.now())
        query = {"call": name.call_ref, "expires": ticket.expires, "signature": ticket.signature}
        address = (self.public_url or str(request.base_url)).rstrip("/")
        path = f"{CHUNK_PATH}/{name.project_id}/{name.integration}/{name.chunk_index}"
        return f"{address}{path}?{urlencode(query)}"

    async def take_chunk(self, request: Request, ticket: UploadTicket) -> None:
        """Stream an upload into the object store and return once it is the chunk's content.

        Raises SignatureInvalid, BodyTooLarge, ClientDisconnect.
        """
        live_chunks.check(self.signer, ticket)
        declared = request.headers.get("content-length", "")
        try:
            stored = await live_chunks.store(self.objects, ticket.name, _body(request), max_bytes=self.max_chunk_bytes)
        except ObjectTooLarge as error:
            raise BodyTooLarge(self.max_chunk_bytes) from error
        except ClientDisconnect:
            if declared.isdigit():
                await asyncio.shield(self._note_broken_off(ticket.name, int(declared)))
            raise
        try:
            async with self.transactions.begin() as session:
                await live_chunks.keep(session, ticket.name, stored, now=self.clock.now())
        except BaseException:
            await asyncio.shield(self.objects.delete(stored.key))
            raise

    async def _note_broken_off(self, name: ChunkName, size_bytes: int) -> None:
        async with self.transactions.begin() as session:
            await live_chunks.note_broken_off(session, name, size_bytes=size_bytes, now=self.clock.now())


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for part in request.stream():
        if part:
            yield part


def intake_of(request: Request) -> IntegrationIntake:
    """Return the intake `boot` put into the app."""
    intake = request.app.state.integrations
    if not isinstance(intake, IntegrationIntake):
        raise TypeError("app.state.integrations is not an IntegrationIntake")
    return intake
