"""Model fields every noun shares."""

from __future__ import annotations

from typing import Any

from django.db import models


class TenantForeignKey(models.ForeignKey):
    """A reference to another row of the same merchant.

    The database checks it together with `merchant_id` (`core.rowsecurity` writes the composite
    key), so the plain single-column constraint is left out.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        super().__init__(to, on_delete, **kwargs)


class MoneyField(models.DecimalField):
    """An amount in the currency of its document; four decimals hold every currency's exponent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class NumberField(models.CharField):
    """A document number: compared byte by byte, so that an index serves searches by its start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


class CopyField(models.TextField):
    """What another table says, kept with the row so that lists and files need no join."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        kwargs.setdefault("db_default", "")
        super().__init__(*args, **kwargs)


@NumberField.register_lookup
class BeginsWith(models.Lookup):
    """`number__begins="R-10"`: a prefix search as a range.

    LIKE is not leakproof, so row-level security would keep it from the index; comparisons are.
    """

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Column >= prefix AND column < the first string behind all that begin with it."""
        column, params = self.process_lhs(compiler, connection)
        prefix = str(self.rhs)
        return f"({column} >= %s AND {column} < %s)", [
            *params,
            prefix,
            *params,
            f"{prefix}\U0010ffff",
        ]
