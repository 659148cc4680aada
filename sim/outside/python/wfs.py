"""Elastic weighted fair sharing, as the built-in wfs (arXiv 2009.09523).

    vnsim -t trace.csv -c v100:16x8 -p 'exec:python3 wfs.py'

Devices are shared in powers of two, by weight, up to what each job asks for;
jobs shrink and grow.  Who waits stands in order of weight, then of arrival,
and is let in unless a heavier job that runs would get less by it.  Of several
types a job's home is the one on which its share is worth most.  The rule word
for word, and the same bytes as the built-in, whose indices it does without.
"""

import math

import virtualflow


def power_below(x):
    return 1 << (x.bit_length() - 1)


def weight_of(job):
    """Whole millionths, so that sums are exact."""
    return max(1, math.floor(job.weight * 1e6 + 0.5))


def shares(devices, jobs):
    """What each of the jobs, in the order that settles ties, gets."""
    share = {}
    left, spare = list(jobs), devices
    light = sorted(jobs, key=weight_of)
    while left:
        total = sum(weight_of(j) for j in left)
        for j in left:
            share[j] = power_below(max(1, spare * weight_of(j) // total))
        more = sum(share[j] for j in left) - spare
        for j in light:
            while j in left and more > 0 and share[j] > 1:
                share[j] //= 2
                more -= share[j]
        done = [j for j in left if share[j] >= j.devices]
        for j in done:
            share[j] = j.devices
        spare -= sum(share[j] for j in done or left)
        left = [j for j in left if j not in done] if done else []
    for j in sorted(jobs, key=weight_of, reverse=True):
        while spare >= share[j] and 2 * share[j] <= j.devices:
            spare -= share[j]
            share[j] *= 2
    return share


class Realm:
    """The devices of one type, and the jobs at home there."""

    def __init__(self, type, devices):
        self.type = type
        self.devices = devices
        self.jobs = []  # as they joined
        self.given = {}  # by job; none of one that was let in just now
        self.lifted = set()
        self.changed = False

    def drop(self, job):
        self.jobs.remove(job)
        self.lifted.discard(job)
        return self.given.pop(job, 0)


class Wfs(virtualflow.Policy):
    late = True

    def open(self, view):
        self.realms = [Realm(t, n) for t, n in enumerate(view.devices)]
        self.waiting = []
        self.home = {}

    def arrive(self, view, job):
        self.waiting.append(job)

    def leave(self, view, job):
        realm = self.home.pop(job)
        realm.drop(job)
        realm.changed = True

    def fit(self, view, realm):
        """As many devices as work now; who has no place waits again."""
        devices = view.devices[realm.type]
        if realm.devices == devices:
            return
        realm.changed = True
        while len(realm.jobs) > devices:
            last = sorted(realm.jobs, key=weight_of, reverse=True)[::-1]
            busy = view.ask([("remaining", j) for j in last])
            job = next((j for j, us in zip(last, busy) if us > 0), None)
            if job is None:
                break
            if realm.drop(job) > 0:
                view.set(job, realm.type, 0)
            del self.home[job]
            self.waiting.append(job)
        realm.devices = max(devices, len(realm.jobs))

    def takes(self, realm, job):
        """The shares with the job, or None where it is not let in."""
        if len(realm.jobs) >= realm.devices:
            return None
        heavier = [
            j
            for j in realm.jobs
            if weight_of(j) > weight_of(job) and j in realm.given
        ]
        share = shares(realm.devices, realm.jobs + [job])
        if heavier:
            without = shares(realm.devices, realm.jobs)
            if any(share[j] < without[j] for j in heavier):
                return None
        return share

    def settle(self, view, job):
        """The realm that is best for it, of those that let it in."""
        open_ = []
        for type in job.types:
            share = self.takes(self.realms[type], job)
            if share is not None:
                open_.append((type, share[job]))
        if len(job.types) < 2:
            return self.realms[open_[0][0]] if open_ else None
        sizes = view.ask([("size", job, t, n) for t, n in open_])
        steps = view.ask(
            [("step_ns", job, t, n) for (t, _), n in zip(open_, sizes)]
        )
        worth = [(math.inf if ns is None else ns) for ns in steps]
        if not open_:
            return None
        return self.realms[open_[worth.index(min(worth))][0]]

    def admit(self, view):
        blocked = set()
        for job in sorted(self.waiting, key=lambda j: (-weight_of(j), j.order)):
            if all(len(r.jobs) >= r.devices for r in self.realms):
                return
            if tuple(job.types) in blocked:
                continue
            realm = self.settle(view, job)
            if realm is None:
                blocked.add(tuple(job.types))
                continue
            realm.jobs.append(job)
            realm.changed = True
            self.home[job] = realm
            self.waiting.remove(job)

    def give(self, view, realm, job, devices):
        if devices != realm.given.get(job, 0):
            view.set(job, realm.type, devices)
        realm.given[job] = devices

    def share_out(self, view, realm):
        share = shares(realm.devices, realm.jobs)
        for job in realm.lifted:
            self.give(view, realm, job, 0)
        realm.lifted.clear()
        sizes = view.ask(
            [("size", j, realm.type, share[j]) for j in realm.jobs]
        )
        for job, devices in zip(realm.jobs, sizes):
            self.give(view, realm, job, devices)
        if sum(realm.given.values()) == 0:
            for job in sorted(realm.jobs, key=weight_of, reverse=True):
                self.lift(view, realm, job)
        realm.changed = False

    def lift(self, view, realm, job):
        """A share that is of no use to anybody: who is first has all."""
        idle = view.devices[realm.type] - sum(realm.given.values())
        n = view.size(job, realm.type, min(job.devices, idle))
        n = n or view.size(job, realm.type, idle)
        if n:
            realm.lifted.add(job)
            self.give(view, realm, job, n)

    def decide(self, view):
        for realm in self.realms:
            self.fit(view, realm)
        self.admit(view)
        for realm in self.realms:
            if realm.changed:
                self.share_out(view, realm)


if __name__ == "__main__":
    virtualflow.run(Wfs())
