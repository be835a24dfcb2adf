"""The properties of a stored call: changed all or none, each of the type its project fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.call import Call, PropertyType, PropertyValue
from callscope.core.errors import Conflict
from callscope.core.property_name import stored_name
from callscope.services import properties
from callscope.services.calls import get_call, lock_call
from callscope.storage import calls
from callscope.storage.properties import insert_missing, read_types

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class PropertyTypeRace(Conflict):
    """Another request stored the first value of a property at the same moment, of another type."""

    code = "property_type_race"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedProperties:
    """A call's properties after a change, those Callscope sets included, and what the change did."""

    properties: Mapping[str, PropertyValue]
    updated: tuple[str, ...]
    removed: tuple[str, ...]


async def change_properties(
    session: "AsyncSession", project_id: UUID, call_id: UUID, sent: Mapping[str, Any], *, now: datetime
) -> ChangedProperties:
    """Write the properties of `sent`, remove those that are None there, leave all others.

    Raises CallNotFound, InvalidInput for a property that cannot be written or is of another type, PropertyTypeRace.
    The transaction must then be rolled back.
    """
    written = properties.to_stored(sent)
    await lock_call(session, project_id, call_id)
    await _fix_types(session, project_id, written)
    before = (await get_call(session, project_id, call_id)).properties
    removed = tuple(name for name in map(stored_name, sent) if name not in written and name in before)
    await calls.change_properties(session, call_id, written=written, removed=removed, at=now)
    call = await get_call(session, project_id, call_id)
    return ChangedProperties(
        properties={**call.properties, **system_properties(call)}, updated=tuple(written), removed=removed
    )


def system_properties(call: Call) -> dict[str, PropertyValue]:
    """Return the properties Callscope sets itself, those without a value left out."""
    values = {
        "direction": call.direction.value,
        "duration_seconds": None if call.duration_ms is None else call.duration_ms / 1000,
        "agent_id": str(call.agents[0].id) if call.agents else None,
    }
    return {name: value for name, value in values.items() if value is not None}


async def _fix_types(session: "AsyncSession", project_id: UUID, written: Mapping[str, PropertyValue]) -> None:
    known = await read_types(session, project_id, written)
    properties.check_types({name: value for name, value in written.items() if name in known}, known)
    missing = properties.types_to_fix(written, known)
    if not missing:
        return
    await insert_missing(session, project_id, missing)
    fixed: Mapping[str, PropertyType] = await read_types(session, project_id, missing)
    for name, type_ in missing.items():
        if fixed[name] is not type_:
            raise PropertyTypeRace(
                f"Property `{name}` was stored for the first time by another request just now, as {fixed[name]}. "
                f"Nothing was changed; send a {fixed[name]}, or use another name."
            )
