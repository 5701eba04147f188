"""keep what consents were told, and when they must be acted on."""

import sqlalchemy as sa
from alembic import op

from idp.storage.database import Instant

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("terms", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("due_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("article", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_consents_due_at"), ["due_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_due_at"))
        batch_op.drop_column("confirmed_by")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("article")
        batch_op.drop_column("due_at")
        batch_op.drop_column("terms")
