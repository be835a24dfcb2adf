"""Webhook deliveries, rules of projects, and turns in long queues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("webhook", sa.Column("failure_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    create_webhook_delivery()
    create_webhook_attempt()
    create_project_rules()
    create_queue_turn()
    op.create_index("ix_call_deleted_at", "call", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL"))


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_webhook_delivery() -> None:
    """Make the table `webhook_delivery` with its indexes."""
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("webhook_id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_webhook_delivery_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_webhook_id_id"), "webhook_delivery", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["webhook_id", "call_id", "id"],
        postgresql_where=sa.text("status = 'WAITING'"),
    )
    op.create_index(op.f("ix_webhook_delivery_project_id"), "webhook_delivery", ["project_id"])
    op.create_index(op.f("ix_webhook_delivery_created_at"), "webhook_delivery", ["created_at"])


def create_webhook_attempt() -> None:
    """Make the table `webhook_attempt` with its index."""
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name=op.f("fk_webhook_attempt_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    op.create_index(op.f("ix_webhook_attempt_delivery_id_id"), "webhook_attempt", ["delivery_id", "id"])


def create_project_rules() -> None:
    """Make the table `project_rules`."""
    op.create_table(
        "project_rules",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("calls_per_day", sa.Integer(), nullable=True),
        sa.Column("recording_retention_days", sa.Integer(), nullable=True),
        sa.Column("transcript_retention_days", sa.Integer(), nullable=True),
        sa.Column("trace_retention_days", sa.Integer(), nullable=True),
        sa.Column("redacted", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_rules_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_rules")),
    )


def create_queue_turn() -> None:
    """Make the table `queue_turn`."""
    op.create_table(
        "queue_turn",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_queue_turn_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "queue", name=op.f("pk_queue_turn")),
    )
