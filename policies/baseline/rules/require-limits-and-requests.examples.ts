import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment } from "../../kit/sample-pods";

const withResources = (resources: unknown, podChanges: Record<string, unknown> = {}) =>
  sampleDeployment({ containers: [sampleContainer({ resources })], ...podChanges });

const enough = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } };

export const examples: Examples = {
  passing: [
    { title: "requests and a memory limit", resource: withResources(enough) },
    { title: "quantities as numbers", resource: withResources({ requests: { cpu: 1, memory: 1e9 }, limits: { cpu: 2, memory: 1e9 } }) },
    { title: "every form of quantity", resource: withResources({ requests: { cpu: "1.5", memory: "1e9" }, limits: { cpu: ".5", memory: "2E" } }) },
    { title: "resources of the whole pod", resource: withResources(undefined, { resources: enough }) },
    { title: "an ephemeral container", resource: withResources(enough, { ephemeralContainers: [sampleContainer({ resources: undefined })] }) },
    {
      title: "a patch that leaves the resources alone",
      resource: {
        type: "kubernetes:apps/v1:StatefulSetPatch",
        name: "web",
        props: { spec: { template: { spec: { containers: [{ name: "app" }] } } } },
      },
    },
  ],
  failing: [
    {
      title: "no resources at all",
      resource: withResources(undefined),
      message: [
        /^spec\.template\.spec\.containers\[0\]\.resources\.requests\.cpu \(container 'app'\) is missing: .*set a quantity such as '100m'/,
        /resources\.requests\.memory .*'128Mi'/,
        /resources\.limits\.memory .*'128Mi'/,
      ],
    },
    { title: "no memory limit", resource: withResources({ requests: enough.requests }), message: /limits\.memory \(container 'app'\) is missing/ },
    { title: "limits only", resource: withResources({ limits: { cpu: "1", memory: "1Gi" } }), message: [/requests\.cpu/, /requests\.memory/] },
    { title: "a request of nothing", resource: withResources({ ...enough, requests: { cpu: "0m", memory: "64Mi" } }), message: /requests\.cpu .*is '0m', which is nothing/ },
    { title: "a request that is no quantity", resource: withResources({ ...enough, requests: { cpu: "100 m", memory: "64Mi" } }), message: /requests\.cpu .*is '100 m', which is no quantity/ },
    {
      title: "an init container",
      resource: withResources(enough, { initContainers: [sampleContainer({ name: "wait", resources: { ...enough, limits: {} } })] }),
      message: /initContainers\[0\]\.resources\.limits\.memory \(container 'wait'\)/,
    },
  ],
  unknown: [
    {
      title: "an unknown request hides no missing limit",
      resource: withResources({ requests: { cpu: unknown, memory: "64Mi" } }),
      message: [/limits\.memory/],
      notJudged: /containers\.0\.resources\.requests\.cpu can't be known/,
    },
    {
      title: "unknown resources are named once",
      resource: withResources(unknown),
      message: [],
      notJudged: /^[^;]*containers\.0\.resources can't be known[^;]*$/,
    },
  ],
};
