"""Metrics of a project: definitions, variants, versions, policies, collection jobs, and the judge."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    create_analysis_package()
    create_metric_definition()
    create_metric_variant()
    create_metric_version()
    create_metric_policy()
    create_collection_job()
    create_collection_item()
    create_project_judge()
    create_judge_use()
    op.add_column("metric_value", sa.Column("job_id", sa.UUID(), nullable=True))
    op.add_column("metric_value", sa.Column("property_verdicts", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")


def create_analysis_package() -> None:
    """Make the table `analysis_package`."""
    op.create_table(
        "analysis_package",
        _id(),
        _project_id(),
        _text("name"),
        _now("created_at"),
        _of_project("analysis_package"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis_package")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_analysis_package_project_id_name")),
    )


def create_metric_definition() -> None:
    """Make the table `metric_definition` with its indexes."""
    op.create_table(
        "metric_definition",
        _id(),
        _project_id(),
        sa.Column("package_id", sa.UUID(), nullable=False),
        *(_text(name) for name in ("slug", "name", "description", "calculation_type", "value_type", "scope")),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("contexts", postgresql.ARRAY(sa.Text()), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        _of_project("metric_definition"),
        sa.ForeignKeyConstraint(
            ["package_id"], ["analysis_package.id"], name=op.f("fk_metric_definition_package_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_definition")),
        sa.UniqueConstraint("project_id", "slug", name=op.f("uq_metric_definition_project_id_slug")),
    )
    op.create_index(op.f("ix_metric_definition_package_id"), "metric_definition", ["package_id"])


def create_metric_variant() -> None:
    """Make the table `metric_variant` with its indexes."""
    op.create_table(
        "metric_variant",
        _id(),
        _project_id(),
        sa.Column("definition_id", sa.UUID(), nullable=False),
        _text("calculation_type"),
        _text("name"),
        sa.Column("version_id", sa.UUID(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        _of_project("metric_variant"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_variant")),
        sa.UniqueConstraint(
            "project_id", "definition_id", "name", name=op.f("uq_metric_variant_project_id_definition_id_name")
        ),
    )
    op.create_index(op.f("ix_metric_variant_definition_id"), "metric_variant", ["definition_id"])


def create_metric_version() -> None:
    """Make the table `metric_version`."""
    op.create_table(
        "metric_version",
        _id(),
        sa.Column("variant_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("calculation", postgresql.JSONB(), nullable=False),
        sa.Column("change_reason", sa.Text(), nullable=True),
        _now("created_at"),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["metric_variant.id"], name=op.f("fk_metric_version_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_version")),
        sa.UniqueConstraint("variant_id", "number", name=op.f("uq_metric_version_variant_id_number")),
    )


def create_metric_policy() -> None:
    """Make the table `metric_policy` with its index."""
    op.create_table(
        "metric_policy",
        _id(),
        _project_id(),
        _text("name"),
        _text("status"),
        sa.Column("metrics", postgresql.JSONB(), nullable=False),
        sa.Column("groups", postgresql.JSONB(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        _of_project("metric_policy"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_policy")),
    )
    op.create_index(op.f("ix_metric_policy_project_id"), "metric_policy", ["project_id"])


def create_collection_job() -> None:
    """Make the table `collection_job` with its index."""
    op.create_table(
        "collection_job",
        _id(),
        _project_id(),
        _text("status"),
        _text("triggered_by"),
        sa.Column("policy_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("metrics", postgresql.JSONB(), nullable=False),
        sa.Column("total_items", sa.Integer(), nullable=False),
        sa.Column("completed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_items", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("attempt_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        _now("created_at"),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        _now("updated_at"),
        _of_project("collection_job"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_job")),
    )
    op.create_index(op.f("ix_collection_job_project_id_id"), "collection_job", ["project_id", "id"])


def create_collection_item() -> None:
    """Make the table `collection_item` with its indexes."""
    op.create_table(
        "collection_item",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        _text("status"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("values", postgresql.JSONB(), nullable=True),
        sa.Column("computed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["collection_job.id"], name=op.f("fk_collection_item_job_id"), ondelete="CASCADE"
        ),
        _of_call("collection_item"),
        sa.PrimaryKeyConstraint("job_id", "call_id", "ordinal", name=op.f("pk_collection_item")),
    )
    op.create_index(op.f("ix_collection_item_call_id"), "collection_item", ["call_id"])
    op.create_index(
        "ix_collection_item_pending",
        "collection_item",
        ["job_id", "call_id"],
        postgresql_where=sa.text("status = 'PENDING'"),
    )


def create_project_judge() -> None:
    """Make the table `project_judge`."""
    op.create_table(
        "project_judge",
        _project_id(),
        _text("url"),
        _text("model"),
        sa.Column("api_key", sa.Text(), nullable=True),
        _now("updated_at"),
        _of_project("project_judge"),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_judge")),
    )


def create_judge_use() -> None:
    """Make the table `judge_use` with its indexes."""
    op.create_table(
        "judge_use",
        _id(),
        _project_id(),
        sa.Column("call_id", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=True),
        sa.Column("definition_id", sa.UUID(), nullable=True),
        _text("provider"),
        _text("model"),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("request_count", "prompt_tokens", "completion_tokens")
        ),
        sa.Column("input_micros", sa.BigInteger(), nullable=False),
        sa.Column("output_micros", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        _of_project("judge_use"),
        _of_call("judge_use"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge_use")),
    )
    op.create_index(op.f("ix_judge_use_call_id"), "judge_use", ["call_id"])
    op.create_index(op.f("ix_judge_use_project_id_occurred_at"), "judge_use", ["project_id", "occurred_at"])


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.UUID(), nullable=False)


def _project_id() -> sa.Column[object]:
    return sa.Column("project_id", sa.UUID(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False)


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id"], ["project.id"], name=op.f(f"fk_{table}_project_id"), ondelete="CASCADE"
    )


def _of_call(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f(f"fk_{table}_call_id"), ondelete="CASCADE")
