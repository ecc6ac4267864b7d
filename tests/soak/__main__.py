# SPDX-License-Identifier: MIT
"""The soak: /usr/bin/python3 -m soak --minutes 10 [--seed N], from tests/; see README.md.

Exits 0 with figures when nothing was found, 1 with what was found and the logs' tails otherwise.
"""

import argparse
import pathlib
import random
import sys
import tempfile

from soak.soak import Soak


def main():
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.12, help="seconds at most between gestures")
    parser.add_argument("--calm", action="store_true", help="no faults and no kills")
    parser.add_argument("--without", default="^$", metavar="REGEX", help="gestures to leave out, by name")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f"aliasfs-soak-{options.seed}-"))
    directory.chmod(0o755)
    print(f"soak: seed {options.seed}, {options.minutes:g} minutes, logs in {directory}", flush=True)
    return Soak(options, directory).run()


if __name__ == "__main__":
    sys.exit(main())
