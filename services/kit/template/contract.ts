import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../contract";
import { Greeting, Name } from "./schemas";

const PREFIX = "/api/v1/template-service";

/** What the template-service promises. */
export const contract = defineContract({
  name: "template-service",
  version: "1.0.0",
  summary: "Greets by name",
  ports: SERVICE_PORTS,
  prefixes: [PREFIX],
  routes: {
    greet: {
      method: "GET",
      path: `${PREFIX}/greetings/{name}`,
      summary: "Greet somebody",
      status: "available",
      schema: { params: Name, responses: { 200: { description: "The greeting", body: Greeting } } },
    },
    rememberGreeting: { method: "PUT", path: `${PREFIX}/greetings/{name}`, summary: "Choose the words of a greeting", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: SERVICE_LIMITS,
  shutdown: SERVICE_SHUTDOWN,
  needs: [],
  stores: [],
  topics: { publishes: [], consumes: [] },
  env: { word: { name: "GREETING", description: "First word of a greeting", kind: "string", required: false, default: "Hello" } },
  calls: [],
  slo: SERVICE_OBJECTIVE,
});
