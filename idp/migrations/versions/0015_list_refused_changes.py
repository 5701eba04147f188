"""list what registers told and could not be done."""

import sqlalchemy as sa
from alembic import op

from idp.storage.database import Instant

revision: str = "0015"
down_revision: str | None = "0014"


def upgrade() -> None:
    op.create_table(
        "refused_changes",
        sa.Column("register", sa.String(length=12), nullable=False),
        sa.Column("cursor", sa.String(length=128), nullable=False),
        sa.Column("after", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("refused_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("register", "cursor", name=op.f("pk_refused_changes")),
    )


def downgrade() -> None:
    op.drop_table("refused_changes")
