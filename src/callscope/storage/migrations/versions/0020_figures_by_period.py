"""An index that holds what periods are summed from."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.create_index(
        "ix_call_figures_period",
        "call_figures",
        ["project_id", "started_at"],
        postgresql_include=[
            *("call_id", "agent_ids", "ended_status", "is_error"),
            *("barge_in_count", "failed_barge_in_count", "tool_count", "failed_tool_count"),
        ],
    )
    op.drop_index("ix_call_figures_project_id_started_at", "call_figures")


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")
