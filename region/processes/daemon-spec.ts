/** How the supervisor learns that a process does its work. */
export type Probe =
  | { readonly kind: "https"; readonly url: string; readonly caFile: string; readonly certificateFile: string; readonly keyFile: string }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "running" };

/** When a process starts: each stage waits until all of the one before answer. */
export const stages = ["storage", "api", "rest"] as const;
export type Stage = (typeof stages)[number];

/** One long-running process of a region. Secrets never stand in `args`, which every user of a machine can read. */
export interface DaemonSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly stage: Stage;
  readonly probe: Probe;
}

/** `--name=value` for each entry, in order. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
