export { buildImage, registryName } from "./build";
export type { BuildOptions, BuiltImage } from "./build";
export type { ImagePlan, ImageRecipe } from "./recipe";
export { serviceImage, serviceImageLimitBytes } from "./recipes/service";
export type { ServiceImageOptions } from "./recipes/service";
export { toolImage, toolImageLimitBytes } from "./recipes/tool";
export type { ToolImageName, ToolPaths } from "./recipes/tool";
