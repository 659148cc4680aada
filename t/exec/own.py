"""What t/exec/own.sh.t needs of others' files, with Python's own library:
arrays written as npy, weights read from safetensors and npz by this file's
own readers, and a small network computed from them in double precision.

    own.py images FOLDER        x_train.npy and its kin, 8 x 7 pixels, 3 colours
    own.py predict WEIGHTS FOLDER TABLE STATISTICS
                                compare TABLE with the network's answers
"""

import csv
import json
import math
import random
import struct
import sys
import zipfile

HEIGHT, WIDTH, COLOURS, CLASSES = 8, 7, 3, 5


def write_npy(path, descr, shape, values):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }" % (
        descr, ''.join('%d, ' % n for n in shape))
    head += ' ' * (-(len(head) + 11) % 64) + '\n'
    kind = {'|u1': 'B', '<f4': 'f', '<i8': 'q'}[descr]
    with open(path, 'wb') as out:
        out.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)))
        out.write(head.encode())
        out.write(struct.pack('<%d%s' % (len(values), kind), *values))


def images(folder):
    """Noise, with a bright patch whose place and colour say the class."""
    draw = random.Random(7)
    for part, n in (('train', 200), ('test', 40)):
        pixels, labels = [], []
        for _ in range(n):
            label = draw.randrange(CLASSES)
            image = [[[draw.randrange(120) for _ in range(COLOURS)]
                      for _ in range(WIDTH)] for _ in range(HEIGHT)]
            for y in range(3):
                for x in range(3):
                    image[label + y % 3][label + x][label % COLOURS] += 110
            pixels += [v for row in image for pixel in row for v in pixel]
            labels.append(label)
        write_npy('%s/x_%s.npy' % (folder, part), '|u1',
                  (n, HEIGHT, WIDTH, COLOURS), pixels)
        write_npy('%s/y_%s.npy' % (folder, part), '<i8', (n,), labels)
        first = [pixels[((e * HEIGHT + y) * WIDTH + x) * COLOURS + c]
                 for e in range(n) for c in range(COLOURS)
                 for y in range(HEIGHT) for x in range(WIDTH)]
        write_npy('%s/first_%s.npy' % (folder, part), '|u1',
                  (n, COLOURS, HEIGHT, WIDTH), first)


def read_npy(data):
    length, = struct.unpack('<H', data[8:10])
    head = eval(data[10:10 + length])
    kind, size = {'<f4': ('f', 4), '|u1': ('B', 1),
                  '<i8': ('q', 8)}[head['descr']]
    count = math.prod(head['shape'])
    return head['shape'], struct.unpack(
        '<%d%s' % (count, kind), data[10 + length:10 + length + size * count])


def read_weights(path):
    if path.endswith('.npz'):
        with zipfile.ZipFile(path) as archive:
            return {name[:-4]: read_npy(archive.read(name))
                    for name in archive.namelist()}
    with open(path, 'rb') as f:
        data = f.read()
    length, = struct.unpack('<Q', data[:8])
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != '__metadata__':
            assert entry['dtype'] == 'F32'
            start, end = entry['data_offsets']
            found[name] = tuple(entry['shape']), struct.unpack(
                '<%df' % ((end - start) // 4),
                data[8 + length + start:8 + length + end])
    return found


def conv(image, weights):
    (out, channels, size, _), w = weights
    half = size // 2
    result = [[[0.0] * WIDTH for _ in range(HEIGHT)] for _ in range(out)]
    for o in range(out):
        for y in range(HEIGHT):
            for x in range(WIDTH):
                total = 0.0
                for c in range(channels):
                    for i in range(size):
                        for j in range(size):
                            v, u = y + i - half, x + j - half
                            if 0 <= v < HEIGHT and 0 <= u < WIDTH:
                                total += image[c][v][u] * w[
                                    ((o * channels + c) * size + i) * size + j]
                result[o][y][x] = total
    return result


def network(w, image):
    """conv, relu; plus (conv, batchnorm), relu; linear; softmax."""
    x = conv(image, w['conv1.weight'])
    x = [[[max(v, 0) for v in row] for row in plane] for plane in x]
    z = conv(x, w['conv2.weight'])
    for c, plane in enumerate(z):
        scale = w['norm1.weight'][1][c] / math.sqrt(
            w['norm1.running_var'][1][c] + 1e-5)
        for y, row in enumerate(plane):
            for u, v in enumerate(row):
                v = (v - w['norm1.running_mean'][1][c]) * scale
                row[u] = max(v + w['norm1.bias'][1][c] + x[c][y][u], 0)
    flat = [v for plane in z for row in plane for v in row]
    n = len(flat)
    logits = [sum(flat[k] * w['linear1.weight'][1][o * n + k]
                  for k in range(n)) + w['linear1.bias'][1][o]
              for o in range(CLASSES)]
    most = max(logits)
    powers = [math.exp(v - most) for v in logits]
    return [p / sum(powers) for p in powers]


def predict(weights, folder, table, statistics):
    w = read_weights(weights)
    mean, scale = ([float(v) for v in part.split(',')]
                   for part in statistics.split('/'))
    with open(folder + '/x_test.npy', 'rb') as f:
        shape, pixels = read_npy(f.read())
    worst, rows = 0.0, 0
    with open(table) as f:
        for row in csv.DictReader(f):
            e = int(row['example'])
            image = [[[(pixels[((e * HEIGHT + y) * WIDTH + x) * COLOURS + c]
                        - mean[c]) * scale[c] for x in range(WIDTH)]
                      for y in range(HEIGHT)] for c in range(COLOURS)]
            answer = network(w, image)
            for c, p in enumerate(answer):
                worst = max(worst, abs(p - float(row['p%d' % c])))
            assert int(row['class']) == answer.index(max(answer))
            rows += 1
    print('%d examples, largest difference %.3g' % (rows, worst))
    return 0 if rows == shape[0] and worst < 1e-5 else 1


if __name__ == '__main__':
    if sys.argv[1] == 'images':
        images(sys.argv[2])
    else:
        sys.exit(predict(*sys.argv[2:]))
