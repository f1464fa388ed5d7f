export { findOfficialPlugin } from "./official-plugin";
export { serveProviders } from "./serve";
export type { ServedProviders } from "./serve";
