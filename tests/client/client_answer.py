# SPDX-License-Identifier: MIT
"""What lambda_call says."""


class Answer(dict):
    """What lambda_call printed: the members of its JSON as attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{name} is not in {dict(self)}") from None

    def __bool__(self):
        return True
