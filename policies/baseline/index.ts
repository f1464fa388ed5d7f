import { PolicyPack } from "@pulumi/policy";
function f(a: number): string { return a.toString(); }
new PolicyPack("baseline", { enforcementLevel: "mandatory", policies: [{name: "x-y", description: f(1), validateResource: (a, r) => { r(a.name) } }] });
