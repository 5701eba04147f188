"""tell of the end of guardianship, once."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    with op.batch_alter_table("mandates", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("ending_told", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index(
            "ix_mandates_ending",
            ["role", "ending_told", "ends_at"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
    # Of ends that are past nobody is told any more.
    op.execute("UPDATE mandates SET ending_told = 2 WHERE ends_at <= CURRENT_TIMESTAMP")


def downgrade() -> None:
    with op.batch_alter_table("mandates", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mandates_ending",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_column("ending_told")
