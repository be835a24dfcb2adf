"""Trace parts: which traces got spans since their calls were measured by them, and spans by attribute."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    # What came in before is settled by the first spans that follow, or by a replay.
    op.add_column("trace", sa.Column("is_settled", sa.Boolean(), server_default="true", nullable=False))
    op.create_index(
        "ix_trace_unsettled", "trace", ["project_id"], unique=False, postgresql_where=sa.text("NOT is_settled")
    )
    op.create_index(
        "ix_span_attributes",
        "span",
        ["attributes"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"attributes": "jsonb_path_ops"},
    )
    op.create_index(
        "ix_span_origin_resource_attributes",
        "span_origin",
        ["resource_attributes"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"resource_attributes": "jsonb_path_ops"},
    )


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")
