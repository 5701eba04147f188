"""guardians consent for children."""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("given_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("child_agreed", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_column("child_agreed")
        batch_op.drop_column("given_by")
