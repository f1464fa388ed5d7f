import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Paths of PEM files for mutual TLS. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface TlsMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Changes when any of the files does. */
  readonly fingerprint: string;
}

/** @throws Error of the file system, naming the file. */
export async function readTlsFiles(files: TlsFiles, signal?: AbortSignal): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([files.caFile, files.certFile, files.keyFile].map((path) => readFile(path, { signal })));
  if (ca === undefined || cert === undefined || key === undefined) throw new Error("three TLS files were asked for and fewer were read");
  const hash = createHash("sha256");
  for (const part of [ca, cert, key]) hash.update(String(part.length)).update(part);
  return { ca, cert, key, fingerprint: hash.digest("hex") };
}
