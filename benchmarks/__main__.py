"""`./dev bench` lists the benchmarks, `./dev bench NAME [options]` runs one."""

from __future__ import annotations

import os
import sys

import django

BENCHMARKS = {
    "desk": "the merchant's pages at 1,000 to 1,000,000 returns",
    "export": "the CSV of many returns, against plain COPYs",
    "import": "a file of orders, against a plain COPY of the same rows",
}


def main(arguments: list[str]) -> int:
    """Run the benchmark named first, or say which there are."""
    if not arguments or arguments[0] not in BENCHMARKS:
        for name, about in BENCHMARKS.items():
            print(f"{name:<10}{about}")
        return 0 if not arguments else 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks import desk, export, order_import

    {"desk": desk, "export": export, "import": order_import}[arguments[0]].run(arguments[1:])
    return 0


sys.exit(main(sys.argv[1:]))
