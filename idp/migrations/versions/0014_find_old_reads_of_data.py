"""find reads of data by their day, to forget the old ones."""

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    op.create_index(op.f("ix_data_reads_day"), "data_reads", ["day"])


def downgrade() -> None:
    op.drop_index(op.f("ix_data_reads_day"), table_name="data_reads")
