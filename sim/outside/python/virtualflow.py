"""Scheduling policies of vnsim in Python.

    vnsim --trace trace.csv --cluster v100:16x8 --policy 'exec:python3 mine.py'

A policy says, from now on, how many devices of which type each job holds.  It
is told of every job that arrives and leaves, and is asked once for each
instant at which something happened:

    import virtualflow

    class Mine(virtualflow.Policy):
        rigid = True  # a job has all the devices that it asks for, or none

        def arrive(self, view, job):
            self.waiting.append(job)

        def decide(self, view):
            ...
            view.set(job, type=0, devices=job.devices)

    virtualflow.run(Mine())

Times are whole microseconds, types and jobs' slots whole numbers from 0, and
what is not known is None.  print() goes to standard error: standard output is
vnsim's.  What is said is described in vnsim(1); --transcript writes it down.
"""

import json
import sys
from dataclasses import dataclass, fields
from typing import Any, Dict, List, Optional, Sequence, TextIO, Tuple

SECOND = 1000000
VERSION = 2

__all__ = ["Job", "Policy", "SECOND", "Type", "View", "run"]


@dataclass(frozen=True)
class Type:
    """A device type, and how many devices of it there are."""

    name: str
    devices: int


@dataclass(eq=False)
class Job:
    """A job as its trace has it; slot is its number while it is there."""

    slot: int
    id: int
    order: int  # jobs that arrived before it
    submit: int
    duration: Optional[int]  # of a recorded job, on `devices` devices
    devices: int  # that it asks for
    min_devices: int
    max_devices: int
    type: Optional[int]  # the only one that it may run on
    types: List[int]  # those that it can run on
    model: Optional[str]  # of a modelled job, and so the next three
    vnodes: Optional[int]
    global_batch: Optional[int]
    steps: Optional[int]
    weight: float
    priority: float
    deadline: Optional[int]
    predicted: Optional[int]  # duration
    user: Optional[int]  # a number for each name
    vc: Optional[int]
    name: Optional[int]


_KEYS = tuple(f.name for f in fields(Job))


class View:
    """What there is now.  set() and wake() say what shall change."""

    def __init__(self, types: Sequence[Type], ask: Any) -> None:
        self.types: List[Type] = list(types)
        self.now: int = 0
        self.free: List[int] = []  # devices granted to nobody, by type
        self.devices: List[int] = []  # devices that work, by type
        self.jobs: Dict[int, Job] = {}  # those that are there, by slot
        self._ask = ask
        self._set: List[Tuple[int, int, int]] = []
        self._wake: Optional[int] = None

    def set(self, job: Job, type: int, devices: int) -> None:
        """From now on the job holds this many devices of the type."""
        self._set.append((job.slot, type, devices))

    def wake(self, time: int) -> None:
        """Ask again at this time, if nothing happens before."""
        if self._wake is None or time < self._wake:
            self._wake = time

    def ask(self, questions: Sequence[Tuple[Any, ...]]) -> List[Any]:
        """Answers to several questions at once, which is faster than one
        after another: [("remaining", job), ("step_s", job, [2, 0])]."""
        return self._ask(
            [[q[0], q[1].slot] + list(q[2:]) for q in questions]
        )

    def held(self, job: Job) -> List[int]:
        """Devices that it holds, by type."""
        return self.ask([("held", job)])[0]

    def steps(self, job: Job) -> int:
        """Steps that a modelled job has still to do; 1 of a recorded one."""
        return self.ask([("steps", job)])[0]

    def remaining(self, job: Job) -> int:
        """How long it would still run on all the devices it asks for."""
        return self.ask([("remaining", job)])[0]

    def executed(self, job: Job) -> int:
        """How long it has held devices."""
        return self.ask([("executed", job)])[0]

    def attained(self, job: Job) -> int:
        """Devices x time that it has held."""
        return self.ask([("attained", job)])[0]

    def size(self, job: Job, type: int, devices: int) -> int:
        """The most devices up to this many that it can run on; or 0."""
        return self.ask([("size", job, type, devices)])[0]

    def step_ns(self, job: Job, type: int, devices: int) -> Optional[int]:
        """Nanoseconds of a step; None where it cannot run so."""
        return self.ask([("step_ns", job, type, devices)])[0]

    def step_s(self, job: Job, devices: Sequence[int]) -> Optional[float]:
        """Seconds of a step on so many devices of each type, or None."""
        return self.ask([("step_s", job, list(devices))])[0]

    def mix_s(self, job: Job, devices: Sequence[int]) -> Optional[float]:
        """The same, where each type takes a part of the batch."""
        return self.ask([("mix_s", job, list(devices))])[0]

    def goodput(self, job: Job, devices: Sequence[int]) -> float:
        """Examples a second that teach as much as the first; 0 if none."""
        return self.ask([("goodput", job, list(devices))])[0]


class Policy:
    """A policy: derive from it, and give what you need of it."""

    rigid = False  # gives a job all the devices it asks for, or none
    late = False  # sees a job leave when its devices are released
    leases = False  # a job saves its state before it may lose its devices
    whole = False  # as rigid, but of recorded jobs alone

    def open(self, view: View) -> None:
        """The cluster is known; no job is there yet."""

    def arrive(self, view: View, job: Job) -> None:
        """A job is there, and waits."""

    def leave(self, view: View, job: Job) -> None:
        """A job has ended; nothing can be asked of it any more."""

    def decide(self, view: View) -> None:
        """Say what changes, by view.set() and view.wake()."""
        raise NotImplementedError


class _Line:
    """The two streams: a line of JSON each way."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self.source = source
        self.sink = sink

    def hear(self) -> Optional[Dict[str, Any]]:
        line = self.source.readline()
        return json.loads(line) if line else None

    def say(self, message: Dict[str, Any]) -> None:
        self.sink.write(json.dumps(message, separators=(",", ":")) + "\n")
        self.sink.flush()

    def ask(self, questions: List[Any]) -> List[Any]:
        if not questions:
            return []
        self.say({"ask": questions})
        told = self.hear()
        if told is None:
            raise EOFError("vnsim is gone")
        return told["told"]


def run(
    policy: Policy,
    source: Optional[TextIO] = None,
    sink: Optional[TextIO] = None,
) -> None:
    """Talk to vnsim until it has no more to say."""
    line = _Line(source or sys.stdin, sink or sys.stdout)
    if sink is None:
        sys.stdout = sys.stderr
    first = line.hear()
    if first is None:
        return
    if first.get("virtualflow", 0) < VERSION:
        raise SystemExit(
            "vnsim speaks version %s, expected at least %d"
            % (first.get("virtualflow"), VERSION)
        )
    view = View([Type(t["name"], t["devices"]) for t in first["types"]], line.ask)
    view.devices = [t.devices for t in view.types]
    view.free = list(view.devices)
    policy.open(view)
    kinds = ("rigid", "late", "leases", "whole")
    line.say({k: True for k in kinds if getattr(policy, k)})
    while True:
        told = line.hear()
        if told is None:
            return
        view.now = told["now"]
        view.free = told["free"]
        view.devices = told["devices"]
        view._set = []
        view._wake = None
        for slot in told["left"]:
            policy.leave(view, view.jobs.pop(slot))
        for a in told["arrived"]:
            job = Job(**{k: a[k] for k in _KEYS})
            view.jobs[job.slot] = job
            policy.arrive(view, job)
        policy.decide(view)
        answer: Dict[str, Any] = {"set": view._set}
        if view._wake is not None:
            answer["wake"] = view._wake
        line.say(answer)
