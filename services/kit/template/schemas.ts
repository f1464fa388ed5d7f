import { Type } from "typebox";

const closed = { additionalProperties: false } as const;

export const Greeting = Type.Object(
  {
    greeting: Type.String(),
    region: Type.String({ description: "where the answer was made" }),
  },
  closed,
);

export const Name = Type.Object({ name: Type.String({ pattern: "^[A-Za-z0-9-]{1,64}$" }) }, closed);
