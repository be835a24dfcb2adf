"""Trace parts: what traces explain of a call, which got spans since that was measured, and spans by attribute."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

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
    op.create_table(
        "attribution",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("computed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_attribution_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_attribution_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_attribution")),
    )
    op.create_index(op.f("ix_attribution_project_id"), "attribution", ["project_id"], unique=False)
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
