import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { buildImage, serviceImage, toolImage } from "..";
import { parseLdd, sharedLibraries } from "../runtime/shared-libraries";
import { readArchive, scratch, write } from "./support";

describe("image recipes", () => {
  let place: Awaited<ReturnType<typeof scratch>>;
  let cacheDirectory: string;
  let nodeBinary: string;
  let root: string;
  /** Stands for ldd: a program with one library, which is a link to its versioned file. */
  let list: () => Promise<string>;

  beforeEach(async () => {
    place = await scratch();
    cacheDirectory = join(place.path, "cache");
    nodeBinary = await write(join(place.path, "node"), "pretend node");
    const library = join(place.path, "lib", "libc.so.6");
    await write(`${library}.1`, "pretend libc");
    await symlink(`${library}.1`, library);
    list = () => Promise.resolve(`\tlinux-vdso.so.1 (0x00007ff)\n\tlibc.so.6 => ${library} (0x00007ff0)\n`);
    root = join(place.path, "clone");
    await write(join(root, "package.json"), '{"version":"4.5.6"}');
    await write(join(root, "services", "greeter", "src", "text.ts"), 'export const text: string = "hello";');
    await write(join(root, "services", "greeter", "src", "main.ts"), 'import { text } from "./text";\nconsole.log(text);');
    await write(join(root, "services", "other", "src", "main.ts"), "console.log(1);");
  });
  afterEach(() => place.remove());

  const service = (name: string, from = root) => buildImage(serviceImage(name, { root: from, nodeBinary, list }), { cacheDirectory });

  it("puts Node and the C runtime in one layer and the bundled service in another", async () => {
    const { config, layers } = await readArchive((await service("greeter")).archivePath);
    assert.deepEqual(config.config.Entrypoint, ["/usr/local/bin/node", "/app/main.js"]);
    assert.equal(config.config.User, "65532:65532");
    assert.equal(config.config.Labels["org.opencontainers.image.version"], "4.5.6");
    const libc = join(place.path, "lib", "libc.so.6");
    assert.deepEqual(JSON.parse(config.config.Labels["agentic-flow.io/runtime-libraries"] ?? ""), {
      [libc]: `sha256:${createHash("sha256").update("pretend libc").digest("hex")}`,
    });
    const base = new Map(layers[0]?.map(({ header, bytes }) => [`/${header.name}`, { mode: header.mode, text: bytes.toString() }]));
    assert.deepEqual(base.get("/usr/local/bin/node"), { mode: 0o755, text: "pretend node" });
    assert.equal(base.get(libc)?.text, "pretend libc");
    assert.match(base.get("/etc/passwd")?.text ?? "", /^nonroot:x:65532:65532:/m);
    assert.match(base.get("/etc/nsswitch.conf")?.text ?? "", /^hosts: files dns$/m);
    assert.equal(base.get("/tmp/")?.mode, 0o1777);
    const application = layers[1]?.at(-1);
    assert.equal(application?.header.name, "app/main.js");
    assert.match(application?.bytes.toString() ?? "", /var text = "hello"/);
  });

  it("puts a service's migrations beside its program, and follows their changes", async () => {
    const first = await service("greeter");
    const migration = join(root, "services", "greeter", "migrations", "001.do.greetings.sql");
    await write(migration, "create table greeting ();");
    const second = await service("greeter");
    assert.notEqual(second.digest, first.digest);
    const { layers } = await readArchive(second.archivePath);
    const found = layers[1]?.find(({ header }) => header.name === "app/migrations/001.do.greetings.sql");
    assert.deepEqual([found?.bytes.toString(), found?.header.mode], ["create table greeting ();", 0o644]);
    await write(migration, "create table greetings ();");
    assert.notEqual((await service("greeter")).digest, second.digest);
  });

  it("is the same from another clone, changes with a source, and shares its base with other services", async () => {
    const first = await service("greeter");
    const clone = join(place.path, "second", "clone");
    await cp(root, clone, { recursive: true });
    const same = await service("greeter", clone);
    assert.deepEqual([same.digest, same.built], [first.digest, false]);
    await write(join(root, "services", "greeter", "src", "text.ts"), 'export const text = "good day";');
    const changed = await service("greeter");
    assert.notEqual(changed.digest, first.digest);
    const base = async (path: string) => (await readArchive(path)).manifest.layers[0]?.digest;
    assert.equal(await base(changed.archivePath), await base(first.archivePath));
    assert.equal(await base((await service("other")).archivePath), await base(first.archivePath));
  });

  it("names a service that does not exist and a source that does not compile", async () => {
    await assert.rejects(service("absent"), /service "absent" has no services\/absent\/src\/main\.ts/);
    await write(join(root, "services", "greeter", "src", "main.ts"), "import './nowhere';");
    await assert.rejects(service("greeter"), /Could not resolve "\.\/nowhere"/);
  });

  it("makes an image of a static program without a C runtime", async () => {
    const binary = await write(join(place.path, "pause"), "pretend pause");
    const recipe = toolImage("pause", { path: () => binary }, { list: () => Promise.resolve("") });
    const first = await buildImage(recipe, { cacheDirectory });
    const { config, layers } = await readArchive(first.archivePath);
    assert.deepEqual(config.config.Entrypoint, ["/usr/local/bin/pause"]);
    assert.equal(config.config.Labels["agentic-flow.io/runtime-libraries"], undefined);
    assert.deepEqual(layers.flat().map(({ header }) => header.name).filter((name) => !name.endsWith("/")), [
      "etc/group", "etc/nsswitch.conf", "etc/passwd", "usr/local/bin/pause",
    ]);
    await write(binary, "pretend newer pause");
    assert.notEqual((await buildImage(recipe, { cacheDirectory })).digest, first.digest);
  });
});

describe("shared libraries", () => {
  it("reads what ldd prints", () => {
    const output = [
      "\tlinux-vdso.so.1 (0x00007ff6fcc18000)",
      "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007ff6fcb27000)",
      "\tlibgone.so.3 => not found",
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007ff6fcc1a000)",
    ].join("\n");
    assert.deepEqual(parseLdd(output), {
      found: ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"],
      missing: ["libgone.so.3"],
    });
  });

  it("names all libraries that are missing", async () => {
    const list = () => Promise.resolve("\tliba.so => not found\n\tlibb.so => not found\n");
    await assert.rejects(sharedLibraries(["/bin/tool"], { list }), /\/bin\/tool needs liba\.so, libb\.so, which this machine does not have/);
  });
});
