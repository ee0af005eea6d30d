// The weights: fetched in pieces, each checked, kept in the browser, and written to the memory.

/**
 * @typedef {{name: string, bytes: number, sha256: string}} Piece
 */

const KEPT = "smollm2-weights";

/**
 * Write all pieces to the memory; those that the browser keeps are not fetched again.
 *
 * @param {URL} folder the pieces are in
 * @param {Piece[]} pieces
 * @param {Uint8Array} memory
 * @param {(bytes: number) => void} progress is told how much is there
 * @returns {Promise<boolean>} whether they are kept for the next visit
 */
export async function fetchWeights(folder, pieces, memory, progress) {
  const cache = await openCache();
  let [at, kept] = [0, cache !== null];
  for (const piece of pieces) {
    const url = new URL(piece.name, folder);
    const known = await cache?.match(url);
    let bytes = known && new Uint8Array(await known.arrayBuffer());
    if (!bytes || !(await isWhole(bytes, piece))) {
      bytes = await download(url, piece.bytes, (read) => progress(at + read));
      if (!(await isWhole(bytes, piece))) throw new Error("damaged");
      try {
        await cache?.put(url, new Response(/** @type {BodyInit} */ (bytes)));
      } catch {
        kept = false; // the disk is full, or the window is private
      }
    }
    memory.set(bytes, at);
    progress((at += piece.bytes));
  }
  return kept;
}

/**
 * How many bytes of the weights the browser keeps.
 *
 * @param {URL} folder
 * @param {Piece[]} pieces
 */
export async function bytesKept(folder, pieces) {
  const cache = await openCache();
  let bytes = 0;
  for (const piece of pieces) {
    if (await cache?.match(new URL(piece.name, folder))) bytes += piece.bytes;
  }
  return bytes;
}

/** The browser's cache, or null: without https there is none, nor in some private windows. */
async function openCache() {
  try {
    return await caches.open(KEPT);
  } catch {
    return null;
  }
}

/**
 * @param {URL} url
 * @param {number} length
 * @param {(bytes: number) => void} progress
 */
async function download(url, length, progress) {
  const response = await fetch(url);
  if (!response.ok || !response.body) throw new TypeError(`${url} answered ${response.status}`);
  const bytes = new Uint8Array(length);
  const reader = response.body.getReader();
  for (let read = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, read);
    if (read + value.length > length) throw new Error("damaged");
    bytes.set(value, read);
    progress((read += value.length));
  }
}

/**
 * Where a page came over plain http, browsers compute no digest, and only the length is compared.
 *
 * @param {Uint8Array} bytes
 * @param {Piece} piece
 */
async function isWhole(bytes, piece) {
  if (bytes.length !== piece.bytes || !crypto.subtle) return bytes.length === piece.bytes;
  const digest = await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("") === piece.sha256;
}
