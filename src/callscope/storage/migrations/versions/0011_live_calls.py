"""Calls while they run: what integrations send, and chunks of their recordings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    """Apply the migration."""
    # A call that runs has no recording yet, and one of a provider may never get one.
    op.alter_column("call", "recording_url", nullable=True)
    op.add_column(
        "recording",
        sa.Column(
            "findings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
    )
    create_integration_message()
    create_live_call()
    create_live_chunk()


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_integration_message() -> None:
    """Make the table `integration_message` with its indexes."""
    op.create_table(
        "integration_message",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("api_key_id", sa.UUID(), nullable=True),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("call_ref", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT, nullable=True),
        sa.Column("call_id", sa.UUID(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_integration_message_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_integration_message_api_key_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_integration_message_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration_message")),
    )
    op.create_index(
        op.f("ix_integration_message_project_id_integration_call_ref"),
        "integration_message",
        ["project_id", "integration", "call_ref"],
    )
    op.create_index(op.f("ix_integration_message_call_id"), "integration_message", ["call_id"])
    op.create_index("ix_integration_message_received_at", "integration_message", ["received_at"])


def create_live_call() -> None:
    """Make the table `live_call` with its indexes."""
    op.create_table(
        "live_call",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("call_ref", sa.Text(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("last_heard_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("swept_at", MOMENT, nullable=True),
        sa.Column("sample_rate_hz", sa.Integer(), nullable=True),
        sa.Column("channel_count", sa.Integer(), nullable=True),
        sa.Column("assembled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_live_call_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_live_call_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_call")),
        sa.UniqueConstraint("call_id", name=op.f("uq_live_call_call_id")),
        sa.UniqueConstraint(
            "project_id", "integration", "call_ref", name=op.f("uq_live_call_project_id_integration_call_ref")
        ),
    )
    op.create_index(
        "ix_live_call_running",
        "live_call",
        ["last_heard_at"],
        postgresql_where=sa.text("ended_at IS NULL AND swept_at IS NULL"),
    )
    op.create_index(
        "ix_live_call_assembled_at",
        "live_call",
        ["assembled_at"],
        postgresql_where=sa.text("assembled_at IS NOT NULL"),
    )


def create_live_chunk() -> None:
    """Make the table `live_chunk`."""
    op.create_table(
        "live_chunk",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("call_ref", sa.Text(), nullable=False),
        sa.Column("chunk_index", sa.Integer(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_live_chunk_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "integration", "call_ref", "chunk_index", name=op.f("pk_live_chunk")),
    )
