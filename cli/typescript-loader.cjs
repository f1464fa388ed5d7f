// Loads the program's TypeScript in the processes of the engine, in the place of ts-node, which loads the TypeScript
// compiler and transpiles every file at every run: half of what the program cost. Types are checked by `npm run verify`.
//
// AGENTIC_FLOW_TRANSPILED is the folder of what was transpiled before, each file named by the hash of its source.
"use strict";

require("./ends-with-its-parent.cjs");

const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { createRequire, _extensions: extensions } = require("node:module");
const { join } = require("node:path");

/** Part of every key: what was transpiled in another way is not used again. */
const format = "1";
const target = "node22";

const folder = process.env.AGENTIC_FLOW_TRANSPILED;
if (folder === undefined) throw new Error("AGENTIC_FLOW_TRANSPILED is not set: it must name a folder that what is transpiled is kept in");

/** Texts with their source maps, by path: errors are shown with the lines of the TypeScript that they came from. */
const loaded = new Map();

function transpiled(file) {
  const source = readFileSync(file, "utf8");
  // The name is in the source map, so two files of one text are two entries.
  const kept = join(folder, createHash("sha256").update([format, target, file, source].join("\0")).digest("hex"));
  try {
    return readFileSync(kept, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  const { code } = require("esbuild").transformSync(source, { loader: "ts", format: "cjs", target, sourcefile: file, sourcemap: "inline", sourcesContent: false });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Whole or not at all: several processes transpile at once, and any may be killed.
  const unfinished = `${kept}.${process.pid}`;
  writeFileSync(unfinished, code, { mode: 0o600 });
  renameSync(unfinished, kept);
  return code;
}

extensions[".ts"] = (module, file) => {
  const code = transpiled(file);
  loaded.set(file, code);
  module._compile(code, file);
};

// The library that the SDK itself uses, so that its own installation finds this one.
createRequire(require.resolve("@pulumi/pulumi/package.json"))("source-map-support").install({ retrieveFile: (path) => loaded.get(path) ?? null });

// The SDK takes a stack trace for every promise and every resource, to show it if that is never settled. Mapping all of
// them to TypeScript was a quarter of the program's time; those have no message, and are left as they are.
const mapped = Error.prepareStackTrace;
Error.prepareStackTrace = (error, frames) => (error.message === "" ? [String(error), ...frames].join("\n    at ") : mapped(error, frames));
