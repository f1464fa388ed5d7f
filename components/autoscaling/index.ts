export type { Autoscaler, AutoscalerArgs, ScalingSignal } from "./autoscaler";
export { HorizontalAutoscaler } from "./horizontal-autoscaler";
