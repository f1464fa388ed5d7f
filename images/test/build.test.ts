import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buildImage } from "..";
import type { ImageRecipe } from "..";
import { bytesContent } from "../oci/content";
import { file } from "../oci/tar";
import { readArchive, scratch, write } from "./support";

function recipe(text: string, o: { readonly limit?: number; readonly base?: string } = {}): ImageRecipe {
  return {
    name: "sample",
    plan: () => Promise.resolve({
      title: "sample",
      version: "1.2.3",
      entrypoint: ["/usr/bin/sample"],
      environment: ["A=b"],
      workingDirectory: "/",
      labels: {},
      layers: [
        [file("/usr/lib/base", 0o644, bytesContent(o.base ?? "base"))],
        [file("/usr/bin/sample", 0o755, bytesContent(text))],
      ],
      sizeLimitBytes: o.limit ?? 1000,
    }),
  };
}

describe("buildImage", () => {
  let place: Awaited<ReturnType<typeof scratch>>;
  let cacheDirectory: string;
  beforeEach(async () => {
    place = await scratch();
    cacheDirectory = join(place.path, "cache");
  });
  afterEach(() => place.remove());

  const images = (): Promise<string[]> => readdir(join(cacheDirectory, "images", "sample"));

  it("writes an archive whose every digest holds, with the reference as its name", async () => {
    const image = await buildImage(recipe("one"), { cacheDirectory });
    assert.equal(image.reference, `agentic-flow.local/sample@${image.digest}`);
    assert.equal(image.sizeBytes, "one".length + "base".length);
    const { index, manifest, config, layers, blobs } = await readArchive(image.archivePath);
    assert.equal(blobs.length, 4);
    for (const { header, bytes } of blobs) {
      assert.equal(header.name, `blobs/sha256/${createHash("sha256").update(bytes).digest("hex")}`);
    }
    assert.deepEqual(index.manifests.map((entry) => entry.digest), [image.digest, image.digest]);
    assert.equal(index.manifests[0]?.annotations["io.containerd.image.name"], image.reference);
    assert.match(index.manifests[1]?.annotations["io.containerd.image.name"] ?? "", /^agentic-flow\.local\/sample:[0-9a-f]{12}$/);
    assert.deepEqual(config.rootfs.diff_ids, manifest.layers.map((layer) => layer.digest));
    assert.equal(config.config.User, "65532:65532");
    assert.equal(config.created, "1970-01-01T00:00:00Z");
    assert.equal(config.config.Labels["org.opencontainers.image.version"], "1.2.3");
    assert.match(config.config.Labels["org.opencontainers.image.revision"] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(layers[1]?.at(-1)?.bytes.toString(), "one");
  });

  it("gives the same bytes in another folder at another time", async () => {
    const first = await buildImage(recipe("one"), { cacheDirectory });
    const second = await buildImage(recipe("one"), { cacheDirectory: join(place.path, "another") });
    assert.ok(second.built);
    assert.equal(second.digest, first.digest);
    assert.ok((await readFile(second.archivePath)).equals(await readFile(first.archivePath)));
  });

  it("does not build again what has not changed, and shares the layers that did not change", async () => {
    const first = await buildImage(recipe("one"), { cacheDirectory });
    const again = await buildImage(recipe("one"), { cacheDirectory });
    assert.deepEqual([first.built, again.built], [true, false]);
    assert.deepEqual({ ...again, built: true }, first);
    const changed = await buildImage(recipe("two"), { cacheDirectory });
    assert.ok(changed.built);
    assert.notEqual(changed.digest, first.digest);
    const layersOf = async (path: string): Promise<string[]> => (await readArchive(path)).manifest.layers.map(({ digest }) => digest);
    const [before, after] = [await layersOf(first.archivePath), await layersOf(changed.archivePath)];
    assert.equal(after[0], before[0]);
    assert.notEqual(after[1], before[1]);
  });

  it("ends with one entry when two build at once", async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => buildImage(recipe("one"), { cacheDirectory })));
    assert.equal(new Set(results.map(({ archivePath }) => archivePath)).size, 1);
    assert.equal((await images()).length, 1);
    await readArchive(results[0]?.archivePath ?? "");
  });

  for (const [what, damage] of [
    ["cut short", async (path: string) => writeFile(path, (await readFile(path)).subarray(0, 700))],
    ["altered", async (path: string) => { const bytes = await readFile(path); bytes[600] = 7; await writeFile(path, bytes); }],
    ["without its record", async (path: string) => writeFile(join(dirname(path), "image.json"), "{")],
  ] as const) {
    it(`rebuilds an entry that is ${what}`, async () => {
      const first = await buildImage(recipe("one"), { cacheDirectory });
      const whole = await readFile(first.archivePath);
      await damage(first.archivePath);
      const again = await buildImage(recipe("one"), { cacheDirectory });
      assert.ok(again.built);
      assert.ok((await readFile(again.archivePath)).equals(whole));
      assert.equal((await images()).length, 1);
    });
  }

  it("names the size, the limit and the largest files of an image that is too large, and writes nothing", async () => {
    await assert.rejects(
      buildImage(recipe("x".repeat(2_500_000), { limit: 2_000_000 }), { cacheDirectory }),
      /image sample holds 2\.5 MB, over its limit of 2\.0 MB; largest: \/usr\/bin\/sample 2\.5 MB, \/usr\/lib\/base 0\.0 MB/,
    );
    await assert.rejects(stat(cacheDirectory), { code: "ENOENT" });
  });

  it("leaves nothing half made after an error in the middle or an abort", async () => {
    let reads = 0;
    const failing: ImageRecipe = {
      name: "sample",
      plan: async (o) => {
        const plan = await recipe("one").plan(o);
        const content = { sizeBytes: 4, open: () => bytesContent(++reads < 3 ? "same" : "diff").open() };
        return { ...plan, layers: [...plan.layers, [file("/moving", 0o644, content)]] };
      },
    };
    await assert.rejects(buildImage(failing, { cacheDirectory }), /image sample could not be built below .*an input of layer sha256:\w+ changed/);
    assert.equal(reads, 3);
    assert.deepEqual(await images(), []);
    const stop = new AbortController();
    const aborting: ImageRecipe = {
      name: "sample",
      plan: async (o) => {
        const plan = await recipe("one").plan(o);
        let opened = 0;
        const content = { sizeBytes: 4, open: () => { if (++opened === 3) stop.abort(new Error("stopped by the user")); return bytesContent("same").open(); } };
        return { ...plan, layers: [[file("/slow", 0o644, content)]] };
      },
    };
    await assert.rejects(buildImage(aborting, { cacheDirectory, signal: stop.signal }), /stopped by the user/);
    assert.deepEqual(await images(), []);
  });

  it("removes the drafts of builders that died and keeps the three newest contents", async () => {
    const dead = join(cacheDirectory, "images", "sample", ".draft-999999999-x");
    await write(join(dead, "image.oci.tar"), "half");
    const alive = join(cacheDirectory, "images", "sample", `.draft-${String(process.pid)}-x`);
    await write(join(alive, "image.oci.tar"), "half");
    const built: string[] = [];
    for (const text of ["1", "2", "3", "4"]) built.push(dirname((await buildImage(recipe(text), { cacheDirectory })).archivePath));
    const left = await images();
    assert.equal(left.length, 4);
    assert.ok(left.includes(`.draft-${String(process.pid)}-x`));
    assert.ok(built[3] !== undefined && left.some((name) => built[3]?.endsWith(name)), "the newest stays");
  });
});
