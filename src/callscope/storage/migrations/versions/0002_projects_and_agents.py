"""Projects, their keys and agents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    create_project()
    create_agent()
    create_api_key()
    create_http_request_definition()
    create_agent_endpoint()
    create_agent_prompt()
    create_agent_prompt_version()


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_project() -> None:
    """Make the table `project` with its indexes."""
    op.create_table(
        "project",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )


def create_agent() -> None:
    """Make the table `agent` with its indexes."""
    op.create_table(
        "agent",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("custom_id", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_agent_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
    )
    op.create_index("ix_agent_project_id_name", "agent", ["project_id", "name"], unique=False)
    op.create_index("uq_agent_project_id_custom_id", "agent", ["project_id", "custom_id"], unique=True)
    op.create_index(
        "uq_agent_project_id_name_without_custom_id",
        "agent",
        ["project_id", "name"],
        unique=True,
        postgresql_where=sa.text("custom_id IS NULL"),
    )


def create_api_key() -> None:
    """Make the table `api_key` with its indexes."""
    op.create_table(
        "api_key",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("integration", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_api_key_project_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_index(op.f("ix_api_key_project_id"), "api_key", ["project_id"], unique=False)


def create_http_request_definition() -> None:
    """Make the table `http_request_definition` with its indexes."""
    op.create_table(
        "http_request_definition",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column(
            "headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("signing_secret", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_http_request_definition_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_http_request_definition")),
    )
    op.create_index(
        op.f("ix_http_request_definition_project_id"), "http_request_definition", ["project_id"], unique=False
    )


def create_agent_endpoint() -> None:
    """Make the table `agent_endpoint` with its indexes."""
    op.create_table(
        "agent_endpoint",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), server_default="production", nullable=False),
        sa.Column("outbound_dial", sa.Text(), server_default="NONE", nullable=False),
        sa.Column("dial_definition_id", sa.UUID(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agent.id"], name=op.f("fk_agent_endpoint_agent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_agent_endpoint_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["dial_definition_id"], ["http_request_definition.id"], name=op.f("fk_agent_endpoint_dial_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_endpoint")),
        sa.UniqueConstraint(
            "agent_id",
            "type",
            "value",
            "direction",
            "environment",
            name=op.f("uq_agent_endpoint_agent_id_type_value_direction_environment"),
        ),
    )
    op.create_index(op.f("ix_agent_endpoint_project_id"), "agent_endpoint", ["project_id"], unique=False)


def create_agent_prompt() -> None:
    """Make the table `agent_prompt` with its indexes."""
    op.create_table(
        "agent_prompt",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("project_id", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_prompt_agent_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_agent_prompt_project_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_prompt")),
        sa.UniqueConstraint("agent_id", "source", name=op.f("uq_agent_prompt_agent_id_source")),
    )
    op.create_index(op.f("ix_agent_prompt_project_id"), "agent_prompt", ["project_id"], unique=False)


def create_agent_prompt_version() -> None:
    """Make the table `agent_prompt_version` with its indexes."""
    op.create_table(
        "agent_prompt_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("agent_prompt_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_prompt_id"],
            ["agent_prompt.id"],
            name=op.f("fk_agent_prompt_version_agent_prompt_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_prompt_version")),
        sa.UniqueConstraint("agent_prompt_id", "version", name=op.f("uq_agent_prompt_version_agent_prompt_id_version")),
    )
    op.create_index(
        op.f("ix_agent_prompt_version_agent_prompt_id_digest"),
        "agent_prompt_version",
        ["agent_prompt_id", "digest"],
        unique=False,
    )
