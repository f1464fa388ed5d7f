import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** Bytes that can be read more than once: from memory, from a file, or made on the fly. */
export interface Content {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface Digest {
  /** `sha256:` and 64 hexadecimal digits, the form OCI documents use. */
  readonly digest: string;
  readonly sizeBytes: number;
}

const readChunkBytes = 1024 * 1024;

export function bytesContent(bytes: Uint8Array | string): Content {
  const buffer = typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes;
  return {
    sizeBytes: buffer.byteLength,
    async *open() {
      yield await Promise.resolve(buffer);
    },
  };
}

export function fileContent(path: string, sizeBytes: number): Content {
  return { sizeBytes, open: () => openFile(path, Math.min(readChunkBytes, sizeBytes + 1)) };
}

/**
 * Reads in large chunks: with the default of 64 KiB, hashing 100 MB takes several times as long. Small files want small
 * ones: a buffer is made for each, and images hold a thousand.
 */
export function openFile(path: string, chunkBytes = readChunkBytes): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: chunkBytes });
}

/** Reads everything once and returns its digest and length. Throws the signal's reason when aborted. */
export async function digestOf(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { digest: `sha256:${hash.digest("hex")}`, sizeBytes };
}

export function digestOfBytes(bytes: Uint8Array | string): Digest {
  const buffer = typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes;
  return { digest: `sha256:${createHash("sha256").update(buffer).digest("hex")}`, sizeBytes: buffer.byteLength };
}
