import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { readPackConfig } from "../kit/pack-config";
import { rules } from "./rules";

new PolicyPack(
  "baseline",
  {
    displayName: "Baseline",
    description: "What every stack must hold to before anything in it is created.",
    tags: ["agentic-flow"],
    policies: rules,
  },
  readPackConfig(join(__dirname, "config.json"), rules),
);
