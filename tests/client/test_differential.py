# SPDX-License-Identifier: MIT
"""The signer and the INI reader against Debian's botocore, over generated cases.

The seed is printed; ALIASFS_SEED repeats a run, and --long makes ten times as many cases.
"""

import base64
import json
import os
import random
import shlex
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.configloader
import botocore.credentials
import botocore.exceptions
import pytest

from lib.process import SanitizerLog, environment, run
from lib.programs import program


@pytest.fixture
def seeded():
    seed = int(os.environ.get("ALIASFS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"ALIASFS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def cases(request):
    """How many: cases(2000)."""
    factor = 10 if request.config.getoption("--long") else 1
    return lambda count: range(count * factor)


@pytest.fixture
def ours(sanitizer_logs):
    """ours(mode, inputs): what the C side makes of each input."""

    def ask(mode, inputs):
        sanitizer = SanitizerLog(sanitizer_logs, "differential")
        result = run(
            program("tests/client/differential"),
            mode,
            input="".join(json.dumps(each) + "\n" for each in inputs),
            env={**environment(), **sanitizer.environment()},
            timeout=300,
            check=True,
        )
        assert not sanitizer.reports()
        answers = [json.loads(line) for line in result.stdout.rstrip("\n").split("\n")]
        assert len(answers) == len(inputs)
        return answers

    return ask


# --- SigV4 ----------------------------------------------------------------------------------------

NAMES = [
    "my-function",
    "$LATEST",
    "arn:aws:lambda:us-east-1:123456789012:function:my-function:PROD",
    "us-east-1.fn",
    "späť",
    "日本",
    "a b",
    "a+b",
    "a/b",
    "%41",
    "~._-",
    "(*')!",
    "..",
    ".",
    "",
    "😀",
    'q"uote',
    "a\\b",
    "100%",
]


def random_path(rng):
    parts = ["/2015-03-31/functions"]
    for _ in range(rng.randrange(5)):
        name = rng.choice(NAMES)
        if rng.random() < 0.2:
            parts.append(name.replace(" ", "").replace("?", "").replace("#", "").encode("ascii", "ignore").decode())
        else:
            parts.append(urllib.parse.quote(name, safe="~"))
    path = rng.choice(["/", "/", "/", "//"]).join(parts)
    return path + rng.choice(["", "", "/", "//", "/.", "/.."])


def random_parameters(rng):
    """Names and values as they are meant, not yet encoded."""
    names = ["Qualifier", "Marker", "MaxItems", "FunctionVersion", "a", "A", "a-b", "é", "x y", "List"]
    values = NAMES + ["50", "ALL", "abc+/= x", "a=b", "a&b", "0", "~", "é" * 30]
    chosen = rng.sample(names, rng.randrange(5))
    return {name: rng.choice(values) for name in chosen}


def random_headers(rng, token):
    headers = [("X-Amz-Date", "20150830T123600Z")]
    if token:
        headers.append(("X-Amz-Security-Token", token))
    for name, values in [
        ("Content-Type", ["application/json", "text/plain; charset=utf-8", " a   b "]),
        ("X-Amz-Target", ["T", "two  blanks", "\ttab\t"]),
        ("User-Agent", ["never signed"]),
        ("X-Amzn-Trace-Id", ["never signed"]),
        ("Expect", ["100-continue"]),
        ("My-Header1", ["value2,value2,value1", ""]),
    ]:
        if rng.random() < 0.4:
            headers.append((name, rng.choice(values)))
    rng.shuffle(headers)
    return headers


def random_body(rng, number):
    if number % 500 == 7:
        return rng.randbytes(2_000_000)
    return rng.choice(
        [b"", b"{}", b'{"FunctionVersion": "2"}', "späť".encode(), rng.randbytes(rng.randrange(300))]
    )


class FixedDate(botocore.auth.SigV4Auth):
    """botocore's signer with our date instead of now."""

    def authorization(self, request):
        request.context["timestamp"] = "20150830T123600Z"
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        names = self.signed_headers(self.headers_to_sign(request))
        scope = self.scope(request)
        return (
            f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"
        )


def random_request(rng, number):
    """(our input, what botocore makes of it)."""
    method = rng.choice(["GET", "POST", "PUT", "DELETE"])
    host = rng.choice(["lambda.us-east-1.amazonaws.com", "127.0.0.1:9001", "[::1]:80", "localhost:443"])
    path, parameters = random_path(rng), random_parameters(rng)
    secret, key = rng.choice(["s", "wJalr/+=", "ř"]), rng.choice(["AKIDEXAMPLE", "ASIA1"])
    region, service = rng.choice(["us-east-1", "cn-north-1"]), rng.choice(["lambda", "sts"])
    headers = random_headers(rng, rng.choice([None, "TOKEN==", "x" * 2000]))
    body = random_body(rng, number)
    request = botocore.awsrequest.AWSRequest(
        method=method, url=f"http://{host}{path}", params=parameters, data=body
    )
    for name, value in headers:
        request.headers[name] = value
    signer = FixedDate(botocore.credentials.Credentials(key, secret), service, region)
    wanted = signer.authorization(request)
    signed_host = signer.headers_to_sign(request)["host"]
    # On the wire the parameters have any order, and values may be spelled in several ways.
    pairs = [
        urllib.parse.quote(name, safe="-_.~") + "=" + urllib.parse.quote(value, safe=rng.choice(["-_.~", "-_.~/:"]))
        for name, value in parameters.items()
    ]
    pairs = [pair.removesuffix("=") if rng.random() < 0.5 else pair for pair in pairs]
    rng.shuffle(pairs)
    ours = {
        "method": method,
        "path": path,
        "query": "&".join(pairs),
        "headers": [["Host", signed_host], *map(list, headers)],
        "body": base64.b64encode(body).decode(),
        "region": region,
        "service": service,
        "date": "20150830T123600Z",
        "key": key,
        "secret": secret,
    }
    return ours, wanted


def test_signs_as_botocore_signs(ours, seeded, cases):
    pairs = [random_request(seeded, number) for number in cases(3000)]
    answers = ours("sigv4", [given for given, _ in pairs])
    for (given, wanted), answer in zip(pairs, answers):
        given = {**given, "body": given["body"][:100]}
        assert answer["authorization"] == wanted, given


# --- INI ------------------------------------------------------------------------------------------

SECTIONS = [
    "default", "DEFAULT", "profile a", "profile b", 'profile "two words"', "profile 'q'",
    "profile  a", "profile", "profile x y", "profile 'open", "sso-session s", "services v", "a", "b",
    "plugins", "profilea b", "", " ", "a]b", "é",
]  # fmt: skip
KEYS = ["region", "Region", "aws_access_key_id", "k", "K2", "s3", "lambda", "long name", "é", "x.y"]
VALUES = [
    "", "v", "us-east-1", "a = b", "a: b", "x # kept", "x ; kept", '"quoted"', "  blanks  ", "%(x)s",
    "$HOME", "é😀", "a\tb", "\u00a0pasted\u3000\u2003", "a\u00a0b\u00a0", "=", ":", "[x]", "\\n", "0" * 3000,
]  # fmt: skip


def random_line(rng):
    kind = rng.random()
    if kind < 0.18:
        return rng.choice(["[", "[", "[", " ["]) + rng.choice(SECTIONS) + rng.choice(["]", "]", "]", "] x", "]]", ""])
    if kind < 0.6:
        indent = rng.choice(["", "", "", "", " ", "  ", "\t", "\u00a0"])
        separator = rng.choice(["=", " = ", " =", "= ", ":", " : "])
        return indent + rng.choice(KEYS) + separator + rng.choice(VALUES)
    if kind < 0.75:
        indent = rng.choice([" ", "  ", "    ", "\t", "\u3000 "])
        return indent + rng.choice(["x = 1", "y=2", "endpoint_url = http://h:1", "words", "# c", "=", "x ="])
    if kind < 0.85:
        return rng.choice(["# c", "; c", "  # c", "#", "", " ", "\t"])
    if kind < 0.88:
        return rng.choice(["nonsense", "= v", ": v", "x"])
    return ""


def random_file(rng):
    """Mostly good: one line in a hundred or so is wrong, so that half of the files are not."""
    lines = []
    used = set()
    if rng.random() < 0.95:
        lines.append(f"[{rng.choice(SECTIONS[:6])}]")
    for _ in range(rng.randrange(14)):
        line = random_line(rng)
        mark = line.partition("=")[0].partition(":")[0].strip().lower()
        if line.lstrip().startswith("["):
            if line.strip() in used and rng.random() < 0.9:
                continue
            used = {each for each in used if each.startswith("[")} | {line.strip()}
        elif mark in used and rng.random() < 0.9:
            continue
        elif line[:1].strip() and rng.random() < 0.9 and ("=" not in line and ":" not in line and line[0] not in "#;"):
            continue
        used.add(mark)
        lines.append(line)
    return rng.choice(["\n", "\n", "\r\n"]).join(lines) + rng.choice(["", "\n", "\n\n"])


def botocore_reads(path, text):
    path.write_bytes(text.encode())
    try:
        return botocore.configloader.raw_config_parse(str(path))
    except botocore.exceptions.ConfigParseError:
        return None


def stricter(text, answer):
    """A broken block in [DEFAULT] is an error for us also when no section inherits it."""
    return "[DEFAULT]" in text and "nested block" in answer.get("error", "")


def test_reads_ini_files_as_botocore_reads_them(ours, seeded, cases, scratch):
    texts = [random_file(seeded) for _ in cases(4000)]
    answers = ours("ini", [{"text": text} for text in texts])
    good = 0
    for text, answer in zip(texts, answers):
        wanted = botocore_reads(scratch / "config", text)
        if wanted is None:
            assert set(answer) == {"error"} and isinstance(answer["error"], str), (text, answer)
            continue
        if stricter(text, answer):
            continue
        good += 1
        # What is empty does not show in ours.
        wanted = {section: values for section, values in wanted.items() if values}
        assert answer == wanted, text
    assert good > len(texts) // 4, "too few good files to mean anything"


FILES = [
    "",
    "# nothing",
    "[a]\rk=v\rm=n",
    "[a]\r\n\r\nk = v\r\n  more\r\n",
    "[a]\nk = v # kept\nm = v ; kept\n# c\n  ; c\n",
    "[a]\nk = \"quoted\"\nm = 'x'\n",
    "[a]\nk = one\n\n  two\n# c\n  three\n\n\nm = n\n",
    "[a]\n\tk = v\n\tm = n\n  x = y\n",
    "[a]\nk =\n",
    "[a]\nk =\n  x = 1\n",
    "[a]\nk =\n\n  # c\n  x = 1\n\n  y = a = b\n    z = deeper\nm = n\n",
    "[a]\nk =\n  x: 1\n",
    "[a]\nk =\n  x\n",
    "[a]\nk = v\n  x = 1\n",
    "[a]\nk = a\u2028b\x0bc\x0cd\x1ce\x85f\n",
    "[a]\nk = " + "0123456789abcdef" * 640 + "\n",
    "[a]\n" + "".join(f"key{number} = {number}\n" for number in range(2000)),
    "".join(f"[profile p{number}]\nk = {number}\n" for number in range(2000)),
    "[profile 'two words']\nk = v\n[profile \"two words\"]\nk = w\n",
    "[a] # c\nk = v\n",
    "[a][b]\nk = v\n",
    " [a]\nk = v\n",
    "[ a ]\nk = v\n",
    "[a\nk = v\n",
    "[]\nk = v\n",
    "[a]\nK = 1\nk = 2\n",
    "[a]\nk = 1\n[b]\n[a]\nm = 2\n",
    "[DEFAULT]\nk = d\n[a]\nk = v\n[b]\nm = n\n",
    "[a]\nk = %(m)s $HOME ${HOME}\nm = 1\n",
    "[a]\nk: v\nm:n\nx = y: z\ny : z = x\n",
    "[a]\nk v\n",
    "k = v\n[a]\n",
    "  k = v\n",
    "[a]\n= v\n",
    "[a]\nlong key with blanks = v\n",
]


def test_reads_a_table_of_files_as_botocore_reads_them(ours, scratch):
    for text, answer in zip(FILES, ours("ini", [{"text": text} for text in FILES])):
        wanted = botocore_reads(scratch / "config", text)
        if wanted is None:
            assert set(answer) == {"error"}, text[:200]
        else:
            assert answer == {name: values for name, values in wanted.items() if values}, text[:200]


def test_resolves_profiles_as_botocore_does(ours, seeded, cases, scratch):
    profiles = ["default", "a", "b", "two words", "q", "y", "profile a", "", "é", "a]b"]
    keys = [key.lower() for key in KEYS]
    inputs, wanted = [], []
    for _ in cases(3000):
        config, credentials = random_file(seeded), random_file(seeded)
        if None in (
            botocore_reads(scratch / "config", config),
            botocore_reads(scratch / "credentials", credentials),
        ):
            continue
        merged = botocore.configloader.load_config(str(scratch / "config"))["profiles"]
        for name, values in botocore.configloader.raw_config_parse(str(scratch / "credentials")).items():
            merged.setdefault(name, {}).update(values)
        asked = [[seeded.choice(profiles), seeded.choice(keys)] for _ in range(30)]
        inputs.append({"config": config, "credentials": credentials, "wanted": asked})
        wanted.append([merged.get(profile, {}).get(key) for profile, key in asked])
    answers = ours("profiles", inputs)
    seen = 0
    for given, values, answer in zip(inputs, wanted, answers):
        # A nested block is no value; where one file has a block and the other a value, we take the value.
        if "error" in answer:
            assert "[DEFAULT]" in given["config"] + given["credentials"], given
            continue
        for (profile, key), value, got in zip(given["wanted"], values, answer["values"]):
            if isinstance(value, str):
                assert got == value, (given, profile, key)
                seen += bool(value)
            elif value is None:
                assert got is None, (given, profile, key)
    assert seen > 200


def test_splits_words_as_a_shell_does(ours, seeded, cases):
    pieces = ["a", "b c", "'", '"', "\\", " ", "  ", "\t", "$x", "*", "''", '""', "é", '\\"', "\\'"]
    texts = ["".join(seeded.choices(pieces, k=seeded.randrange(10))) for _ in cases(3000)]
    answers = ours("words", [{"text": text} for text in texts])
    for text, answer in zip(texts, answers):
        try:
            wanted = {"words": shlex.split(text)}
        except ValueError:
            wanted = {"error": "a quote is open"}
        assert answer == wanted, text
