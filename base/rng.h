/*
 * Counter-based random numbers.
 *
 * The n-th number of a stream is a hash of (seed, purpose, index, n), so that
 * a stream needs no state but its counter, any number of it can be had
 * without those before, and what one stream gives does not depend on how much
 * another was used.  A simulation's stream is named by its purpose (a
 * constant) and an index (a job, a run, a virtual node).
 *
 * The hash is SplitMix64's finaliser (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014; constants of Stafford's
 * variant 13) over the counter times the golden-ratio increment, keyed once a
 * stream.  The same lines serve C and CUDA.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct vn_rng {
    uint64_t key;
    uint64_t counter; /* of the next number */
};

/* 64 bits, well mixed: a bijection of x. */
uint64_t vn_mix64(uint64_t x);

/* The stream of (seed, purpose, index), at its start. */
struct vn_rng vn_rng_stream(uint64_t seed, uint64_t purpose, uint64_t index);

/* The next 64 bits. */
uint64_t vn_rng_bits(struct vn_rng *rng);

/* The next number in [0, 1), a multiple of 2^-53. */
double vn_rng_uniform(struct vn_rng *rng);

/* The next whole number in [0, n), without bias; n > 0. */
uint64_t vn_rng_below(struct vn_rng *rng, uint64_t n);

/*
 * A 64-bit hash of bytes (FNV-1a, then vn_mix64), chained through hash; start
 * with 0.  For naming and for detecting change, not against an adversary.
 */
uint64_t vn_hash(uint64_t hash, const void *bytes, size_t n);

#endif /* BASE_RNG_H */
