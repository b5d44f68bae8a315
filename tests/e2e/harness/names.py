"""Names that come and go: the program's own, told by a preloaded library (tests/guard/names.c)."""
import os
import time

import pytest

from .preload import preload
from .settings import BINARY, LIMIT

LIBRARY = BINARY.parent / "tests" / "guard" / "libnames.so"


class Names:
    """What the program's names lead to; none other exists. Its process needs `env`."""

    def __init__(self, folder, **addresses):
        if not LIBRARY.is_file():
            pytest.skip("this build has no library of names")
        self.path, self.asked_path = folder / "names", folder / "names.asked"
        self.asked_path.write_text("")
        self.tell(addresses)
        # The address sanitizer insists on being the first library, without need here.
        sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.env = {"LD_PRELOAD": preload(LIBRARY, folder), "LITEGINX_NAMES": str(self.path), "ASAN_OPTIONS": sanitizer}

    def tell(self, addresses):
        """From now on these, {name: address}; whoever reads meanwhile sees the old or the new ones."""
        new = self.path.with_suffix(".new")
        new.write_text("".join(f"{name} {address}\n" for name, address in addresses.items()))
        new.rename(self.path)

    @property
    def asked(self):
        """How often a name was looked up, whichever."""
        return self.asked_path.read_text().count("\n")

    def wait_asked(self, count):
        deadline = time.monotonic() + LIMIT
        while self.asked < count:
            assert time.monotonic() < deadline, f"{count} lookups were due, {self.asked} came"
            time.sleep(0.01)
