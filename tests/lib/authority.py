# SPDX-License-Identifier: MIT
"""Certificates for servers on this machine."""

from lib.process import run


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, directory):
        self.directory = directory
        self.certificate = directory / "ca.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", directory / "ca.key", "-out", self.certificate, "-days", "2",
            "-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip

    def _openssl(self, *arguments):
        run("/usr/bin/openssl", *arguments, check=True)

    def issue(self, name, days=2):
        """The path of a file with key and certificate for `name` (DNS:… or IP:…)."""
        stem = self.directory / name.replace(":", "-")
        extensions = stem.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={name}\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", f"{stem}.key", "-out", f"{stem}.csr", "-subj", "/CN=server",
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-in", f"{stem}.csr", "-CA", self.certificate,
            "-CAkey", self.directory / "ca.key", "-CAcreateserial", "-days", str(days),
            "-extfile", extensions, "-out", f"{stem}.crt",
        )  # fmt: skip
        both = self.directory / f"{stem.name}.both"
        both.write_bytes((self.directory / f"{stem.name}.key").read_bytes())
        with open(both, "ab") as file:
            file.write((self.directory / f"{stem.name}.crt").read_bytes())
        return both
