"""masked_sound."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the migration."""
    op.add_column("transcript_entry", sa.Column("masked", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("recording", sa.Column("is_withheld", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("recording", sa.Column("original", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column(
        "project_rules",
        sa.Column("keeps_original_recordings", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")
