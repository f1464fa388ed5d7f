import type { PlatformImage } from "../components/images";
import { collectorImage, etcdImage, postgresImage, prometheusImage, redisImage, restateImage, toolImage } from "../images";
import type { ImageRecipe, UnpackedToolPaths } from "../images";

/** How each image of the platform is made. The program names the images; here they are mapped to what makes them. */
export const platformRecipes: Readonly<Record<PlatformImage, (tools: UnpackedToolPaths) => ImageRecipe>> = {
  etcd: etcdImage,
  envoy: (tools) => toolImage("envoy", tools),
  postgres: postgresImage,
  redis: redisImage,
  restate: restateImage,
  prometheus: prometheusImage,
  "otel-collector": collectorImage,
};
