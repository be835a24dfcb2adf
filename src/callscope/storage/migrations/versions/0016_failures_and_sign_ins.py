"""Where failed work is found, and accounts that sign in at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("account", sa.Column("oidc_subject", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_account_oidc_subject"), "account", ["oidc_subject"])
    for name, table, columns, condition in (
        ("failed", "analysis", ["project_id", "finished_at"], "status = 'FAILED'"),
        ("postponed", "analysis", ["project_id", "next_attempt_at"], "next_attempt_at IS NOT NULL"),
        ("failed", "collection_job", ["project_id", "completed_at"], "failed_items > 0"),
        ("failing", "collection_job", ["project_id"], "failing_since IS NOT NULL"),
        ("set_aside", "integration_message", ["project_id", "handled_at"], "fault IS NOT NULL AND call_id IS NULL"),
        ("dead", "webhook_delivery", ["project_id", "finished_at"], "status = 'DEAD'"),
        (
            "failing",
            "webhook_delivery",
            ["project_id", "next_attempt_at"],
            "status = 'WAITING' AND attempt_count > 0",
        ),
    ):
        op.create_index(f"ix_{table}_{name}", table, columns, postgresql_where=sa.text(condition))


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")
