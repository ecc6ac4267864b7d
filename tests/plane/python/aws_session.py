# SPDX-License-Identifier: MIT
"""The aws CLI without its start for each command: reads commands as JSON lists, a line each, and answers each with a line
{"rc", "stdout", "stderr"}. To be run by the Python that has the CLI's package.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

ANSWERS = sys.stdout


class Text(io.TextIOWrapper):
    """What the CLI writes, as text or as bytes."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self):
        return self.buffer.getvalue().decode()


def main():
    driver = create_clidriver()
    for line in sys.stdin:
        out, err = Text(), Text()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                rc = driver.main(json.loads(line))
            except SystemExit as end:
                rc = end.code
        answer = {"rc": rc, "stdout": out.text(), "stderr": err.text()}
        print(json.dumps(answer), file=ANSWERS, flush=True)


main()
