// The weights: fetched in pieces, each checked, kept in the browser, and written to the memory.

type Piece = { name: string; bytes: number; sha256: string };
type Progress = (bytes: number) => void;

const KEPT = "smollm2-weights";

/**
 * Write all pieces to the memory; those that the browser keeps are not fetched again.
 *
 * `progress` is told how many bytes are there. Returns whether they are kept for the next visit.
 */
export async function fetchWeights(
  folder: string,
  pieces: Piece[],
  memory: Uint8Array,
  progress: Progress,
): Promise<boolean> {
  const cache = await openCache();
  let [at, kept] = [0, cache !== null];
  for (const piece of pieces) {
    const known = await cache?.match(folder + piece.name);
    let bytes = known && new Uint8Array(await known.arrayBuffer());
    if (!bytes || !(await isWhole(bytes, piece))) {
      bytes = await download(folder + piece.name, piece.bytes, (read) => progress(at + read));
      if (!(await isWhole(bytes, piece))) throw new Error("damaged");
      try {
        await cache?.put(folder + piece.name, new Response(bytes));
      } catch {
        kept = false; // the disk is full, or the window is private
      }
    }
    memory.set(bytes, at);
    progress((at += piece.bytes));
  }
  for (const { url } of (await cache?.keys()) ?? []) {
    if (!pieces.some(({ name }) => url === folder + name)) await cache?.delete(url); // of before
  }
  return kept;
}

/** Say whether the browser keeps weights, all of them or some. */
export async function anyKept(): Promise<boolean> {
  return Boolean((await (await openCache())?.keys())?.length);
}

/** The browser's cache, or null: without https there is none, nor in some private windows. */
async function openCache(): Promise<Cache | null> {
  try {
    return await caches.open(KEPT);
  } catch {
    return null;
  }
}

async function download(url: string, length: number, progress: Progress) {
  const { ok, body } = await fetch(url);
  if (!ok || !body) throw new Error("network");
  const [bytes, reader] = [new Uint8Array(length), body.getReader()];
  for (let read = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, read);
    if (read + value.length > length) throw new Error("damaged");
    bytes.set(value, read);
    progress((read += value.length));
  }
}

/** Where a page came over plain http, browsers compute no digest: the length has to do. */
async function isWhole(bytes: Uint8Array<ArrayBuffer>, piece: Piece): Promise<boolean> {
  if (bytes.length !== piece.bytes || !crypto.subtle) return bytes.length === piece.bytes;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === piece.sha256;
}
