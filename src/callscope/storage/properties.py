"""Property definitions: the type a project fixed for a property by its first value."""

from sqlalchemy.orm import Mapped, mapped_column

from callscope.storage.base import Base, CreatedAt, ProjectId


class PropertyDefinitionRow(Base):
    """A property's name (snake_case) and its type in one project."""

    __tablename__ = "property_definition"

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    created_at: Mapped[CreatedAt]
