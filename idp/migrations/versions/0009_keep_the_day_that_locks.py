"""keep the day that locks, when a reading is moved nearer."""

import sqlalchemy as sa
from alembic import op

from idp.storage.database import Instant

revision: str = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    with op.batch_alter_table("owed_readings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("locks_at", Instant(), nullable=True))
    # Which of the readings were moved nearer is not known: each is read at once, and its day written anew.
    op.execute("UPDATE owed_readings SET due_at = CURRENT_TIMESTAMP WHERE ground IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("owed_readings", schema=None) as batch_op:
        batch_op.drop_column("locks_at")
