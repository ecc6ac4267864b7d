# SPDX-License-Identifier: MIT
"""Where an alias was before, by the changes that took effect at AWS: what NAME@1 has to be. Pure."""


class Past:
    """One alias since it was made."""

    def __init__(self):
        self.settled = []  # versions of the states without weights; none twice in a row
        self.is_weighted = False

    def note(self, version, is_weighted):
        self.is_weighted = is_weighted
        if not is_weighted and self.settled[-1:] != [version]:
            self.settled.append(version)

    def before(self):
        """The settled states before the present one, the last one first."""
        return list(reversed(self.settled if self.is_weighted else self.settled[:-1]))


class History:
    """Of one function's aliases; each of lambda-plane's changes is to be given once, in their order."""

    def __init__(self):
        self._pasts = {}
        self._writes = {}

    def note(self, change):
        operation, name = change["operation"], change.get("qualifier", "")
        if operation not in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            return
        self._writes.setdefault(name, []).append((operation, change.get("version")))
        if operation == "DeleteAlias":
            self._pasts.pop(name, None)
            return
        if operation == "CreateAlias":
            self._pasts[name] = Past()
        weights = (change.get("detail") or {}).get("weights")
        self._pasts.setdefault(name, Past()).note(change["version"], bool(weights))

    def previous(self, name):
        """The version of NAME@1, or None."""
        past = self._pasts.get(name)
        return next(iter(past.before()), None) if past else None

    def writes(self, name):
        """[(operation, version)] of all that was written to that name."""
        return self._writes.get(name, [])
