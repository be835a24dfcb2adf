"""Jobs that are queued without a word to workers, for whoever sends one later."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


def upgrade() -> None:
    """Apply the migration."""
    op.execute(
        f"""
        CREATE OR REPLACE TRIGGER {TRIGGER} AFTER INSERT ON procrastinate_jobs
        FOR EACH ROW WHEN (
            new.status = 'todo'::procrastinate_job_status
            AND current_setting('callscope.wakes_later', true) IS DISTINCT FROM 'on'
        )
        EXECUTE PROCEDURE procrastinate_notify_queue_job_inserted_v1()
        """
    )


def downgrade() -> None:
    """Refuse: migrations only go forward, a backup goes back."""
    raise NotImplementedError("restore a backup instead")
