#!/usr/bin/env python3
"""A training step in PyTorch, for vnexec to be held against (make bench-exec).

usage: bench_torch.py MODEL NODES STEPS [DEVICE [ARITHMETIC]]

One thread, or a GPU (cuda), whose products are of float32, or of TF32 where
ARITHMETIC is tf32; gradients of NODES micro-batches are added before an update by SGD
with momentum.  Models, batches and data shapes are those of `vnexec run`:
mlp of 256, resnet8 of 128 images 3x32x32, gpt of 16 sequences of 128 bytes.
Prints the milliseconds of each step, one a line, then the peak of memory, the
process's or the GPU's, in MiB behind "peak".
"""
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(),
                         nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.short = nn.Identity()
        if stride != 1 or before != after:
            self.short = nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.short(x))


def resnet8():
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False),
                         nn.BatchNorm2d(16), nn.ReLU(), Block(16, 16, 1),
                         Block(16, 32, 2), Block(32, 64, 2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(64, 10))


class Layer(nn.Module):
    """Attention and two linear layers, each behind a layer norm."""

    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        mask = torch.ones(context, context, dtype=torch.bool).triu(1)
        self.register_buffer("mask", mask)

    def attend(self, x):
        examples, context, width = x.shape
        q, k, v = (t.view(examples, context, self.heads, -1).transpose(1, 2)
                   for t in self.qkv(x).split(width, dim=2))
        scores = q @ k.transpose(2, 3) / (width // self.heads) ** 0.5
        p = scores.masked_fill(self.mask, float("-inf")).softmax(-1)
        return self.out((p @ v).transpose(1, 2).reshape(x.shape))

    def forward(self, x):
        x = x + self.attend(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, width=256, heads=8, context=128, layers=4):
        super().__init__()
        self.token = nn.Embedding(256, width)
        self.position = nn.Parameter(torch.randn(context, width) * 0.02)
        self.layers = nn.Sequential(*[Layer(width, heads, context)
                                      for _ in range(layers)])
        self.norm = nn.LayerNorm(width)

    def forward(self, ids):
        x = self.layers(self.token(ids) + self.position)
        return F.linear(self.norm(x), self.token.weight).flatten(0, 1)


def main():
    name, nodes, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    device = torch.device(sys.argv[4] if len(sys.argv) > 4 else "cpu")
    gpu = device.type == "cuda"
    tf32 = len(sys.argv) > 5 and sys.argv[5] == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if name == "gpt":
        model = Gpt()
        x, y = torch.randint(256, (16, 128)), torch.randint(256, (16, 128))
    else:
        model = mlp() if name == "mlp" else resnet8()
        shape = (256, 1, 28, 28) if name == "mlp" else (128, 3, 32, 32)
        x, y = torch.randn(shape), torch.randint(10, shape[:1])
    model = model.to(device)
    if gpu:
        x, y = x.pin_memory(), y.pin_memory()
    update = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for step in range(steps + 2):
        start = time.perf_counter()
        update.zero_grad(set_to_none=False)
        for a, b in zip(x.chunk(nodes), y.chunk(nodes)):
            a = a.to(device, non_blocking=True)
            b = b.to(device, non_blocking=True)
            (F.cross_entropy(model(a), b.flatten()) / nodes).backward()
        update.step()
        if gpu:
            torch.cuda.synchronize()
        if step >= 2:
            print(f"{1e3 * (time.perf_counter() - start):.3f}", flush=True)
    peak = (torch.cuda.max_memory_allocated() >> 20 if gpu
            else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print("peak", peak)


main()
