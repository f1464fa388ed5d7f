import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { buildImage, collectorImage, etcdImage, postgresImage, prometheusImage, redisImage, restateImage, restateImageLimitBytes, toolImage } from "..";
import type { ImageRecipe } from "..";
import type { Binary } from "../../toolchain";
import { findBuilt, notBuilt } from "../../toolchain/find-built";
import { shellCommands } from "../runtime/shell";
import { sharedLibraries } from "../runtime/shared-libraries";
import { treeEntries } from "../runtime/tree";
import { readArchive, scratch, write } from "./support";

type Place = Awaited<ReturnType<typeof scratch>>;

/** A toolchain of text files: each program says its name, and each has a root of its own. */
async function fakeTools(place: Place) {
  for (const name of ["etcd", "etcdctl", "etcdutl", "busybox", "restate-server", "restatectl", "prometheus", "promtool", "otel-collector"]) await write(join(place.path, "bin", name), name);
  return { path: (name: Binary) => join(place.path, "bin", name), root: (name: Binary) => join(place.path, "root", name) };
}

/** Type and text, or target, of everything in the image but folders, by path. */
async function contentOf(recipe: ImageRecipe, place: Place) {
  const image = await buildImage(recipe, { cacheDirectory: join(place.path, "cache") });
  const { config, layers } = await readArchive(image.archivePath);
  const members = layers.flat().filter(({ header }) => header.type !== "directory");
  const files = new Map(members.map(({ header, bytes }) => [`/${header.name}`, header.type === "symlink" ? `-> ${header.linkname ?? ""}` : bytes.toString()]));
  return { config: config.config, files, modes: new Map(members.map(({ header }) => [`/${header.name}`, header.mode])) };
}

describe("images of the platform", () => {
  let place: Place;
  let tools: Awaited<ReturnType<typeof fakeTools>>;
  beforeEach(async () => {
    place = await scratch();
    tools = await fakeTools(place);
  });
  afterEach(() => place.remove());

  const cases: Readonly<Record<string, { readonly recipe: () => ImageRecipe; readonly programs: readonly string[]; readonly shell: boolean; readonly authorities: boolean }>> = {
    etcd: { recipe: () => etcdImage(tools), programs: ["etcd", "etcdctl", "etcdutl"], shell: true, authorities: false },
    restate: { recipe: () => restateImage(tools), programs: ["restate-server", "restatectl"], shell: false, authorities: true },
    prometheus: { recipe: () => prometheusImage(tools), programs: ["prometheus", "promtool"], shell: false, authorities: true },
    "otel-collector": { recipe: () => collectorImage(tools), programs: ["otel-collector"], shell: false, authorities: true },
  };
  for (const [name, { recipe, programs, shell, authorities }] of Object.entries(cases)) {
    it(`${name}: holds its programs and what they need, and starts the first`, async () => {
      assert.equal(recipe().name, name);
      const { config, files } = await contentOf(recipe(), place);
      assert.deepEqual(config.Entrypoint, [`/usr/local/bin/${programs[0] ?? ""}`]);
      assert.deepEqual([...files.keys()].filter((path) => path.startsWith("/usr/local/bin/")).sort(), programs.map((each) => `/usr/local/bin/${each}`).sort());
      for (const program of programs) assert.equal(files.get(`/usr/local/bin/${program}`), program);
      assert.equal(files.get("/bin/sh"), shell ? "-> busybox" : undefined);
      assert.equal(files.get("/bin/busybox"), shell ? "busybox" : undefined);
      assert.equal(files.get("/etc/ssl/certs/ca-certificates.crt")?.includes(rootCertificates[0] ?? "none"), authorities ? true : undefined);
    });
  }

  it("have a limit of size, and Restate one of its own", async () => {
    assert.equal((await restateImage(tools).plan({})).sizeLimitBytes, restateImageLimitBytes);
    assert.equal((await collectorImage(tools).plan({})).sizeLimitBytes, 200_000_000);
    await assert.rejects(buildImage(toolImage("etcd", tools, { sizeLimitBytes: 3 })), /image etcd holds .* over its limit/);
  });

  it("redis: takes programs and libraries out of the unpacked packages, and has a shell", async () => {
    const root = tools.root("redis-server");
    for (const name of ["redis-check-rdb", "redis-cli"]) await write(join(root, "usr/bin", name), name);
    await symlink("redis-check-rdb", join(root, "usr/bin/redis-server"));
    const library = await write(join(root, "usr/lib/x86_64-linux-gnu/libjemalloc.so.2"), "jemalloc");
    const list = (binaries: readonly string[]): Promise<string> => Promise.resolve(binaries.includes(join(root, "usr/bin/redis-server")) ? `\tlibjemalloc.so.2 => ${library} (0x1)\n` : "");
    const { config, files } = await contentOf(redisImage(tools, { list }), place);
    assert.deepEqual(config.Entrypoint, ["/usr/local/bin/redis-server"]);
    assert.equal(files.get("/usr/local/bin/redis-server"), "redis-check-rdb");
    assert.equal(files.get("/usr/local/bin/redis-cli"), "redis-cli");
    assert.equal(files.get("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"), "jemalloc");
    assert.equal(files.get("/bin/sh"), "-> busybox");
  });

  it("postgres: holds the whole server where it finds itself, its libraries once, zones, a shell and the script", async () => {
    const root = tools.root("postgres");
    const home = join(root, "usr/local/pgsql");
    for (const path of ["bin/postgres", "lib/vector.so", "lib/libpq.so.5.18", "share/extension/vector.control"]) await write(join(home, path), path);
    await symlink("libpq.so.5.18", join(home, "lib/libpq.so.5"));
    const zones = join(root, "usr/share/zoneinfo");
    for (const path of ["UTC", "posix/UTC", "right/UTC"]) await write(join(zones, path), path);
    await symlink("/etc/localtime", join(zones, "localtime"));
    const ssl = await write(join(root, "usr/lib/x86_64-linux-gnu/libssl.so.3"), "ssl");
    const asked: string[] = [];
    const list = (binaries: readonly string[]): Promise<string> => {
      asked.push(...binaries);
      const libraries = `\tlibssl.so.3 => ${ssl} (0x1)\n\tlibpq.so.5 => ${home}/bin/../lib/libpq.so.5 (0x2)\n`;
      return Promise.resolve(libraries + libraries);
    };
    const { config, files, modes } = await contentOf(postgresImage(tools, { list }), place);
    assert.deepEqual(config.Entrypoint, ["/bin/sh", "/usr/local/bin/start-postgres"]);
    assert.equal(modes.get("/usr/local/bin/start-postgres"), 0o755);
    assert.equal(files.get("/usr/local/bin/start-postgres"), await readFile(join(__dirname, "../recipes/postgres/start-postgres.sh"), "utf8"));
    assert.deepEqual([...files.entries()].filter(([path]) => /^\/(usr\/(local\/pgsql|share|lib)|opt)\//.test(path)), [
      ["/opt/postgresql", "-> /usr/local/pgsql"],
      ["/usr/lib/x86_64-linux-gnu/libssl.so.3", "ssl"],
      ["/usr/local/pgsql/bin/postgres", "bin/postgres"],
      ["/usr/local/pgsql/lib/libpq.so.5", "-> libpq.so.5.18"],
      ["/usr/local/pgsql/lib/libpq.so.5.18", "lib/libpq.so.5.18"],
      ["/usr/local/pgsql/lib/vector.so", "lib/vector.so"],
      ["/usr/local/pgsql/share/extension/vector.control", "share/extension/vector.control"],
      ["/usr/share/zoneinfo/UTC", "UTC"],
    ]);
    for (const path of ["bin/postgres", "lib/vector.so"]) assert.ok(asked.includes(join(home, path)), `the libraries of ${path}`);
    assert.equal(files.get("/bin/sh"), "-> busybox");
  });

  it("have no command in their shell that BusyBox lacks", function () {
    const busybox = findBuilt("busybox");
    if (busybox === undefined) {
      console.log(`      ${notBuilt("busybox")}`);
      return this.skip();
    }
    const known = new Set(execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n"));
    assert.deepEqual(shellCommands.filter((command) => !known.has(command)), []);
  });
});

describe("folders of an image", () => {
  let place: Place;
  beforeEach(async () => void (place = await scratch()));
  afterEach(() => place.remove());

  it("keep links inside, whether a file may be run, and only what is wanted", async () => {
    await write(join(place.path, "a/text"), "t");
    execFileSync("chmod", ["664", join(place.path, "a/text")]);
    await write(join(place.path, "run"), "r");
    execFileSync("chmod", ["700", join(place.path, "run")]);
    await symlink("../run", join(place.path, "a/link"));
    await write(join(place.path, "left"), "l");
    const entries = await treeEntries(place.path, "/opt/x", (path) => path !== "left");
    assert.deepEqual(
      entries.map((entry) => [entry.path, entry.kind === "symlink" ? entry.target : entry.mode]).sort(),
      [["opt/x/a/link", "../run"], ["opt/x/a/text", 0o644], ["opt/x/run", 0o755]],
    );
  });

  for (const target of ["/etc/passwd", "../../outside"]) {
    it(`refuse a link to ${target}`, async () => {
      await mkdir(join(place.path, "a"));
      await symlink(target, join(place.path, "a/link"));
      await assert.rejects(treeEntries(place.path, "/opt/x"), /a\/link is a link to .*, which is outside of .*leave it out/);
    });
  }
});

describe("libraries of unpacked packages", () => {
  it("are those of all programs, static ones among them", async function () {
    const busybox = findBuilt("busybox");
    if (busybox === undefined) {
      console.log(`      ${notBuilt("busybox")}`);
      return this.skip();
    }
    const paths = async (binaries: readonly string[]): Promise<string[]> => (await sharedLibraries(binaries)).map((entry) => entry.path).sort();
    assert.deepEqual(await paths([busybox]), []);
    assert.ok((await paths([process.execPath])).some((path) => path.endsWith("/libc.so.6")));
    assert.deepEqual(await paths([busybox, process.execPath, busybox]), await paths([process.execPath]));
    await assert.rejects(sharedLibraries([busybox, "/nowhere/tool"]), /ldd .* failed: [^]*\/nowhere\/tool: No such file/);
  });

  it("are looked for before those of the machine, and lie in the image as below its root", async () => {
    const place = await scratch();
    try {
      for (const folder of ["usr/lib/x86_64-linux-gnu", "usr/lib/other", "lib/x86_64-linux-gnu", "opt/lib"]) await mkdir(join(place.path, folder), { recursive: true });
      const mine = await write(join(place.path, "lib/x86_64-linux-gnu/liba.so"), "a");
      const machines = await write(join(`${place.path}-machine`, "libc.so.6"), "c");
      let searched: readonly string[] = [];
      const list = (_: readonly string[], __?: AbortSignal, folders: readonly string[] = []): Promise<string> => {
        searched = folders;
        return Promise.resolve(`\tliba.so => ${mine} (0x1)\n\tlibc.so.6 => ${machines} (0x2)\n`);
      };
      const entries = await sharedLibraries(["/bin/tool"], { root: place.path, libraryFolders: ["/opt/lib"], list });
      assert.deepEqual(searched, ["opt/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((folder) => join(place.path, folder)));
      assert.deepEqual(entries.map((entry) => `/${entry.path}`), ["/lib/x86_64-linux-gnu/liba.so", machines]);
    } finally {
      execFileSync("rm", ["-rf", `${place.path}-machine`]);
      await place.remove();
    }
  });
});
