"""Customers as they took part in calls."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, any_, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from callscope.core.call import CallCustomer
from callscope.storage.base import Base, CallId, Id, array_of


class CallCustomerRow(Base):
    """A customer of one call; `id` identifies the participant, `position` keeps the sender's order."""

    __tablename__ = "call_customer"
    __table_args__ = (
        UniqueConstraint("call_id", "position"),
        Index("ix_call_customer_phone_number_e164", "phone_number_e164"),
        # A number is looked for by its last digits: those are what every way to write it has in common.
        Index(
            "ix_call_customer_phone_number_reversed",
            func.reverse(literal_column("phone_number_e164")).label("reversed"),
            postgresql_ops={"reversed": "text_pattern_ops"},
        ),
    )

    id: Mapped[Id]
    call_id: Mapped[CallId]
    phone_number_e164: Mapped[str | None]
    label: Mapped[str | None]
    position: Mapped[int]


async def of_calls(session: AsyncSession, call_ids: Sequence[UUID]) -> dict[UUID, list[CallCustomer]]:
    """Return the customers of these calls, in the sender's order. The ids must have been scoped to a project."""
    query = select(CallCustomerRow).where(CallCustomerRow.call_id == any_(array_of(call_ids, UUID)))
    customers: dict[UUID, list[CallCustomer]] = {call_id: [] for call_id in call_ids}
    for row in (await session.execute(query.order_by(CallCustomerRow.position))).scalars():
        customers[row.call_id].append(CallCustomer(id=row.id, phone_number_e164=row.phone_number_e164, label=row.label))
    return customers


def calls_of_number(last_digits: str) -> Select[UUID]:
    """Return the query for the ids of calls, of any project, of customers whose number ends in these digits."""
    from_behind = func.reverse(CallCustomerRow.phone_number_e164)
    return select(CallCustomerRow.call_id).where(from_behind.like(f"{last_digits[::-1]}%"))
