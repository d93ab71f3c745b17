"""PostgreSQL and Valkey as private servers of one checkout, for machines that have none.

`ensure()` is the whole interface. A detached keeper process starts both servers and stops them
when the last process that called `ensure()` is gone, however it went. Only the standard library is
used, so that this package can run before Django's settings are loaded.
"""

from core.embedded.errors import EmbeddedError
from core.embedded.launcher import Services, clear, ensure, find_layout

__all__ = ["EmbeddedError", "Services", "clear", "ensure", "find_layout"]
