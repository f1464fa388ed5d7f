// The region's own program with no object waited for. The first import must stay first.
import "./skip-await";
export * from "../../index";
