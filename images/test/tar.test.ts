import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { bytesContent, digestOf } from "../oci/content";
import { directory, file, normalise, tarBytes } from "../oci/tar";
import type { TarEntry } from "../oci/tar";
import { members } from "./support";

const sample = (): TarEntry[] => [
  file("/usr/bin/tool", 0o755, bytesContent("program")),
  directory("/tmp", 0o1777),
  file("/etc/passwd", 0o644, bytesContent("users")),
  { kind: "symlink", path: "usr/bin/alias", target: "tool" },
];

const bytes = (entries: readonly TarEntry[]): Promise<Buffer> => buffer(Readable.from(tarBytes(normalise(entries))));

describe("layer tar", () => {
  it("is sorted, complete with parents, and free of owners, names and times", async () => {
    const found = await members(await bytes(sample()));
    const listed = found.map(({ header }) => [header.name.replace(/\/$/, ""), header.type, header.mode]);
    assert.deepEqual(listed, [
      ["etc", "directory", 0o755],
      ["etc/passwd", "file", 0o644],
      ["tmp", "directory", 0o1777],
      ["usr", "directory", 0o755],
      ["usr/bin", "directory", 0o755],
      ["usr/bin/alias", "symlink", 0o777],
      ["usr/bin/tool", "file", 0o755],
    ]);
    for (const { header } of found) {
      assert.deepEqual([header.uid, header.gid, header.uname, header.gname, header.mtime?.getTime()], [0, 0, "", "", 0]);
    }
    assert.equal(found.at(-1)?.bytes.toString(), "program");
  });

  it("does not depend on the order in which entries were named", async () => {
    assert.deepEqual(await bytes(sample()), await bytes(sample().reverse()));
  });

  it("carries files larger than one chunk whole", async () => {
    const big = Buffer.alloc(5_000_001, "agentic");
    const chunked = { sizeBytes: big.length, open: () => Readable.from([big.subarray(0, 3_000_000), big.subarray(3_000_000)]) };
    const [found] = await members(await bytes([file("/big", 0o644, chunked)]));
    assert.ok(found?.bytes.equals(big));
  });

  it("refuses a path named twice, a file as parent, and paths outside the image", () => {
    const one = file("/a", 0o644, bytesContent("1"));
    assert.throws(() => normalise([one, one]), /\/a is named twice/);
    assert.throws(() => normalise([one, file("/a/b", 0o644, bytesContent("2"))]), /\/a\/b lies below \/a, which is a file/);
    assert.throws(() => file("a", 0o644, bytesContent("")), /"a" must be absolute/);
    assert.throws(() => directory("/../..", 0o755), /must be absolute and not the root/);
  });

  for (const [what, text] of [["shrank", "short"], ["grew", "much longer than announced"]] as const) {
    it(`stops when a file ${what} while it was read`, async () => {
      const changing = { sizeBytes: 10, open: () => bytesContent(text).open() };
      await assert.rejects(digestOf(tarBytes([file("/f", 0o644, changing)])), /f has changed while it was read: 10 bytes were announced/);
    });
  }

  it("stops when its reader does, and when it is aborted", async () => {
    const endless = { sizeBytes: 1e12, async *open() { for (;;) yield await Promise.resolve(Buffer.alloc(1 << 20)); } };
    for await (const chunk of tarBytes([file("/f", 0o644, endless)])) if (chunk.length > 1000) break;
    await assert.rejects(digestOf(tarBytes([file("/f", 0o644, endless)], AbortSignal.abort(new Error("enough")))), /enough/);
  });
});
