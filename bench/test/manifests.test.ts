import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { manifestsOf, providerSettings, rollouts } from "../manifests";

const secret = (plaintext: unknown) => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: JSON.stringify(plaintext) });

const state = {
  deployment: {
    resources: [
      { type: "pulumi:pulumi:Stack" },
      { type: "pulumi:providers:kubernetes", inputs: { kubeconfig: "/k", enableServerSideApply: "true", kubeClientSettings: '{"qps":50}', version: "4.25.0", __internal: {} } },
      { type: "kubernetes:apps/v1:Deployment", inputs: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "one", __defaults: [] }, spec: { list: [{ __defaults: [], a: 1 }] }, __defaults: [] } },
      { type: "kubernetes:core/v1:Secret", inputs: { apiVersion: "v1", kind: "Secret", metadata: { name: "key", namespace: "one" }, stringData: secret({ "tls.key": "k" }) } },
      { type: "kubernetes:core/v1:Namespace", inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "one" } } },
    ],
  },
};

describe("manifests from the engine's state", () => {
  const { namespaces, objects } = manifestsOf(state);

  it("have namespaces apart, and nothing but the objects", () => {
    assert.deepEqual(namespaces, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "one" } }]);
    assert.deepEqual(objects.map(({ kind }) => kind), ["Deployment", "Secret"]);
  });

  it("have none of the engine's own fields, at any depth", () => {
    assert.deepEqual(objects[0], { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "one" }, spec: { list: [{ a: 1 }] } });
  });

  it("have secrets in clear, as kubectl needs them", () => {
    assert.deepEqual(objects[1]?.["stringData"], { "tls.key": "k" });
  });

  it("are refused where a resource is no object", () => {
    assert.throws(() => manifestsOf({ deployment: { resources: [{ type: "kubernetes:core/v1:Pod", inputs: { kind: "Pod" } }] } }), /kubernetes:core\/v1:Pod/);
  });

  it("name the workloads to wait for", () => {
    assert.deepEqual(rollouts(objects), [{ namespace: "one", name: "deployment/web" }]);
  });

  it("give the provider's settings as its arguments", () => {
    assert.deepEqual(providerSettings(state), { kubeconfig: "/k", enableServerSideApply: true, kubeClientSettings: { qps: 50 } });
    assert.throws(() => providerSettings({ deployment: {} }), /no Kubernetes provider/);
  });
});
