"""Ed25519 signatures, verified: RFC 8032 section 5.1, with nothing but the standard library.

Nothing here is secret, so nothing has to take constant time.
"""

import hashlib
import json
import pathlib

# A point is (X, Y, Z, T) with x = X/Z, y = Y/Z and xy = T/Z.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
NEUTRAL = (0, 1, 1, 0)


def point_add(a, b):
    """Section 5.1.4; complete, so it doubles too."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * D * a[3] * b[3] % P, 2 * a[2] * b[2] % P
    p, q, r, s = f - e, h - g, h + g, f + e
    return (p * q % P, r * s % P, q * r % P, p * s % P)


def point_multiply(scalar, point):
    result = NEUTRAL
    for bit in bin(scalar)[2:]:
        result = point_add(result, result)
        if bit == "1":
            result = point_add(result, point)
    return result


def point_decode(encoded):
    """Section 5.1.3. None where the 32 bytes are no point of the curve."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


def point_encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verify(public_key, message, signature):
    """Section 5.1.7, without the cofactor: R = sB - kA."""
    key = point_decode(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    minus_key = (P - key[0], key[1], key[2], P - key[3])
    return point_encode(point_add(point_multiply(s, BASE), point_multiply(k, minus_key))) == signature[:32]


def self_test():
    """RFC 8032 section 7.1: key, message and signature as they are, and with one bit flipped."""
    vectors = json.loads(pathlib.Path(__file__).with_name("ed25519-vectors.json").read_text())["vectors"]
    problems = []
    for vector in vectors:
        key, message, signature = (bytes.fromhex(vector[name]) for name in ("publicKey", "message", "signature"))
        if not verify(key, message, signature):
            problems.append(f"{vector['name']}: refused")
        for bit in range(0, 512, 37):
            flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
            if verify(key, message, flipped) or verify(key, message + b"x", signature):
                problems.append(f"{vector['name']}: accepts what was not signed")
    return {"ok": not problems, "vectors": len(vectors), "problems": problems}
