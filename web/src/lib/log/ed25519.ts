/**
 * Ed25519 verification (RFC 8032, section 5.1) in whole numbers, since not every browser's
 * WebCrypto has it yet. It handles public values only, so it need not run in constant time.
 */
import { concat, sha512, type Bytes } from './bytes';

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. */
type Point = readonly [bigint, bigint, bigint, bigint];

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function littleEndian(octets: Uint8Array): bigint {
  let value = 0n;
  for (let at = octets.length - 1; at >= 0; at -= 1)
    value = (value << 8n) | BigInt(octets[at] ?? 0);
  return value;
}

function decode(octets: Uint8Array): Point | null {
  const packed = littleEndian(octets);
  const sign = packed >> 255n;
  const y = packed & (2n ** 255n - 1n);
  if (y >= P) return null;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  let x = mod(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
  if (mod(v * x * x - u) !== 0n) {
    x = mod(x * SQRT_MINUS_ONE);
    if (mod(v * x * x - u) !== 0n) return null;
  }
  if (x === 0n && sign) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** first * left + second * right, doubling once for both. */
function sum(first: bigint, left: Point, second: bigint, right: Point): Point {
  const both = add(left, right);
  let total: Point = [0n, 1n, 1n, 0n];
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    total = add(total, total);
    const one = (first >> bit) & 1n;
    const two = (second >> bit) & 1n;
    if (one && two) total = add(total, both);
    else if (one) total = add(total, left);
    else if (two) total = add(total, right);
  }
  return total;
}

/** Whether the signature is this key's for this message. */
export async function verifies(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (key.length !== 32 || signature.length !== 64) return false;
  const base = decode(Uint8Array.from([0x58, ...Array<number>(31).fill(0x66)]));
  const point = decode(key);
  const commitment = decode(signature.subarray(0, 32));
  const scalar = littleEndian(signature.subarray(32));
  if (!base || !point || !commitment || scalar >= ORDER) return false;
  const hash = await sha512(concat(signature.subarray(0, 32), key, message));
  const challenge = littleEndian(hash) % ORDER;
  const [x, y, z, t] = point;
  // sB = R + kA, so sB - kA is R.
  const found = sum(scalar, base, challenge, [mod(-x), y, z, mod(-t)]);
  const [x1, y1, z1] = found;
  const [x2, y2, z2] = commitment;
  return mod(x1 * z2 - x2 * z1) === 0n && mod(y1 * z2 - y2 * z1) === 0n;
}
