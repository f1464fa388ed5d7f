import type { ModulePatch } from "./definition";

/**
 * The engine without the drivers of cloud storage, cloud key services and cloud logs. The local stack
 * keeps its state in a folder and its secrets behind a passphrase; the SDKs of three clouds are a third
 * of what would be compiled. Whoever keeps state in a bucket has an official CLI, which is used instead.
 */
export const localBackendOnly: ModulePatch = {
  module: "github.com/pulumi/pulumi/pkg/v3",
  remove: ["authhelpers", "operations/operations_aws.go", "operations/operations_cloud_aws.go", "operations/operations_gcp.go"],
  edits: [
    { file: "backend/diy/backend.go", find: /\t_ "gocloud\.dev\/blob\/azureblob".*\n/, replace: "" },
    { file: "backend/diy/backend.go", find: /\t"gocloud\.dev\/blob\/gcsblob".*\n/, replace: "" },
    { file: "backend/diy/backend.go", find: /\t_ "gocloud\.dev\/blob\/s3blob".*\n/, replace: "" },
    { file: "backend/diy/backend.go", find: /\t"github\.com\/pulumi\/pulumi\/pkg\/v3\/authhelpers"\n/, replace: "" },
    { file: "backend/diy/backend.go", find: /\tif p\.Scheme == gcsblob\.Scheme \{\n[\s\S]*?\n\t\}\n/, replace: "" },
    { file: "secrets/cloud/manager.go", find: /\t_ "gocloud\.dev\/secrets\/awskms"[\s\S]*?\t"google\.golang\.org\/api\/cloudkms\/v1"\n/, replace: "" },
    { file: "secrets/cloud/manager.go", find: /\t"github\.com\/pulumi\/pulumi\/pkg\/v3\/authhelpers"\n/, replace: "" },
    {
      file: "secrets/cloud/manager.go",
      find: /\tu, err := netUrl\.Parse\(url\)\n([\s\S]*?)\n\tswitch u\.Scheme \{[\s\S]*?\n\t\}\n\}/,
      replace: "\tif _, err := netUrl.Parse(url); err != nil {\n\t\treturn nil, err\n\t}\n\treturn gosecrets.OpenKeeper(ctx, url)\n}",
    },
    { file: "operations/resources.go", find: /\tcase "cloud":\n.*\n\tcase "aws":\n.*\n\tcase "gcp":\n.*\n/, replace: "" },
  ],
};

/**
 * The Kubernetes provider links the Go SDK of Kubernetes, one struct per kind and field, only to
 * register children of charts and YAML groups; the struct that is registered is never read. One
 * struct for all kinds gives the engine the same request and saves more than half of the build.
 */
export const untypedChildren: ModulePatch = {
  module: "github.com/pulumi/pulumi-kubernetes/sdk/v4",
  folders: ["go/kubernetes", "go/kubernetes/helm/v4", "go/kubernetes/utilities", "go/kubernetes/yaml/v2"],
  edits: [
    {
      file: "go/kubernetes/yaml/v2/kinds.go",
      find: /import \([^)]*\)/,
      replace: 'import (\n\t"fmt"\n\n\t"github.com/pulumi/pulumi/sdk/v3/go/pulumi"\n)',
    },
    {
      file: "go/kubernetes/yaml/v2/kinds.go",
      find: /func RegisterResource\([\s\S]*$/,
      replace: [
        "type untyped struct{ pulumi.CustomResourceState }",
        "",
        "func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,",
        "\topts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {",
        "\tres := &untyped{}",
        '\ttoken := fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind)',
        '\tif apiVersion == "v1" {',
        '\t\ttoken = "kubernetes:core/v1:" + kind',
        "\t}",
        "\tif err := ctx.RegisterResource(token, name, props, res, opts...); err != nil {",
        "\t\treturn nil, err",
        "\t}",
        "\treturn res, nil",
        "}",
        "",
      ].join("\n"),
    },
  ],
};

/**
 * kwok 0.7 insists on an annotation of the first watch event whose name apimachinery 0.34 no longer
 * exports; kwok 0.8 dropped the check, and so does this.
 */
export const withoutBlueprintCheck: ModulePatch = {
  module: "sigs.k8s.io/kwok",
  edits: [
    {
      file: "pkg/utils/informer/informer.go",
      find: /\t+base64EncodedInitialEventsListBlueprint := .*\n[\s\S]*?\n\t{5}\}\n/,
      replace: "",
    },
  ],
};

/**
 * The language host outlives an engine that is killed: it waits for a request that never comes. With
 * this it ends within a second, so that nothing is left behind.
 */
export const endsWithItsEngine: ModulePatch = {
  module: "github.com/pulumi/pulumi/sdk/v3",
  add: {
    "nodejs/cmd/pulumi-language-nodejs/parent.go": [
      "package main",
      "",
      'import (\n\t"os"\n\t"time"\n)',
      "",
      "func init() {",
      "\tparent := os.Getppid()",
      "\tgo func() {",
      "\t\tfor os.Getppid() == parent {",
      "\t\t\ttime.Sleep(time.Second)",
      "\t\t}",
      "\t\tos.Exit(1)",
      "\t}()",
      "}",
      "",
    ].join("\n"),
  },
};
