import type { ToolDefinition } from "./definition";
import { localBackendOnly, untypedChildren, withoutBlueprintCheck } from "./patches";

const engine = ["engine", "simulated", "node"] as const;
const simulated = ["simulated", "node"] as const;
const node = ["node"] as const;

const kubernetesVersion = "1.34.2";
const pulumiVersion = "3.160.0";

const kubernetesVariables = Object.fromEntries(
  ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((where) => [
    [`${where}.gitVersion`, `v${kubernetesVersion}`],
    [`${where}.gitMajor`, "1"],
    [`${where}.gitMinor`, "34"],
    [`${where}.gitTreeState`, "clean"],
  ]),
);

/** The last versions of the engine that start policy packs by such a launcher are the ones pinned here; it runs on the pack's own SDK. */
const policyLauncher = `#!/bin/sh
exec node "$(pwd)/node_modules/@pulumi/pulumi/cmd/run-policy-pack" "$@"
`;

/** Everything that is built or found. One row is one step of progress. The order is the order of building. */
export const tools = [
  {
    name: "pulumi",
    version: pulumiVersion,
    source: "github.com/pulumi/pulumi/pkg/v3",
    modes: engine,
    provides: ["pulumi"],
    build: {
      kind: "go",
      folder: "pulumi",
      packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
      variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
      patches: [localBackendOnly],
    },
  },
  {
    name: "pulumi-resource-kubernetes",
    version: "4.25.0",
    source: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    modes: engine,
    provides: ["pulumi-resource-kubernetes"],
    build: {
      kind: "go",
      folder: "pulumi-kubernetes",
      packages: ["./pulumi-resource-kubernetes"],
      variables: { "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": "4.25.0" },
      files: ["schema.json", "terraform-mapping.json"].map((name) => ({
        module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
        from: `cmd/pulumi-resource-kubernetes/${name}`,
        to: `pulumi-resource-kubernetes/${name}`,
      })),
      patches: [untypedChildren],
    },
  },
  {
    name: "kwok",
    version: "0.7.0",
    source: "sigs.k8s.io/kwok",
    modes: simulated,
    provides: ["kwok"],
    build: { kind: "go", folder: "cluster", packages: ["sigs.k8s.io/kwok/cmd/kwok"], patches: [withoutBlueprintCheck] },
  },
] as const satisfies readonly ToolDefinition[];
void kubernetesVariables; void policyLauncher; void node;
