import type { PolicyProviderResource, PolicyResource, StackValidationPolicy } from "@pulumi/policy";
import { isGiven, judge } from "../../kit/judge";

// What tells each provider where to act. Without any of them it takes the target from the shell that runs the update.
const targets: Readonly<Record<string, readonly string[]>> = {
  "pulumi:providers:kubernetes": ["kubeconfig", "renderYamlToDirectory"],
  "pulumi:providers:aws": ["region"],
  "pulumi:providers:gcp": ["project"],
};

// The engine's own provider, behind stack references, has no settings and can only be a default one.
const engineProvider = "pulumi:providers:pulumi";
const defaultName = /^default(?:$|_)/;

/** A stack rule: a default provider is one fact about the stack, reported once and not once per resource. */
export const policy: StackValidationPolicy = {
  name: "require-explicit-provider",
  displayName: "Providers are explicit",
  description: "Every resource goes through a provider that the program declares and that names its own target.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["pulumi", "safety"],
  remediationSteps:
    "Create the provider in the program, give it its kubeconfig, region or project, and hand it to the component " +
    "that owns the resources ('providers: [...]') or to the resource ('provider: ...').",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/providers/#explicit-provider-configuration",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      for (const { provider, users } of byProvider(resources)) {
        check(() => isDefault(provider) ? defaultVerdict(provider, users) : undefined, users[0]?.urn);
        check(() => isDefault(provider) ? undefined : targetVerdict(provider), provider.urn);
      }
    }),
};

interface Usage {
  readonly provider: PolicyProviderResource;
  readonly users: readonly PolicyResource[];
}

/** Sorted by URN: the engine hands the resources over in no fixed order, and messages should not change by themselves. */
function byProvider(resources: readonly PolicyResource[]): Usage[] {
  const usages = new Map<string, { provider: PolicyProviderResource; users: PolicyResource[] }>();
  for (const resource of resources) {
    if (resource.provider === undefined || resource.provider.type === engineProvider) continue;
    const usage = usages.get(resource.provider.urn) ?? { provider: resource.provider, users: [] };
    usage.users.push(resource);
    usages.set(resource.provider.urn, usage);
  }
  const byUrn = (a: { urn: string }, b: { urn: string }): number => (a.urn < b.urn ? -1 : 1);
  for (const { users } of usages.values()) users.sort(byUrn);
  return [...usages.values()].sort((a, b) => byUrn(a.provider, b.provider));
}

function isDefault(provider: PolicyProviderResource): boolean {
  return defaultName.test(provider.name);
}

function defaultVerdict(provider: PolicyProviderResource, users: readonly PolicyResource[]): string {
  const names = users.slice(0, 3).map((user) => `'${user.name}'`).join(", ");
  const rest = users.length > 3 ? ` and ${users.length - 3} more` : "";
  return `${users.length} resource(s) use the default provider '${provider.type}' (${names}${rest}): ` +
    "it acts wherever the shell points; pass the provider that the program declares.";
}

function targetVerdict(provider: PolicyProviderResource): string | undefined {
  const settings = targets[provider.type];
  if (settings === undefined || settings.some((name) => isGiven(() => provider.props[name] as unknown))) return undefined;
  return `provider '${provider.name}' (${provider.type}) sets none of ${settings.join(", ")}: ` +
    "it acts wherever the shell points; set one of them.";
}
