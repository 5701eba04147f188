"""organisations apply."""

import sqlalchemy as sa
from alembic import op

from idp.storage.database import Instant

revision: str = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint(
            "application_id", "person_index", name=op.f("uq_approvals_application_id_person_index")
        ),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_approvals_person_index"), ["person_index"], unique=False)

    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("applicant_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_applications_applicant_id"), ["applicant_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_applications_applicant_id"))
        batch_op.drop_column("applicant_id")

    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_approvals_person_index"))

    op.drop_table("approvals")
