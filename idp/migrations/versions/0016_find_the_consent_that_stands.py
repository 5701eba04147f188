"""find the consent that stands among all that were given."""

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    op.create_index(
        op.f("ix_consents_account_id_client_id"),
        "consents",
        ["account_id", "client_id"],
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_consents_account_id_client_id"), table_name="consents")
