#!/usr/bin/env python3
"""The queues of Lucid's simulator taken at their word, second by second.

lucid_plain.py WORKLOAD POLICY NODES: job_id,start_s,finish_s,preemptions.
"""
import csv
import sys


class Job:
    def __init__(self, row):
        self.id = int(row['job_id'])
        self.submit = int(row['submit_s'])
        self.duration = self.left = int(row['duration_s'])
        self.gpus = int(row['gpu_num'])
        self.predicted = int(row['predicted_s'])
        self.start = self.end = self.priority = None
        self.seconds = self.stops = 0
        self.held = {}


def place(nodes, job):
    free = sorted((8 - len(n), i) for i, n in enumerate(nodes) if len(n) < 8)
    if job.gpus <= 8:
        fits = [i for n, i in free if n >= job.gpus][:1]
        takes = [(i, job.gpus) for i in fits]
    else:
        order = sorted(free, key=lambda f: (-f[0], f[1]))
        whole, rest = divmod(job.gpus, 8)
        takes = [(i, 8) for n, i in order[:whole] if n == 8]
        if len(takes) < whole:
            takes = []
        elif rest:
            behind = order[whole:whole + 1]
            takes += [(i, rest) for n, i in behind if n >= rest]
            if len(takes) < whole + 1:
                takes = []
    for i, n in takes:
        devices = [d for d in range(8) if d not in nodes[i]][:n]
        nodes[i] |= set(devices)
        job.held[i] = devices
    return bool(takes)


def release(nodes, job):
    for i, devices in job.held.items():
        nodes[i] -= set(devices)
    job.held = {}


def run(jobs, policy, nodes):
    total = 8 * len(nodes)
    counts = policy in ('srtf', 'tiresias')
    coming = sorted(jobs, key=lambda j: j.submit)
    waiting, running, now = [], [], 0
    while coming or waiting or running:
        for job in running[:]:
            if counts and job.left or not counts and job.end != now:
                job.left -= 1
                job.seconds += 1
                continue
            job.end = now
            running.remove(job)
            release(nodes, job)
        came = [j for j in coming if j.submit == now]
        coming = coming[len(came):]
        waiting += came
        if policy == 'fifo':
            waiting.sort(key=lambda j: j.submit)
        elif policy == 'sjf':
            waiting.sort(key=lambda j: j.duration)
        elif policy == 'qssf':
            waiting.sort(key=lambda j: j.gpus)
            if len(waiting) > len(came):
                for job in waiting:
                    if job.priority is None:
                        job.priority = job.predicted * job.gpus
                waiting.sort(key=lambda j: j.priority)
        if not counts:
            while waiting and place(nodes, waiting[0]):
                job = waiting.pop(0)
                job.start, job.end = now, now + job.duration
                running.append(job)
        elif policy == 'srtf' or now % 60 == 0:
            if policy == 'srtf':
                order = sorted(waiting + running, key=lambda j: j.left)
            else:
                order = sorted(
                    running + waiting,
                    key=lambda j: (j.seconds * j.gpus > 18000, j.submit))
            left, begin, cease = total, [], []
            for job in order:
                if job.gpus <= left:
                    left -= job.gpus
                    if job in waiting:
                        begin.append(job)
                elif job in running:
                    cease.append(job)
            for job in cease:
                release(nodes, job)
                job.stops += 1
                job.left += 40 if job.gpus <= 8 else 60
                running.remove(job)
                waiting.append(job)
            for job in begin:
                if place(nodes, job):
                    waiting.remove(job)
                    running.append(job)
                    if job.start is None:
                        job.start = now
        now += 1


with open(sys.argv[1], newline='') as f:
    work = [Job(row) for row in csv.DictReader(f)]
run(work, sys.argv[2], [set() for _ in range(int(sys.argv[3]))])
for j in work:
    print(j.id, j.start, j.end, j.stops, sep=',')
