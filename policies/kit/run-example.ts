import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as analyzer from "@pulumi/policy/server";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import type { Example, ExampleResource } from "./examples";

export type Policy = ResourceValidationPolicy | StackValidationPolicy;

/** What the rule said. Messages are without the rule's description, which the library puts in front. */
export interface Verdict {
  readonly violations: readonly { readonly message: string; readonly urn: string }[];
  /** The advisory lines that say which values the rule could not see. */
  readonly notJudged: readonly string[];
  /** Why the rule does not apply to the resource, if it said so. */
  readonly notApplicable?: string;
}

type Handle<Request> = (
  call: { request: Request },
  callback: (error: Error | null | undefined, response?: proto.AnalyzeResponse) => void,
) => void;
type MakeHandle<Request> = (pack: string, version: string, level: "mandatory", policies: Policy[]) => Handle<Request>;

// The library has no test helper and hides these two from its types. They are what serves the engine's requests,
// so that an example meets the same unknown values, unwrapped secrets and errors as a resource in a real preview.
const { makeAnalyzeRpcFun, makeAnalyzeStackRpcFun } = analyzer as unknown as {
  makeAnalyzeRpcFun: MakeHandle<proto.AnalyzeRequest>;
  makeAnalyzeStackRpcFun: MakeHandle<proto.AnalyzeStackRequest>;
};

/**
 * Runs one rule on one example in memory.
 *
 * @throws when the example has not the rule's form (one resource or a stack) and when the rule itself throws.
 */
export async function runExample(policy: Policy, example: Example): Promise<Verdict> {
  const isStackRule = "validateStack" in policy;
  if (isStackRule !== "stack" in example) {
    const wanted = isStackRule ? "a 'stack'" : "a 'resource'";
    throw new Error(`example '${example.title}' of rule '${policy.name}' needs ${wanted}: it is ${isStackRule ? "a stack" : "a resource"} rule.`);
  }
  const rule = example.config === undefined ? policy : configured(policy, example.config);
  const response = "stack" in example ? await analyzeStack([rule], example.stack) : await analyzeResource([rule], example.resource);

  const diagnostics = response.getDiagnosticsList();
  const isAdvisory = (d: proto.AnalyzeDiagnostic): boolean => d.getEnforcementlevel() === proto.EnforcementLevel.ADVISORY;
  return {
    violations: diagnostics.filter((d) => !isAdvisory(d)).map((d) => ({
      message: d.getMessage().replace(`${policy.description}\n`, ""),
      urn: d.getUrn(),
    })),
    notJudged: diagnostics.filter(isAdvisory).map((d) => d.getMessage()),
    notApplicable: response.getNotApplicableList()[0]?.getReason(),
  };
}

/** What all resource rules say of one resource, as the engine would be told. */
export function analyzeResource(policies: readonly Policy[], resource: ExampleResource): Promise<proto.AnalyzeResponse> {
  return call(makeAnalyzeRpcFun("example", "0.0.0", "mandatory", [...policies]), resourceRequest(resource));
}

/** What all stack rules say of a stack, as the engine would be told. */
export function analyzeStack(policies: readonly Policy[], resources: readonly ExampleResource[]): Promise<proto.AnalyzeResponse> {
  return call(makeAnalyzeStackRpcFun("example", "0.0.0", "mandatory", [...policies]), stackRequest(resources));
}

/** The rule with settings: the library takes them from the engine alone. */
export function configured(policy: Policy, config: object): Policy {
  const getConfig = <T extends object>(): T => config as T;
  if ("validateStack" in policy) {
    return { ...policy, validateStack: (args, report) => policy.validateStack({ ...args, getConfig }, report) };
  }
  const { validateResource } = policy;
  if (typeof validateResource !== "function") throw new Error(`rule '${policy.name}' has not one validateResource: its examples can have no config.`);
  return { ...policy, validateResource: (args, report) => validateResource({ ...args, getConfig }, report) };
}

/** The URN that a resource of an example has. */
export function exampleUrn({ type, name }: { readonly type: string; readonly name: string }): string {
  return `urn:pulumi:example::example::${type}::${name}`;
}

function call<Request>(handle: Handle<Request>, request: Request): Promise<proto.AnalyzeResponse> {
  return new Promise((resolve, reject) => {
    handle({ request }, (error, response) => {
      if (response) resolve(response);
      else reject(error ?? new Error("the library answered neither a result nor an error."));
    });
  });
}

function resourceRequest(resource: ExampleResource): proto.AnalyzeRequest {
  return new proto.AnalyzeRequest()
    .setType(resource.type)
    .setName(resource.name)
    .setUrn(exampleUrn(resource))
    .setProperties(struct(resource.props))
    .setOptions(new proto.AnalyzerResourceOptions())
    .setProvider(provider(resource));
}

function stackRequest(resources: readonly ExampleResource[]): proto.AnalyzeStackRequest {
  const urns = new Map(resources.map((resource) => [resource.name, exampleUrn(resource)]));
  const messages = resources.map((resource) => {
    const message = new proto.AnalyzerResource()
      .setType(resource.type)
      .setName(resource.name)
      .setUrn(exampleUrn(resource))
      .setProperties(struct(resource.props))
      .setOptions(new proto.AnalyzerResourceOptions())
      .setProvider(provider(resource));
    for (const [property, names] of Object.entries(resource.propertyDependencies ?? {})) {
      const known = names.map((name) => {
        const urn = urns.get(name);
        if (urn === undefined) throw new Error(`'${resource.name}' depends on '${name}', which is not in the example.`);
        return urn;
      });
      message.getPropertydependenciesMap().set(property, new proto.AnalyzerPropertyDependencies().setUrnsList(known));
    }
    return message;
  });
  return new proto.AnalyzeStackRequest().setResourcesList(messages);
}

function provider({ provider: given }: ExampleResource): proto.AnalyzerProviderResource | undefined {
  if (given === undefined) return undefined;
  return new proto.AnalyzerProviderResource()
    .setType(given.type)
    .setName(given.name)
    .setUrn(exampleUrn(given))
    .setProperties(struct(given.props ?? {}));
}

/** Fields that are undefined are left out, as the engine leaves them out. */
function struct(value: Readonly<Record<string, unknown>>): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(value)) as Record<string, JavaScriptValue>);
}
