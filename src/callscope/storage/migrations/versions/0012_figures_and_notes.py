"""Figures of calls for lists and overviews, saved filters, notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply the migration."""
    create_call_figures()
    create_saved_filter()
    create_call_note()
    op.create_index(
        "ix_call_project_id_live",
        "call",
        ["project_id", "started_at"],
        postgresql_where=sa.text("deleted_at IS NULL AND status <> 'ENDED'"),
    )
    op.create_index(
        "ix_call_customer_phone_number_reversed",
        "call_customer",
        [sa.literal_column("reverse(phone_number_e164) text_pattern_ops")],
    )
    op.create_index(
        "ix_metric_value_project_id_slug_recent",
        "metric_value",
        ["project_id", "slug", "computed_at"],
        postgresql_where=sa.text("context = 'CALL' AND number IS NOT NULL"),
    )


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_call_figures() -> None:
    """Make the table `call_figures` with its indexes."""
    op.create_table(
        "call_figures",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("agent_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("prompt_version_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("ended_status", sa.Text(), nullable=True),
        sa.Column("is_error", sa.Boolean(), nullable=False),
        sa.Column("responses_ms", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("response_p95_ms", sa.BigInteger(), nullable=True),
        sa.Column("barge_in_count", sa.Integer(), nullable=True),
        sa.Column("failed_barge_in_count", sa.Integer(), nullable=True),
        sa.Column("tool_count", sa.Integer(), nullable=False),
        sa.Column("failed_tool_count", sa.Integer(), nullable=False),
        sa.Column("quality_score", sa.DOUBLE_PRECISION(), nullable=True),
        sa.Column("strip", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_figures_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_call_figures_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_figures")),
    )
    op.create_index(op.f("ix_call_figures_project_id_started_at"), "call_figures", ["project_id", "started_at"])
    for name, column, condition in (
        ("slowest", "response_p95_ms", "response_p95_ms IS NOT NULL"),
        ("barge_ins", "failed_barge_in_count", "failed_barge_in_count > 0"),
        ("tools", "failed_tool_count", "failed_tool_count > 0"),
        ("quality", "quality_score", "quality_score IS NOT NULL"),
        ("errors", "started_at", "is_error"),
    ):
        op.create_index(
            f"ix_call_figures_{name}",
            "call_figures",
            ["project_id", column, "call_id"],
            postgresql_where=sa.text(condition),
        )


def create_saved_filter() -> None:
    """Make the table `saved_filter`."""
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_saved_filter_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_saved_filter_project_id_name")),
    )


def create_call_note() -> None:
    """Make the table `call_note` with its index."""
    op.create_table(
        "call_note",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_note_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_note")),
    )
    op.create_index(op.f("ix_call_note_call_id_created_at"), "call_note", ["call_id", "created_at"])
