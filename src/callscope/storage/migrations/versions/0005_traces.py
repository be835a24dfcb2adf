"""Traces: payloads as they came, spans, and the links to calls."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    create_span()
    create_span_origin()
    create_trace()
    create_trace_key()
    create_trace_payload()
    create_trace_link()


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_span() -> None:
    """Make the table `span` with its indexes."""
    op.create_table(
        "span",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("span_id", sa.LargeBinary(), nullable=False),
        sa.Column("parent_span_id", sa.LargeBinary(), nullable=True),
        sa.Column("origin_digest", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_message", sa.Text(), nullable=False),
        sa.Column("start_unix_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_unix_ns", sa.BigInteger(), nullable=False),
        sa.Column(
            "attributes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("events", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("links", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("trace_state", sa.Text(), nullable=False),
        sa.Column("flags", sa.BigInteger(), nullable=False),
        sa.Column("dropped_attribute_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_event_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_link_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_span_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "trace_id", "span_id", name=op.f("pk_span")),
    )
    op.create_index(op.f("ix_span_project_id_name"), "span", ["project_id", "name"], unique=False)


def create_span_origin() -> None:
    """Make the table `span_origin` with its indexes."""
    op.create_table(
        "span_origin",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("resource_attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("resource_schema_url", sa.Text(), nullable=False),
        sa.Column("scope_name", sa.Text(), nullable=False),
        sa.Column("scope_version", sa.Text(), nullable=False),
        sa.Column("scope_attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scope_schema_url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_span_origin_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "trace_id", "digest", name=op.f("pk_span_origin")),
    )


def create_trace() -> None:
    """Make the table `trace` with its indexes."""
    op.create_table(
        "trace",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("root_name", sa.Text(), nullable=True),
        sa.Column("services", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("start_unix_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_unix_ns", sa.BigInteger(), nullable=False),
        sa.Column("duration_ns", sa.BigInteger(), nullable=False),
        sa.Column("span_count", sa.BigInteger(), nullable=False),
        sa.Column("error_count", sa.BigInteger(), nullable=False),
        sa.Column("first_received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_trace_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "trace_id", name=op.f("pk_trace")),
    )
    op.create_index(op.f("ix_trace_last_received_at"), "trace", ["last_received_at"], unique=False)
    op.create_index(
        op.f("ix_trace_project_id_duration_ns_trace_id"),
        "trace",
        ["project_id", "duration_ns", "trace_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_trace_project_id_start_unix_ns_trace_id"),
        "trace",
        ["project_id", "start_unix_ns", "trace_id"],
        unique=False,
    )


def create_trace_key() -> None:
    """Make the table `trace_key` with its indexes."""
    op.create_table(
        "trace_key",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("is_matched", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_trace_key_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "trace_id", "key", "value", name=op.f("pk_trace_key")),
    )
    op.create_index(
        op.f("ix_trace_key_project_id_key_value"), "trace_key", ["project_id", "key", "value"], unique=False
    )
    op.create_index(
        "ix_trace_key_unmatched", "trace_key", ["project_id"], unique=False, postgresql_where=sa.text("NOT is_matched")
    )


def create_trace_payload() -> None:
    """Make the table `trace_payload` with its indexes."""
    op.create_table(
        "trace_payload",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("drained_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_trace_payload_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_payload")),
    )
    op.create_index(
        op.f("ix_trace_payload_project_id_received_at"), "trace_payload", ["project_id", "received_at"], unique=False
    )
    op.create_index(op.f("ix_trace_payload_received_at"), "trace_payload", ["received_at"], unique=False)
    op.create_index(
        "ix_trace_payload_waiting",
        "trace_payload",
        ["id", "size_bytes"],
        unique=False,
        postgresql_where=sa.text("drained_at IS NULL"),
    )


def create_trace_link() -> None:
    """Make the table `trace_link` with its indexes."""
    op.create_table(
        "trace_link",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("attribute", sa.Text(), nullable=False),
        sa.Column("linked_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_trace_link_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_trace_link_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "trace_id", "call_id", name=op.f("pk_trace_link")),
    )
    op.create_index(op.f("ix_trace_link_call_id"), "trace_link", ["call_id"], unique=False)
