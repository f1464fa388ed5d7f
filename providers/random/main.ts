import { version } from "@pulumi/random/package.json";
import { serve } from "../kit/serve";
import { RandomProvider } from "./provider";

serve(new RandomProvider({ version }));
