import { version } from "@pulumi/tls/package.json";
import { serve } from "../kit/serve";
import { TlsProvider } from "./provider";

serve(new TlsProvider({ version }));
