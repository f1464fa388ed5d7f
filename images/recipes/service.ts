import { existsSync } from "node:fs";
import { access, constants, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytesContent } from "../oci/content";
import { file } from "../oci/tar";
import type { TarEntry } from "../oci/tar";
import type { ImageRecipe } from "../recipe";
import { programLayer } from "../runtime/base";
import type { ListLibraries } from "../runtime/shared-libraries";
import { bundleService } from "./bundle";

/** Uncompressed. Node itself is 127 MB and the C runtime 6 MB. */
export const serviceImageLimitBytes = 200_000_000;

export interface ServiceImageOptions {
  /** Folder with package.json and services/. @default this clone */
  readonly root?: string;
  /** @default the binary of the npm package `node` */
  readonly nodeBinary?: string;
  readonly list?: ListLibraries;
}

const nodePath = "/usr/local/bin/node";
const applicationPath = "/app/main.js";
/** Where a service looks for its migrations: beside its program. */
const migrationsPath = "/app/migrations";
const readable = 0o644;

/**
 * An image with one service: a layer with Node and the C runtime, the same for all services,
 * and a small one with the bundled service and its migrations, which is all that an edit rebuilds.
 */
export function serviceImage(service: string, o: ServiceImageOptions = {}): ImageRecipe {
  const root = o.root ?? dirname(dirname(__dirname));
  return {
    name: service,
    async plan({ signal }) {
      const binary = o.nodeBinary ?? (await findNode());
      const base = await programLayer({ binary, path: nodePath }, { list: o.list, signal });
      const bundle = await bundleService(service, root);
      return {
        title: service,
        version: await versionOf(root),
        entrypoint: [nodePath, applicationPath],
        environment: ["PATH=/usr/local/bin", "NODE_ENV=production"],
        workingDirectory: "/app",
        labels: base.labels,
        layers: [base.entries, [file(applicationPath, readable, bytesContent(bundle)), ...(await migrationsOf(service, root))]],
        sizeLimitBytes: serviceImageLimitBytes,
      };
    },
  };
}

/** The service's files in `migrations/`; which of them are fit is for the service to say. */
async function migrationsOf(service: string, root: string): Promise<TarEntry[]> {
  const folder = join(root, "services", service, "migrations");
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => file(`${migrationsPath}/${name}`, readable, bytesContent(await readFile(join(folder, name))))));
}

/** The binary itself, not the launcher in node_modules/.bin. */
async function findNode(): Promise<string> {
  const binary = join(dirname(require.resolve("node/package.json")), "bin", "node");
  await access(binary, constants.X_OK).catch((cause: unknown) => {
    throw new Error(`${binary} is not there or not executable; run "npm ci", which installs the npm package node`, { cause });
  });
  return binary;
}

async function versionOf(root: string): Promise<string> {
  const text = await readFile(join(root, "package.json"), "utf8");
  const { version } = JSON.parse(text) as { version?: unknown };
  if (typeof version !== "string") throw new Error(`package.json: "version" is ${JSON.stringify(version)}, must be text such as "0.1.0"`);
  return version;
}
