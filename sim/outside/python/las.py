"""Least attained service, as the built-in las (Tiresias' 2D-LAS, NSDI'19).

    vnsim -t trace.csv -c v100:16x8 -p 'exec:python3 las.py'

A job's attained service is devices x time.  Jobs stand in three queues; one
whose service reaches its queue's limit goes to the end of the next.  At each
instant the cluster is filled from the queues in turn, each in its order,
passing over what does not fit; then those that wait move behind those that
run.  The same bytes as the built-in, at a hundredth of its speed.
"""

import virtualflow

LIMITS = [3250 * virtualflow.SECOND, 7200 * virtualflow.SECOND]


class Las(virtualflow.Policy):
    rigid = True

    def open(self, view):
        self.running = [[], [], []]  # of each queue, in order
        self.waiting = [[], [], []]
        self.where = {}  # the type on which a job runs
        self.due = {}  # when its service reaches its queue's limit

    def arrive(self, view, job):
        self.waiting[0].append(job)

    def leave(self, view, job):
        for queue in self.running:
            if job in queue:
                queue.remove(job)
        del self.where[job]
        self.due.pop(job, None)

    def demote(self, view):
        for q in (1, 0):
            late = [j for j in self.running[q] if self.due[j] <= view.now]
            for job in sorted(late, key=lambda j: j.order):
                self.running[q].remove(job)
                self.waiting[q + 1].append(job)
                del self.where[job], self.due[job]

    def fill(self, view, q, free):
        """Serve queue q; the jobs that start."""
        for type in range(len(free)):
            out = []
            for job in [j for j in self.running[q] if self.where[j] == type]:
                if job.devices <= free[type]:
                    free[type] -= job.devices
                else:
                    out.append(job)
            for job in out:
                self.running[q].remove(job)
                self.due.pop(job, None)
                del self.where[job]
            self.waiting[q][:0] = out
        started = []
        for job in self.waiting[q]:
            fits = [t for t in job.types if job.devices <= free[t]]
            if fits:
                free[fits[0]] -= job.devices
                self.where[job] = fits[0]
                started.append(job)
        for job in started:
            self.waiting[q].remove(job)
            self.running[q].append(job)
        if q < 2 and started:
            had = view.ask([("attained", j) for j in started])
            for job, service in zip(started, had):
                left = LIMITS[q] - service
                self.due[job] = view.now + -(-left // job.devices)

    def decide(self, view):
        before = dict(self.where)
        self.demote(view)
        free = list(view.devices)
        for q in range(3):
            self.fill(view, q, free)
        for job, type in before.items():
            if self.where.get(job) != type:
                view.set(job, type, 0)
        for job, type in self.where.items():
            if before.get(job) != type:
                view.set(job, type, job.devices)
        if self.due:
            view.wake(max(min(self.due.values()), view.now + 1))


if __name__ == "__main__":
    virtualflow.run(Las())
