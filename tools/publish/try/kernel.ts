// The products of the network, in AssemblyScript: a small language that becomes WebAssembly.
//
// Matrices stay as they are in the file of weights, 32 numbers a block. Q4_1: scale and least number
// in 16 bits each, then 4 bits a number, the low halves of 16 bytes first. Q8_0: a scale, then a
// byte a number. Addresses are in bytes, lengths in float32 numbers; four are worked on at a time.

/** The float32 of a float16, by its bits; 2^112 mends the exponent. */
function half(at: usize): f32 {
  const bits = <u32>load<u16>(at);
  return (
    reinterpret<f32>(((bits & 0x7fff) << 13) | ((bits & 0x8000) << 16)) *
    reinterpret<f32>(0x77800000)
  );
}

/** Write four numbers, scale * q + least. */
function put(to: usize, q: v128, scale: v128, least: v128): void {
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), least));
}

/** Write the sixteen numbers that sixteen bytes from -128 to 127 stand for. */
function put16(to: usize, bytes: v128, scale: v128, least: v128): void {
  const first = i16x8.extend_low_i8x16_s(bytes);
  const last = i16x8.extend_high_i8x16_s(bytes);
  put(to, i32x4.extend_low_i16x8_s(first), scale, least);
  put(to + 16, i32x4.extend_high_i16x8_s(first), scale, least);
  put(to + 32, i32x4.extend_low_i16x8_s(last), scale, least);
  put(to + 48, i32x4.extend_high_i16x8_s(last), scale, least);
}

/** Write n numbers of a Q4_1 matrix; return where the next row begins. */
function unpackQ4_1(to: usize, from: usize, n: i32): usize {
  for (const end = to + 4 * n; to < end; to += 128, from += 20) {
    const scale = f32x4.splat(half(from));
    const least = f32x4.splat(half(from + 2));
    const pairs = v128.load(from, 4);
    put16(to, v128.and(pairs, i8x16.splat(15)), scale, least);
    put16(to + 64, i8x16.shr_u(pairs, 4), scale, least);
  }
  return from;
}

/** Write n numbers of a Q8_0 matrix; return where the next row begins. */
export function unpackQ8_0(to: usize, from: usize, n: i32): usize {
  for (const end = to + 4 * n; to < end; to += 128, from += 34) {
    const scale = f32x4.splat(half(from));
    put16(to, v128.load(from, 2), scale, f32x4.splat(0));
    put16(to + 64, v128.load(from, 18), scale, f32x4.splat(0));
  }
  return from;
}

/** The sum of products of n pairs of numbers; n is a multiple of 8. */
function dot(a: usize, b: usize, n: i32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (const end = a + 4 * n; a < end; a += 32, b += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  const sum = f32x4.add(even, odd);
  const left = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
  return left + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
}

/** y = matrix @ x, for a matrix of float32 numbers whose rows begin `stride` numbers apart. */
export function multiply(y: usize, matrix: usize, x: usize, rows: i32, n: i32, stride: i32): void {
  for (const end = y + 4 * rows; y < end; y += 4, matrix += 4 * stride) {
    store<f32>(y, dot(matrix, x, n));
  }
}

/** y = x @ matrix.T for some tokens; a row of the matrix is unpacked once, into `row`. */
export function multiplyPacked(
  y: usize,
  matrix: usize,
  x: usize,
  rows: i32,
  n: i32,
  tokens: i32,
  row: usize,
  isQ8: i32,
): void {
  for (const end = y + 4 * rows; y < end; y += 4) {
    matrix = isQ8 ? unpackQ8_0(row, matrix, n) : unpackQ4_1(row, matrix, n);
    for (let t = 0; t < tokens; t++) {
      store<f32>(y + 4 * t * rows, dot(row, x + 4 * t * n, n));
    }
  }
}
