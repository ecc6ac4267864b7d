# SPDX-License-Identifier: MIT
"""Faults, kills, stops and jumps of the clock, in episodes with calm between them.

Mount A and its lambda-plane are spoiled in every way; mount B and its lambda-plane, where the judge looks
too, never die: they show whether memory and descriptors grow. Both planes have one state directory.
"""

import json
import os
import shutil
import signal
import struct
import time
import urllib.request

from lib import faultproxy

OPERATIONS = [
    "GetAlias",
    "UpdateAlias",
    "CreateAlias",
    "DeleteAlias",
    "ListAliases",
    "ListVersionsByFunction",
    "ListFunctions",
    "PublishVersion",
    "LookupEvents",
    "GetFunction",
    "GetFunctionConfiguration",
    "GetPolicy",
    "UpdateFunctionConfiguration",
    "UpdateFunctionCode",
    "TagResource",
    "UntagResource",
    "AddPermission",
    "RemovePermission",
    "*",
]
KINDS = [
    {"code": "TooManyRequestsException"},
    {"code": "ServiceException"},
    {"code": "AccessDeniedException"},
    {"code": "ResourceConflictException"},
    {"status": 500},
    {"status": 503, "body": "<html>no</html>"},
    {"reset": True},
    {"hang": 1500},
    {"truncate": 20},
    {"slow": 5},
]
PROXY_FAULTS = [
    faultproxy.reset_before_forwarding,
    faultproxy.reset_after_forwarding,
    faultproxy.close_before_forwarding,
    faultproxy.close_after_forwarding,
    faultproxy.truncate_body,
    faultproxy.garbage,
    faultproxy.throttled,
    faultproxy.service_error,
    faultproxy.expired_token,
    faultproxy.html_error,
    lambda: faultproxy.hang(seconds=2),
    lambda: faultproxy.hang(forward=True, seconds=2),
    lambda: faultproxy.delay(1.5),
    lambda: faultproxy.delay(0.3),
    lambda: faultproxy.service_error(forward=True),
]
PATHS = ["/aliases", "/aliases/", "/versions", "/functions", ""]
METHODS = [".*", "GET", "PUT", "POST", "DELETE"]
JUMPS = [0, 3600, -3600, 86400 * 400, -86400 * 30, 700, -5]


# CloudTrail's events come late, some twice, and in any order.
TRAIL = {"delay": 0.5, "spread": 4, "duplicates": 0.2, "shuffled": True}


def has_ended_well(rc, mount):
    """1 is right where the log names a removal that came too late: the other mount had changed the alias."""
    return rc == 0 or (rc == 1 and "after it was removed here" in mount.log()[-2000:])


def deliver_late(plane):
    plane.put("/_local/trail", TRAIL)


class Storm:
    def __init__(self, random, weather, mounts, planes, proxies, note):
        self.random = random
        self.weather = weather
        self.mounts, self.planes, self.proxies = mounts, planes, proxies
        self.note = note
        self.figures = {
            "episodes": 0,
            "faults met": 0,
            "mounts killed": 0,
            "mounts ended": 0,
            "planes killed": 0,
            "programs stopped": 0,
            "clock jumps": 0,
        }
        self.trouble = []
        self.table = [
            (4, self.plane_faults),
            (4, self.proxy_faults),
            (1, self.refuse),
            (2, self.kill_mount),
            (1, self.end_mount),
            (1.5, self.kill_plane),
            (1, self.stop),
            (1, self.jump),
        ]

    def episode(self):
        """Ends with everything as it was."""
        chosen = self.random.choices([each for _, each in self.table], [weight for weight, _ in self.table])[0]
        self.figures["episodes"] += 1
        self.note(f"STORM {chosen.__name__}")
        chosen()
        self.note(f"CALM after {chosen.__name__}")

    def pause(self, shortest, longest):
        time.sleep(self.random.uniform(shortest, longest))

    # Spoiled answers

    def local(self, method, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.planes[0].url}/_local/faults", data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def plane_faults(self):
        faults = []
        for _ in range(self.random.randint(1, 3)):
            fault = {
                "operation": self.random.choice(OPERATIONS),
                **self.random.choice(KINDS),
                "count": self.random.randint(1, 8),
            }
            if self.random.random() < 0.4:
                fault["after_commit"] = True
            faults.append(fault)
        self.note(f"  {json.dumps(faults)}")
        self.weather.begin(0)
        self.local("PUT", faults)
        self.pause(0.5, 2.5)
        left = sum(each.get("count", 0) for each in self.local("GET") or [])
        self.figures["faults met"] += sum(each["count"] for each in faults) - left
        self.local("DELETE")
        self.weather.end(0)

    def proxy_faults(self):
        mount = self.random.randrange(2)
        proxy = self.proxies[mount]
        proxy.clear()
        fault = self.random.choice(PROXY_FAULTS)()
        method, path = self.random.choice(METHODS), self.random.choice(PATHS)
        self.note(f"  mount {'AB'[mount]}: {fault} for {method} {path or 'anything'}")
        self.weather.begin(mount)
        rule = proxy.rule(fault, method, path, skip=self.random.randint(0, 3))
        self.pause(0.5, 2.5)
        self.figures["faults met"] += sum(1 for request in proxy.requests() if request.fault)
        proxy.remove(rule)
        proxy.clear()
        self.weather.end(mount)

    def refuse(self):
        mount = self.random.randrange(2)
        self.weather.begin(mount)
        self.proxies[mount].refuse_connections()
        self.pause(0.3, 2)
        self.proxies[mount].accept_connections()
        self.weather.end(mount)
        self.figures["faults met"] += 1

    # Kills and stops

    def kill_mount(self):
        self.weather.begin(0)
        self.weather.leave(0)
        self.mounts[0].kill()
        self.figures["mounts killed"] += 1
        self.pause(0, 0.5)
        self.start_again()
        self.weather.arrive(0)
        self.weather.end(0)

    def start_again(self):
        for each in self.mounts[0].path.iterdir():  # what tools have put there meanwhile
            shutil.rmtree(each)
        self.mounts[0].start()

    def end_mount(self):
        self.weather.begin(0)
        self.weather.leave(0, in_order=True)
        rc = self.mounts[0].terminate()
        if not has_ended_well(rc, self.mounts[0]):
            self.trouble.append(f"mount A ended with {rc} at SIGTERM:\n{self.mounts[0].log()[-2000:]}")
        self.figures["mounts ended"] += 1
        self.start_again()
        self.weather.arrive(0)
        self.weather.end(0)

    def kill_plane(self):
        self.weather.begin(0)
        plane = self.planes[0]
        plane.kill()
        self.figures["planes killed"] += 1
        self.pause(0, 0.5)
        plane.start(plane.port)
        deliver_late(plane)
        self.weather.end(0)

    def stop(self):
        """SIGSTOP: the monotonic clock goes on, every deadline passes."""
        mount = self.random.randrange(2)
        service = self.random.choice([self.mounts[mount], self.planes[0]]).service
        both = [0] if service is self.planes[0].service else [mount]
        for each in both:
            self.weather.begin(each)
        os.kill(service.pid, signal.SIGSTOP)
        try:
            self.pause(0.2, 5)
        finally:
            os.kill(service.pid, signal.SIGCONT)
        for each in both:
            self.weather.end(each)
        self.figures["programs stopped"] += 1

    def jump(self):
        """The wall clock alone: nothing may come of it, so it is no disturbance."""
        mount = self.random.choice(self.mounts)
        if mount.jump:
            seconds = self.random.choice(JUMPS)
            self.note(f"  {seconds} s")
            with open(mount.jump, "r+b", buffering=0) as file:
                file.write(struct.pack("q", seconds))
            self.figures["clock jumps"] += 1
