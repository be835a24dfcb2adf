"""Calls with all that is sent of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    create_call()
    create_property_definition()
    create_call_customer()
    create_call_key()
    create_ingest_request()
    create_call_words()
    create_tool_invocation()
    create_transcript()
    create_transcript_entry()
    create_call_agent()


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_call() -> None:
    """Make the table `call` with its indexes."""
    op.create_table(
        "call",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("interface_type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_status", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("vapi_call_id", sa.Text(), nullable=True),
        sa.Column("livekit_room_id", sa.Text(), nullable=True),
        sa.Column("recording_url", sa.Text(), nullable=False),
        sa.Column("stereo_recording_url", sa.Text(), nullable=True),
        sa.Column(
            "properties", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_call_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(
        "ix_call_livekit_room_id",
        "call",
        ["livekit_room_id"],
        unique=False,
        postgresql_where=sa.text("livekit_room_id IS NOT NULL"),
    )
    op.create_index(
        "ix_call_project_id_created_at",
        "call",
        ["project_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_call_project_id_started_at",
        "call",
        ["project_id", "started_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_call_properties", "call", ["properties"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_call_vapi_call_id",
        "call",
        ["vapi_call_id"],
        unique=False,
        postgresql_where=sa.text("vapi_call_id IS NOT NULL"),
    )
    op.create_index(
        "uq_call_project_id_external_id",
        "call",
        ["project_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def create_property_definition() -> None:
    """Make the table `property_definition` with its indexes."""
    op.create_table(
        "property_definition",
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_property_definition_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "name", name=op.f("pk_property_definition")),
    )


def create_call_customer() -> None:
    """Make the table `call_customer` with its indexes."""
    op.create_table(
        "call_customer",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("phone_number_e164", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_customer_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_customer")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_call_customer_call_id_position")),
    )
    op.create_index("ix_call_customer_phone_number_e164", "call_customer", ["phone_number_e164"], unique=False)


def create_call_key() -> None:
    """Make the table `call_key` with its indexes."""
    op.create_table(
        "call_key",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_key_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_call_key_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "key", "value", name=op.f("pk_call_key")),
    )
    op.create_index(op.f("ix_call_key_project_id_key_value"), "call_key", ["project_id", "key", "value"], unique=False)


def create_ingest_request() -> None:
    """Make the table `ingest_request` with its indexes."""
    op.create_table(
        "ingest_request",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("api_key_id", sa.UUID(), nullable=True),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(), nullable=False),
        sa.Column("unknown_fields", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_key.id"], name=op.f("fk_ingest_request_api_key_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_ingest_request_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_ingest_request_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest_request")),
    )
    op.create_index(op.f("ix_ingest_request_call_id"), "ingest_request", ["call_id"], unique=False)
    op.create_index(
        "ix_ingest_request_project_id_body_digest", "ingest_request", ["project_id", "body_digest"], unique=False
    )


def create_call_words() -> None:
    """Make the table `call_words` with its indexes."""
    op.create_table(
        "call_words",
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_words_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_words")),
    )
    op.create_index(op.f("ix_call_words_words"), "call_words", ["words"], unique=False, postgresql_using="gin")


def create_tool_invocation() -> None:
    """Make the table `tool_invocation` with its indexes."""
    op.create_table(
        "tool_invocation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "parameters", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "parameter_types",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("start_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_tool_invocation_agent_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_tool_invocation_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_invocation")),
    )
    op.create_index(
        "ix_tool_invocation_call_id_start_offset_ms", "tool_invocation", ["call_id", "start_offset_ms"], unique=False
    )


def create_transcript() -> None:
    """Make the table `transcript` with its indexes."""
    op.create_table(
        "transcript",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_transcript_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript")),
        sa.UniqueConstraint("call_id", "source", name=op.f("uq_transcript_call_id_source")),
    )


def create_transcript_entry() -> None:
    """Make the table `transcript_entry` with its indexes."""
    op.create_table(
        "transcript_entry",
        sa.Column("transcript_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.UUID(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("start_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_offset_ms", sa.BigInteger(), nullable=False),
        sa.Column("language_code", sa.Text(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("heard_start_ms", sa.BigInteger(), nullable=True),
        sa.Column("heard_end_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcript.id"], name=op.f("fk_transcript_entry_transcript_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("transcript_id", "position", name=op.f("pk_transcript_entry")),
    )


def create_call_agent() -> None:
    """Make the table `call_agent` with its indexes."""
    op.create_table(
        "call_agent",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=False),
        sa.Column("agent_endpoint_id", sa.UUID(), nullable=True),
        sa.Column("agent_prompt_version_id", sa.UUID(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_endpoint_id"], ["agent_endpoint.id"], name=op.f("fk_call_agent_agent_endpoint_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_call_agent_agent_id")),
        sa.ForeignKeyConstraint(
            ["agent_prompt_version_id"], ["agent_prompt_version.id"], name=op.f("fk_call_agent_agent_prompt_version_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_agent_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_agent")),
        sa.UniqueConstraint("call_id", "position", name=op.f("uq_call_agent_call_id_position")),
    )
    op.create_index(op.f("ix_call_agent_agent_id"), "call_agent", ["agent_id"], unique=False)
