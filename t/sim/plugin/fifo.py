"""First in, first out, as a program: see sim/outside/exec.h."""
import collections
import json
import sys

waiting = collections.deque()
types = json.loads(sys.stdin.readline())["types"]
print(json.dumps({"rigid": True}), flush=True)
for line in sys.stdin:
    told = json.loads(line)
    free = told["free"]
    waiting.extend(told["arrived"])
    answer = []
    while waiting and waiting[0]["devices"] <= free[0]:
        job = waiting.popleft()
        free[0] -= job["devices"]
        answer.append([job["slot"], 0, job["devices"]])
    print(json.dumps({"set": answer}), flush=True)
