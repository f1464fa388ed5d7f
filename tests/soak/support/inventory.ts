import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { regionDirectory } from "../../../cli/deployment";
import { kubectlJson } from "../../support/cli";
import { NAMESPACE } from "../../region/support/region-under-test";

/** What the program makes; controllers make pods, replica sets and claims of it in their own time. */
const KINDS = [
  "deployments", "statefulsets", "daemonsets", "services", "configmaps", "secrets", "serviceaccounts", "poddisruptionbudgets",
  "horizontalpodautoscalers", "networkpolicies", "resourcequotas", "limitranges", "roles", "rolebindings",
];

interface ObjectList {
  readonly items: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[];
}

interface StateFile {
  readonly checkpoint: {
    readonly latest: {
      readonly resources: readonly { readonly urn: string; readonly delete?: boolean }[];
      readonly pending_operations?: readonly { readonly type: string; readonly resource: { readonly urn: string } }[];
    };
  };
}

/** A name that ends in a digest of the content, such as that of generated certificates, is another one each time. */
function withoutDigest(name: string): string {
  return name.replace(/-[0-9a-f]{8}$/, "-*");
}

/** What a region holds, twice told: by its cluster and by the engine's state. Sorted, with a repetition for whatever is there twice. */
export interface Inventory {
  /** `Kind/name`, in the platform's namespace; `*` for a digest. */
  readonly objects: readonly string[];
  /** URNs; one that waits for its deletion, or whose creation nobody saw end, says so. */
  readonly resources: readonly string[];
}

async function stateOf(region: string, stack: string): Promise<string[]> {
  const path = join(regionDirectory(region), "pulumi", "state", ".pulumi", "stacks", "agentic-flow", `${stack}.json`);
  const { resources, pending_operations: pending = [] } = (JSON.parse(await readFile(path, "utf8")) as StateFile).checkpoint.latest;
  return [
    ...resources.map((resource) => (resource.delete === true ? `${resource.urn} (to be deleted)` : resource.urn)),
    ...pending.map(({ type, resource }) => `${resource.urn} (${type})`),
  ].sort();
}

/** Lists what a region that is up holds. */
export async function inventoryOf(region: string, stack = "local"): Promise<Inventory> {
  const { items } = await kubectlJson<ObjectList>(region, ["get", KINDS.join(","), "-n", NAMESPACE]);
  return { objects: items.map(({ kind, metadata }) => `${kind}/${withoutDigest(metadata.name)}`).sort(), resources: await stateOf(region, stack) };
}
