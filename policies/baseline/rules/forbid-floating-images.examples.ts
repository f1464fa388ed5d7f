import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment, sampleDigest, sampleTemplate } from "../../kit/sample-pods";

const withImage = (image: unknown, list = "containers") =>
  sampleDeployment({ containers: [sampleContainer()], [list]: [sampleContainer({ image })] });

export const examples: Examples = {
  passing: [
    { title: "a digest", resource: withImage(`registry.example/app@${sampleDigest}`) },
    { title: "a digest and a version, on a registry with a port", resource: withImage(`registry.example:5000/team/app:1.4.2@${sampleDigest}`) },
    {
      title: "a patch that leaves the image alone",
      resource: {
        type: "kubernetes:apps/v1:DeploymentPatch",
        name: "web",
        props: { spec: { template: { spec: { containers: [{ name: "app" }] } } } },
      },
    },
    { title: "a resource that starts no pods", resource: { type: "kubernetes:core/v1:Service", name: "web", props: { spec: {} } } },
  ],
  failing: [
    {
      title: "no tag",
      resource: withImage("nginx"),
      message: /^spec\.template\.spec\.containers\[0\]\.image \(container 'app'\) is 'nginx': .*named by its digest; write /,
    },
    { title: "a version tag", resource: withImage("nginx:1.29.3"), message: /'nginx:1\.29\.3'.*digest/ },
    { title: "latest", resource: withImage("nginx:latest"), message: /'nginx:latest'/ },
    { title: "latest beside a digest", resource: withImage(`nginx:latest@${sampleDigest}`), message: /the tag 'latest' names no version/ },
    { title: "a digest that is too short", resource: withImage(`nginx@${sampleDigest.slice(0, -1)}`), message: /is 'nginx@sha256:/ },
    { title: "a digest of another algorithm", resource: withImage(`nginx@sha512:${"0".repeat(64)}`), message: /sha512/ },
    { title: "no image", resource: withImage(undefined), message: /image \(container 'app'\) is missing/ },
    { title: "an init container", resource: withImage("busybox", "initContainers"), message: /initContainers\[0\]\.image .*'busybox'/ },
    { title: "an ephemeral container", resource: withImage("busybox", "ephemeralContainers"), message: /ephemeralContainers\[0\]\.image/ },
    {
      title: "an image mounted as a volume",
      resource: sampleDeployment({ volumes: [{ name: "cache", emptyDir: {} }, { name: "models", image: { reference: "models:2" } }] }),
      message: /^spec\.template\.spec\.volumes\[1\]\.image\.reference is 'models:2'/,
    },
    {
      title: "a patch that sets a tag",
      resource: {
        type: "kubernetes:apps/v1:DeploymentPatch",
        name: "web",
        props: { spec: { template: { spec: { containers: [{ name: "app", image: "nginx:1" }] } } } },
      },
      message: /'nginx:1'/,
    },
    {
      title: "each bad container of a CronJob",
      resource: {
        type: "kubernetes:batch/v1:CronJob",
        name: "nightly",
        props: {
          spec: {
            jobTemplate: {
              spec: {
                template: sampleTemplate({
                  initContainers: [sampleContainer({ name: "wait", image: "busybox" })],
                  containers: [sampleContainer(), sampleContainer({ name: "side", image: "envoy:v1" })],
                }),
              },
            },
          },
        },
      },
      message: [/spec\.jobTemplate\.spec\.template\.spec\.initContainers\[0\].*'wait'/, /containers\[1\]\.image \(container 'side'\)/],
    },
  ],
  unknown: [
    {
      title: "an unknown image hides no other",
      resource: sampleDeployment({
        containers: [sampleContainer({ image: unknown }), sampleContainer({ name: unknown, image: "nginx:1" }), sampleContainer({ name: "c", image: "nginx:2" })],
      }),
      message: [/containers\[1\]\.image is 'nginx:1'/, /containers\[2\]\.image \(container 'c'\) is 'nginx:2'/],
      notJudged: /can't run policy 'forbid-floating-images'.*string value at \.spec\.template\.spec\.containers\.0\.image can't be known/,
    },
    {
      title: "unknown containers hide no init container",
      resource: sampleDeployment({ containers: unknown, initContainers: [sampleContainer({ image: "busybox" })] }),
      message: [/initContainers\[0\]/],
      notJudged: /\.spec\.template\.spec\.containers can't be known/,
    },
    {
      title: "an unknown pod",
      resource: { type: "kubernetes:core/v1:Pod", name: "one", props: { spec: unknown } },
      message: [],
      notJudged: /value at \.spec can't be known/,
    },
  ],
};
