/** The part of the engine's exported state that is read here. */
export interface ExportedState {
  readonly deployment: { readonly resources?: readonly ExportedResource[] };
}

export interface ExportedResource {
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** A Kubernetes object as kubectl takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** How a secret looks in exported state when it is shown. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/** What the engine and its provider keep beside the object's own fields. */
function isOwnField(name: string): boolean {
  return !name.startsWith("__");
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  if (secretSignature in fields) return plain(JSON.parse(String(fields["plaintext"])));
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isOwnField(name)).map(([name, field]) => [name, plain(field)]));
}

function isManifest(value: unknown): value is Manifest {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<Manifest>;
  return typeof apiVersion === "string" && typeof kind === "string" && typeof metadata?.name === "string";
}

/**
 * The Kubernetes objects of a stack, from its state exported with secrets shown: namespaces first, because the rest is in them.
 *
 * @throws Error naming the types of resources that are no objects.
 */
export function manifestsOf(state: ExportedState): { readonly namespaces: readonly Manifest[]; readonly objects: readonly Manifest[] } {
  const candidates = (state.deployment.resources ?? []).filter(({ type }) => type.startsWith("kubernetes:"));
  const read = candidates.map(({ type, inputs }) => ({ type, manifest: plain(inputs) }));
  const faults = read.filter(({ manifest }) => !isManifest(manifest)).map(({ type }) => type);
  if (faults.length > 0) throw new Error(`the state holds resources without apiVersion, kind or name: ${faults.join(", ")}`);
  const manifests = read.map(({ manifest }) => manifest as Manifest);
  return {
    namespaces: manifests.filter(({ kind }) => kind === "Namespace"),
    objects: manifests.filter(({ kind }) => kind !== "Namespace"),
  };
}

/** The objects that have replicas to wait for, as `kubectl rollout status` names them. */
export function rollouts(manifests: readonly Manifest[]): { readonly namespace: string; readonly name: string }[] {
  return manifests
    .filter(({ kind }) => ["Deployment", "StatefulSet", "DaemonSet"].includes(kind))
    .map(({ kind, metadata }) => ({ namespace: metadata.namespace ?? "default", name: `${kind.toLowerCase()}/${metadata.name}` }));
}

/**
 * What the stack's Kubernetes provider was told, as the provider's arguments.
 *
 * @throws Error when the state holds no such provider.
 */
export function providerSettings(state: ExportedState): Readonly<Record<string, unknown>> {
  const inputs = state.deployment.resources?.find(({ type }) => type === "pulumi:providers:kubernetes")?.inputs;
  if (inputs === undefined) throw new Error("the state holds no Kubernetes provider");
  const told = Object.entries(inputs).filter(([name]) => isOwnField(name) && name !== "version");
  return Object.fromEntries(told.map(([name, value]) => [name, decoded(value)]));
}

/** A provider's configuration is kept as text; what was no text was made JSON. */
function decoded(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
