"""`callscope webhook`: tests, the log of deliveries, replays."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from callscope.core.page import Page
    from callscope.core.webhook import Delivery
    from callscope.storage.engine import Session

app = typer.Typer()
webhook = typer.Typer(help="Webhooks: tests, the log of deliveries, replays.", no_args_is_help=True)
app.add_typer(webhook, name="webhook")

WebhookId = Annotated[UUID, typer.Argument(help="The webhook's id.")]


@webhook.command()
def test(webhook_id: WebhookId) -> None:
    """Queue the event `webhook.test`; `callscope webhook deliveries` says how it was received."""
    from callscope.boot.database import on_settings_database
    from callscope.services import deliveries, webhooks

    async def send(session: "Session") -> "Delivery":
        project_id = await webhooks.project_of(session, webhook_id)
        return await deliveries.send_test(session, project_id, webhook_id)

    _show(on_settings_database(send))


@webhook.command("deliveries")
def list_deliveries(
    webhook_id: WebhookId,
    status: Annotated[str | None, typer.Option(help="WAITING, DELIVERED or DEAD. Default: all.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
) -> None:
    """Print what was sent or is to be sent, newest first."""
    from callscope.boot.database import on_settings_database
    from callscope.core.page import PageRequest
    from callscope.core.webhook import DeliveryStatus
    from callscope.services import deliveries, webhooks

    if status is not None and status not in set(DeliveryStatus):
        raise typer.BadParameter("must be WAITING, DELIVERED or DEAD", param_hint="--status")
    wanted, request = None if status is None else DeliveryStatus(status), PageRequest(limit=limit)

    async def read(session: "Session") -> "Page[Delivery]":
        project_id = await webhooks.project_of(session, webhook_id)
        return await deliveries.list_deliveries(session, project_id, webhook_id, request, status=wanted)

    for delivery in on_settings_database(read).items:
        _show(delivery)


@webhook.command()
def replay(
    webhook_id: WebhookId,
    delivery_id: Annotated[UUID | None, typer.Argument(help="Default: all that were given up.")] = None,
) -> None:
    """Send a delivery again, or all that were given up. Each keeps its `webhook-id`."""
    from datetime import UTC, datetime

    from callscope.boot.database import on_settings_database
    from callscope.services import deliveries, webhooks

    now = datetime.now(UTC)

    async def send(session: "Session") -> int:
        project_id = await webhooks.project_of(session, webhook_id)
        if delivery_id is None:
            return await deliveries.replay_dead(session, project_id, webhook_id, now=now)
        await deliveries.replay(session, project_id, webhook_id, delivery_id, now=now)
        return 1

    typer.echo(f"Queued again: {on_settings_database(send)}.")


def _show(delivery: "Delivery") -> None:
    when, tries = f"{delivery.created_at:%Y-%m-%d %H:%M:%S}", f"{delivery.attempt_count} tries"
    typer.echo(f"{delivery.id}  {when}  {delivery.status:9}  {tries}  {delivery.event}")
