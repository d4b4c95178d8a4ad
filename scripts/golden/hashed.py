"""Values that Python and C++ compute alike, so that goldens need only results,
not inputs: splitmix64 hashes of a tensor's name and an element's index.

tests/hashed_numbers.h has the hash in C++, tests/hashed_source.h `hashed`, and
tests/model/hashed_parameters.h the rest.
"""

import math

import numpy as np

MASK = (1 << 64) - 1


def fnv1a64(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def splitmix64(x):
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def bits(name, count):
    index = np.arange(count, dtype=np.uint64) + np.uint64(fnv1a64(name))
    return splitmix64(index)


def hashed(name, shape):
    """Uniform in [-0.5, 0.5) with 24 bits, exact in float32."""
    top = bits(name, math.prod(shape)) >> np.uint64(40)
    value = top.astype(np.float32) * np.float32(2.0**-24) - np.float32(0.5)
    return value.reshape(shape)


def uniforms(name, count):
    """[count, 4] in [0, 1)."""
    top = bits(name, 4 * count) >> np.uint64(11)
    return (top.astype(np.float64) * 2.0**-53).reshape(count, 4)


def normal(name, shape, deviation):
    """Nearly normal with std `deviation`: the sum of four uniforms."""
    u = uniforms(name, math.prod(shape))
    total = ((u[:, 0] + u[:, 1]) + u[:, 2]) + u[:, 3]
    value = (total - 2.0) * math.sqrt(3.0) * deviation
    return value.astype(np.float32).reshape(shape)


def positive(name, shape):
    """Uniform in [0.5, 1.5)."""
    u = uniforms(name, math.prod(shape))[:, 0]
    return (u + 0.5).astype(np.float32).reshape(shape)


def parameter(name, shape):
    """No tensor is constant, so swapped norms or a lost bias are noticed."""
    if name.endswith("gamma") or (len(shape) == 1 and name.endswith("weight")):
        return positive(name, shape)
    if name.endswith("bias"):
        return normal(name, shape, 0.1)
    if name.endswith("token") or name == "pos_embed":
        return normal(name, shape, 0.2)
    fan_in = math.prod(shape[1:])
    return normal(name, shape, 1 / math.sqrt(fan_in))
