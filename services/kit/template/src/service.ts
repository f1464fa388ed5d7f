import type { ServiceContext, ServiceParts } from "../../src";
import type { contract } from "../contract";

export function createTemplateService({ region, settings }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  return {
    operations: {
      greet: ({ params }) => Promise.resolve({ status: 200, body: { greeting: `${settings.word}, ${params.name}`, region } }),
    },
  };
}
