"""count reads of data, by day."""

import sqlalchemy as sa
from alembic import op

from idp.storage.database import Instant

revision: str = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    op.create_table(
        "data_reads",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "client_id", "day", name=op.f("pk_data_reads")),
    )


def downgrade() -> None:
    op.drop_table("data_reads")
