"""keep what a consent could not show, and which purpose a grant was for."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lacked", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose_hash", sa.String(length=32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_column("purpose_hash")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_column("lacked")
