#include "config.h"

#include "base/rng.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

uint64_t
vn_mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

struct vn_rng
vn_rng_stream(uint64_t seed, uint64_t purpose, uint64_t index)
{
    uint64_t key = vn_mix64(seed + GOLDEN);

    key = vn_mix64(key ^ (purpose * GOLDEN + 1));
    key = vn_mix64(key ^ (index * GOLDEN + 2));
    return (struct vn_rng){.key = key};
}

uint64_t
vn_rng_bits(struct vn_rng *rng)
{
    return vn_mix64(rng->key + ++rng->counter * GOLDEN);
}

double
vn_rng_uniform(struct vn_rng *rng)
{
    return (double) (vn_rng_bits(rng) >> 11) * 0x1p-53;
}

uint64_t
vn_rng_below(struct vn_rng *rng, uint64_t n)
{
    /* Numbers under 2^64 mod n would favour the small remainders. */
    uint64_t least = -n % n, x;

    do
        x = vn_rng_bits(rng);
    while (x < least);
    return x % n;
}

uint64_t
vn_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    hash ^= UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return vn_mix64(hash);
}
