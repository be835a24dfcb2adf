"""Customers as they took part in calls."""

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from callscope.storage.base import Base, CallId, Id


class CallCustomerRow(Base):
    """A customer of one call; `id` identifies the participant, `position` keeps the sender's order."""

    __tablename__ = "call_customer"
    __table_args__ = (
        UniqueConstraint("call_id", "position"),
        Index("ix_call_customer_phone_number_e164", "phone_number_e164"),
    )

    id: Mapped[Id]
    call_id: Mapped[CallId]
    phone_number_e164: Mapped[str | None]
    label: Mapped[str | None]
    position: Mapped[int]
