/** Images that a region runs and that are not a service's own. */
export const PLATFORM_IMAGES = ["etcd", "envoy", "postgres", "redis", "restate", "prometheus", "otel-collector"] as const;
export type PlatformImage = (typeof PLATFORM_IMAGES)[number];
