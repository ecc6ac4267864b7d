# SPDX-License-Identifier: MIT
"""Certificates for servers on this machine."""

import os

from lib.process import run


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, directory):
        directory.mkdir()
        self.directory = directory
        self.certificate = directory / "ca.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", directory / "ca.key", "-out", self.certificate, "-days", "2",
            "-subj", f"/CN={directory.name} CA", "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip

    def _openssl(self, *arguments):
        run("/usr/bin/openssl", *arguments, check=True)

    def issue(self, *names, days=2):
        """The path of a file with key and certificate for `names` (DNS:… or IP:…)."""
        name = names[0]
        stem = self.directory / name.replace(":", "-")
        extensions = stem.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={','.join(names)}\n")
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


    def sign_itself(self, name):
        """As issue(), but self-signed."""
        both = self.directory / "itself.both"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", both, "-out", self.directory / "itself.crt", "-days", "2",
            "-subj", "/CN=server", "-addext", f"subjectAltName={name}",
        )  # fmt: skip
        with open(both, "ab") as file:
            file.write((self.directory / "itself.crt").read_bytes())
        return both

    def as_the_systems(self):
        """Words in front of a program: it takes this authority for one that the system trusts."""
        store = self.directory / "store"
        store.mkdir()
        (store / "ca-certificates.crt").write_bytes(self.certificate.read_bytes())
        self._openssl("rehash", store)
        return [
            "/usr/bin/unshare",
            *([] if os.getuid() == 0 else ["--user", "--map-root-user"]),
            "--mount", "--propagation", "private", "/bin/sh", "-c",
            'mount --bind "$0" /etc/ssl/certs && exec "$@"', store,
        ]  # fmt: skip
