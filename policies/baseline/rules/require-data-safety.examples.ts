import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleDeployment, sampleObject } from "../../kit/sample-pods";
import { sampleBudget, sampleStack, sampleStatefulSet } from "../../kit/sample-stack";

const budget = sampleBudget("store");
const retention = (whenDeleted: unknown, whenScaled: unknown) =>
  sampleStatefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "volumes that stay and a budget", stack: [sampleStatefulSet(), budget] },
    { title: "a Deployment keeps no data", stack: [sampleDeployment()] },
    { title: "a budget that is certain beside one that is not", stack: [sampleStatefulSet(), sampleBudget("a", { selector: unknown }), budget] },
  ],
  failing: [
    {
      title: "no volume",
      stack: [sampleStatefulSet({ volumeClaimTemplates: undefined }), budget],
      message: /^StatefulSet 'store': spec\.volumeClaimTemplates is empty: .*claim a volume/,
    },
    { title: "an empty list of volumes", stack: [sampleStatefulSet({ volumeClaimTemplates: [] }), budget], message: /is empty/ },
    { title: "deleted with its workload", stack: [retention("Delete", "Retain"), budget], message: /RetentionPolicy\.whenDeleted is 'Delete': .*set it to 'Retain'/ },
    { title: "deleted when scaled", stack: [retention("Retain", "Delete"), budget], message: /whenScaled is 'Delete'/ },
    {
      title: "retention not said",
      stack: [sampleStatefulSet({ persistentVolumeClaimRetentionPolicy: undefined }), budget],
      message: [/whenDeleted is missing/, /whenScaled is missing/],
    },
    { title: "no budget", stack: [sampleStatefulSet()], message: /has no PodDisruptionBudget: .*add one/ },
    { title: "the budget of another", stack: [sampleStatefulSet(), sampleDeployment(), sampleBudget("web")], message: /has no PodDisruptionBudget/ },
    {
      title: "an item of a list",
      stack: [sampleObject("apps/v1:StatefulSetList", "all", { items: [sampleStatefulSet({ volumeClaimTemplates: [] }).props] }), budget],
      message: /is empty/,
    },
  ],
  unknown: [
    {
      title: "unknown retention hides no missing volume",
      stack: [sampleStatefulSet({ volumeClaimTemplates: [], persistentVolumeClaimRetentionPolicy: unknown }), budget],
      message: [/is empty/],
      notJudged: /store: .*persistentVolumeClaimRetentionPolicy can't be known/,
    },
  ],
};
