import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The one folder in which everything made on this machine is kept: engines, images and regions.
 *
 * `AGENTIC_FLOW_CACHE` wins, then `XDG_CACHE_HOME/agentic-flow`, then `~/.cache/agentic-flow`.
 */
export function cacheRoot(): string {
  const override = process.env["AGENTIC_FLOW_CACHE"];
  if (override !== undefined && override !== "") return override;
  const xdg = process.env["XDG_CACHE_HOME"];
  const base = xdg !== undefined && xdg !== "" ? xdg : join(homedir(), ".cache");
  return join(base, "agentic-flow");
}
