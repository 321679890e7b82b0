r"""`python -m astroviz` is the same as `astroviz`."""

from __future__ import annotations

import sys

from astroviz.cli import main

if __name__ == "__main__":
    sys.exit(main())
