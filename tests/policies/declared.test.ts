import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { FIELD_MANAGER } from "../../components/cluster";
import { declaredOf } from "../../policies/kit/declared";

const live = {
  kind: "Deployment",
  metadata: {
    name: "web",
    managedFields: [
      {
        manager: "pulumi-kubernetes-1a2b",
        operation: "Apply",
        fieldsV1: {
          "f:spec": {
            "f:selector": {},
            "f:template": {
              "f:spec": {
                "f:containers": {
                  'k:{"name":"main"}': { ".": {}, "f:name": {}, "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } } },
                },
                "f:finalizers": { 'v:"a"': {} },
              },
            },
          },
        },
      },
      { manager: "kube-controller-manager", operation: "Update", fieldsV1: { "f:spec": { "f:replicas": {} } } },
    ],
  },
  spec: {
    replicas: 7,
    selector: { matchLabels: { app: "web" } },
    template: {
      spec: {
        dnsPolicy: "ClusterFirst",
        finalizers: ["a"],
        containers: [
          { name: "main", ports: [{ containerPort: 80, protocol: "TCP" }], imagePullPolicy: "Always" },
          { name: "injected", image: "other" },
        ],
      },
    },
  },
};

describe("what was declared of a live object", () => {
  it("is what the engine's field manager applied, and nothing that the server or an autoscaler filled in", () => {
    assert.deepEqual(declaredOf(live).spec, {
      selector: { matchLabels: { app: "web" } },
      template: { spec: { finalizers: ["a"], containers: [{ name: "main", ports: [{ containerPort: 80 }] }] } },
    });
    assert.equal(declaredOf(live).metadata, live.metadata);
  });

  it("is known by the program's own field manager too", () => {
    const [applied, ...others] = live.metadata.managedFields;
    const ours = { ...live, metadata: { ...live.metadata, managedFields: [{ ...applied, manager: FIELD_MANAGER }, ...others] } };
    assert.deepEqual(declaredOf(ours).spec, declaredOf(live).spec);
    const strangers = { ...live, metadata: { ...live.metadata, managedFields: [{ ...applied, manager: "agentic-flow-other" }, ...others] } };
    assert.equal(declaredOf(strangers), strangers);
  });

  it("is all of an object that is not in a cluster yet", () => {
    const planned = { metadata: { name: "web" }, spec: { replicas: 7 } };
    assert.equal(declaredOf(planned), planned);
  });
});
